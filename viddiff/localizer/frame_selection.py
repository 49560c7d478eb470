"""Which frames of its stages a difference is judged on; never the same frame twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.types import Localization, NumFrames, Segment

#: "aligned": as "span" in A, and the same moments of the action in B.
FramesPolicy = Literal["span", "paper", "aligned"]

#: Paper: three frames, this far apart.
PAPER_FRAMES, PAPER_STEP_S = 3, 0.35
#: Ours: enough to see a movement, few enough to stay cheap.
SPAN_FRAMES = 6


def select_frames(
    times_s: NDArray[np.float64],
    localization: Localization,
    stage_names: Sequence[str],
    num_frames: NumFrames,
    policy: FramesPolicy = "span",
) -> tuple[int, ...]:
    """Positions in ``times_s`` (T,), increasing, of the frames to look at.

    One frame: the middle of the first linked stage. More: "paper" takes three, 0.35 s apart, around the middle of the
    linked stages' span, moved to stay inside the clip; others take up to six, evenly over that span. (The paper's
    code sent one frame three times where 0.35 s is less than a frame; here a frame is sent once.)
    """
    linked = [segment for segment in localization.segments if segment.stage in stage_names] or list(
        localization.segments
    )
    if num_frames == "1":
        return (middle_frame(times_s, linked[0]),)
    start_s, stop_s = min(s.start_s for s in linked), max(s.stop_s for s in linked)
    if policy == "paper":
        return paper_frames((start_s + stop_s) / 2, times_s)
    return spread_frames(start_s, stop_s, times_s)


def frame_range(times_s: NDArray[np.float64], start_s: float, stop_s: float) -> tuple[int, int]:
    """Frames in ``[start_s, stop_s)`` as ``[first, stop)``; where there is none, the one on screen at ``start_s``."""
    first, stop = np.searchsorted(times_s, (start_s, stop_s), "left").tolist()
    if first >= stop:
        first = max(0, min(int(np.searchsorted(times_s, start_s, "right")) - 1, len(times_s) - 1))
        stop = first + 1
    return int(first), int(stop)


def middle_frame(times_s: NDArray[np.float64], segment: Segment) -> int:
    """The middle frame of a segment."""
    first, stop = frame_range(times_s, segment.start_s, segment.stop_s)
    return (first + stop - 1) // 2


def paper_frames(middle_s: float, times_s: NDArray[np.float64]) -> tuple[int, ...]:
    """The paper's three frames around a moment, moved to stay inside the clip."""
    offsets_s = (np.arange(PAPER_FRAMES) - PAPER_FRAMES // 2) * PAPER_STEP_S
    low_s, high_s = times_s[0] - offsets_s[0], times_s[-1] - offsets_s[-1]
    centre_s = min(max(middle_s, low_s), high_s) if low_s <= high_s else (times_s[0] + times_s[-1]) / 2
    return nearest_frames(times_s, centre_s + offsets_s)


def nearest_frames(times_s: NDArray[np.float64], wanted_s: ArrayLike) -> tuple[int, ...]:
    """The frames nearest to moments in seconds, increasing; two moments may share one."""
    nearest = np.abs(times_s[None, :] - np.asarray(wanted_s, dtype=np.float64)[:, None]).argmin(axis=1)
    return tuple(sorted({int(i) for i in nearest}))


def spread_frames(start_s: float, stop_s: float, times_s: NDArray[np.float64]) -> tuple[int, ...]:
    """Up to six frames, evenly over an interval, its first and last frame among them.

    Of an interval of fewer frames those beside it are taken, too: where a stage begins and ends is known to a frame.
    """
    first, stop = frame_range(times_s, start_s, stop_s)
    if stop - first < SPAN_FRAMES:
        first, stop = max(0, first - 1), min(len(times_s), stop + 1)
    positions = np.linspace(first, stop - 1, min(SPAN_FRAMES, stop - first))
    return tuple(sorted({int(i) for i in np.rint(positions)}))
