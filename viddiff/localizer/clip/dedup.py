"""Frames that hardly differ from the one before need no embedding of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

#: Mean difference in grey levels of two frames seen at ``_SIDE`` pixels, below which they count as the same. A slowly
#: moving limb stays below 1 or 2 as well, and then borders between stages move by seconds (docs/performance.md,
#: ``python -m benchmarks.dedup``).
SAME_BELOW = 0.5
_SIDE = 32


def deduplicate(
    frames: Iterable[NDArray[np.uint8]], shown_by: list[int], below: float = SAME_BELOW
) -> Iterator[NDArray[np.uint8]]:
    """The frames, (h, w, 3) uint8 each, without those that hardly differ from the last one that was given.

    ``shown_by`` gets, for every frame, the position among those given of the frame that stands for it. Each is compared
    with the last one given, not with its neighbour, so that slow changes add up.
    """
    last: NDArray[np.float32] | None = None
    given = -1
    for frame in frames:
        small = thumbnail(frame)
        if last is None or small.shape != last.shape or float(np.abs(small - last).mean()) >= below:
            last, given = small, given + 1
            shown_by.append(given)
            yield frame
        else:
            shown_by.append(given)


def thumbnail(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A grey picture of a few pixels, float32 in 0..255."""
    from PIL import Image

    return np.asarray(Image.fromarray(frame).convert("L").reduce(max(1, min(frame.shape[:2]) // _SIDE)), np.float32)
