"""Whether a track can be believed: is the camera still, is there one scene, is there enough of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viddiff.motion.figure.background import MAX_NOISE

#: Depth of the outer ring of the picture that the figure seldom covers, as a share of each side.
RING = 0.08
#: The camera moves in a frame when more than this share of the ring differs from the background ...
RING_CHANGED = 0.4
#: ... and the track is not believed when that is so in more than this share of the frames.
FRAMES_CHANGED = 0.15
MIN_FRAMES = 6


def ring_share(differs: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,): the share of the picture's left, right and upper margin that is set in each mask of (n, h, w).

    The margin that changes least of the three counts: a figure may enter from one side and reach up, but a camera that
    moves changes all. The lower margin is where bodies stand.
    """
    _, h, w = differs.shape
    deep, wide = max(1, int(RING * h)), max(1, int(RING * w))
    parts = differs[:, :deep], differs[:, :, :wide], differs[:, :, -wide:]
    share: NDArray[np.float64] = np.min([part.mean(axis=(1, 2)) for part in parts], axis=0)
    return share


def track_problems(
    times_s: NDArray[np.float64], noise: float, cut: NDArray[np.bool_], ring: NDArray[np.float64]
) -> tuple[str, ...]:
    """What is wrong with a track, in words; empty: it can be believed."""
    problems = []
    if len(times_s) < MIN_FRAMES:
        problems.append(f"it has only {len(times_s)} frames")
    if cut.any():
        problems.append(f"the whole picture changes at {times_s[cut.argmax()]:.1f} s (a cut or a moving camera)")
    if noise > MAX_NOISE or (ring > RING_CHANGED).mean() > FRAMES_CHANGED:
        problems.append("its background changes (the camera moves, or the picture is filled by the figure)")
    return tuple(problems)
