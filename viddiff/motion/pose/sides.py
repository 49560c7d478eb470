"""Left and right: estimators flip them for a frame or two, above all where limbs cover each other."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats, finite_median, runs
from viddiff.motion.pose.landmarks import COLUMN

S = TypeVar("S", np.float64, np.bool_)

#: Arms and legs are flipped independently of each other.
_GROUPS = (("shoulder", "elbow", "wrist", "pinky", "index", "thumb"), ("hip", "knee", "ankle", "heel", "foot_index"))
#: Points that decide; hands and feet tremble too much.
_DECIDE = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
#: A longer flip, in seconds, is no mistake of a moment: then the estimator is believed.
MAX_FLIP_S = 0.8
#: By how much of the trunk's length a flip must be the smoother one in each frame.
_PRICE = 0.04


def find_flips(times_s: Floats, image: Floats) -> NDArray[np.bool_]:
    """(2, T) in which frames left and right of the arms, and of the legs, are flipped for a moment.

    Args:
        times_s: (T,) seconds.
        image: (T, 33, 2) one person's landmarks.
    """
    trunk = trunk_length(image)
    return np.stack([_short_runs(times_s, _smoothest(image, parts, trunk)) for parts in _DECIDE])


def undo_flips(values: NDArray[S], flipped: NDArray[np.bool_]) -> NDArray[S]:
    """(T, 33, ...) with left and right put back where ``flipped`` (2, T) says so."""
    right: NDArray[S] = values.copy()
    for parts, frames in zip(_GROUPS, flipped, strict=True):
        one, other = _columns(parts)
        indices = np.ix_(frames, one + other)
        right[indices] = values[np.ix_(frames, other + one)]
    return right


def trunk_length(image: Floats) -> float:
    """Median length from mid-shoulder to mid-hip, in units of the picture's height; NaN where it is never seen."""
    shoulders, hips = (
        image[:, [COLUMN[f"{side}_{part}"] for side in ("left", "right")]].mean(axis=1) for part in ("shoulder", "hip")
    )
    return finite_median(np.hypot(*(shoulders - hips).T))


def _columns(parts: tuple[str, ...]) -> tuple[list[int], list[int]]:
    left, right = ([COLUMN[f"{side}_{part}"] for part in parts] for side in ("left", "right"))
    return left, right


def _smoothest(image: Floats, parts: tuple[str, ...], trunk: float) -> NDArray[np.bool_]:
    """(T,) True where left and right are flipped, on the way through on which points are accelerated least.

    Accelerated, not moved: limbs that pass each other go on as they went, and are not flipped. A frame is as it is or
    flipped; the way is found by dynamic programming over pairs of frames.
    """
    n_frames = len(image)
    if n_frames < 3 or not np.isfinite(trunk):
        return np.zeros(n_frames, dtype=bool)
    left, right = _columns(parts)
    ways = np.stack([image[:, left + right], image[:, right + left]])
    before, current, after = ways[:, None, None, :-2], ways[None, :, None, 1:-1], ways[None, None, :, 2:]
    pull = np.hypot(*np.moveaxis(after - 2 * current + before, -1, 0)) / trunk
    # (2, 2, 2, T - 2) by the ways of three frames; a point that is not seen pulls nowhere.
    costs = np.nan_to_num(pull).mean(axis=-1) + np.array([0.0, _PRICE])[:, None]
    total = np.array([[0.0, _PRICE], [_PRICE, 2 * _PRICE]])
    came = np.zeros((n_frames, 2, 2), dtype=np.intp)
    for frame in range(2, n_frames):
        options = total[:, :, None] + costs[..., frame - 2]
        came[frame], total = options.argmin(axis=0), options.min(axis=0)
    states = np.zeros(n_frames, dtype=bool)
    one, two = np.unravel_index(int(total.argmin()), total.shape)
    for frame in range(n_frames - 1, 1, -1):
        states[frame] = two
        one, two = came[frame, one, two], one
    states[1], states[0] = two, one
    return states


def _short_runs(times_s: Floats, states: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only those flips that are short, and that lie between frames as they are."""
    short = np.zeros_like(states)
    for start, stop in runs(states):
        if start > 0 and stop < len(states) and times_s[stop] - times_s[start] <= MAX_FLIP_S:
            short[start:stop] = True
    return short
