"""Which close frames a call of the judge shows: those of the moments of its statements, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from viddiff.core.types import SIDES, Difference, FrameRef, Sides
from viddiff.programs.viddiff.finder import Moments
from viddiff.video.close_up import Crop, close_up
from viddiff.video.loaded import LoadedVideo

T = TypeVar("T")
#: The frames of both videos that one call shows.
Views = Sides[tuple[FrameRef, ...]]
#: From a video and moments of it, in seconds, to the part of the picture that is shown then; None: all of it.
CropOf = Callable[[LoadedVideo, Sequence[float]], "Crop | None"]

#: A movement is shown in this many frames between its first and its last moment.
MOVEMENT_FRAMES = 4
#: Moments nearer than this are the same for the eye.
SAME_S = 0.06
#: A second look shows the frames so long before and after each moment, in seconds: the moment itself was seen.
AROUND_S = 0.15


def moments_to_show(difference: Difference, moments_s: Sequence[float], again: bool = False) -> tuple[float, ...]:
    """The times at which to look for a difference, in order.

    Args:
        moments_s: where it is best judged; none: nothing is shown for it alone.
        again: of a second look, which shows what is around the moments.
    """
    times = [m + off for m in moments_s for off in (-AROUND_S, AROUND_S)] if again else list(moments_s)
    if difference.num_frames == "gt_1" and len(times) >= 2:
        times += np.linspace(min(times), max(times), MOVEMENT_FRAMES).tolist()
    return merge_times(times)


def merge_times(times_s: Sequence[float]) -> tuple[float, ...]:
    """Times in order, those that lie as near as ``SAME_S`` to the one before left out."""
    merged: list[float] = []
    for time_s in sorted(times_s):
        if not merged or time_s - merged[-1] > SAME_S:
            merged.append(time_s)
    return tuple(merged)


def limit_times(times_s: Sequence[float], most: int) -> tuple[float, ...]:
    """At most ``most`` of the times: of the two nearest ones the later goes, until they fit."""
    times_left = sorted(times_s)
    while len(times_left) > max(1, most):
        times_left.pop(int(np.argmin(np.diff(times_left))) + 1)
    return tuple(times_left)


def show_all(video: LoadedVideo, moments_s: Sequence[float]) -> Crop | None:
    """All of the picture."""
    return None


def views_of(
    differences: Sequence[Difference],
    moments: Mapping[str, Moments],
    a: LoadedVideo,
    b: LoadedVideo,
    most: int,
    max_side: int,
    crop_of: CropOf = show_all,
    again: bool = False,
) -> Views:
    """The frames of the moments of some statements, at most ``most`` of both videos together.

    Where no moment of a video is known, it is shown evenly, in as many frames as there may be.
    """
    frames = []
    for side, video in zip(SIDES, (a, b), strict=True):
        times = merge_times(
            [
                time_s
                for difference in differences
                for time_s in moments_to_show(difference, moments.get(difference.key, Moments()).of(side), again)
            ]
        )
        if not times:
            times = even_times(video, max(1, most // 2))
        shown_s = limit_times(times, most // 2)
        frames.append(close_up(video, shown_s, max_side=max_side, crop=crop_of(video, shown_s)))
    return Views(a=frames[0], b=frames[1])


def even_times(video: LoadedVideo, n_frames: int) -> tuple[float, ...]:
    """Times in the middle of equal parts of a video."""
    edges = np.linspace(video.info.start_s, video.info.stop_s, 2 * n_frames + 1)
    return tuple(edges[1::2].tolist())


def group_for_calls(
    differences: Sequence[Difference], moments: Mapping[str, Moments], most_statements: int
) -> list[Sequence[Difference]]:
    """Statements in groups for one call each: as even as can be, those that share moments together."""

    def middle(difference: Difference) -> float:
        named = moments.get(difference.key, Moments())
        return float(np.mean([*named.a, *named.b])) if named.a or named.b else float("inf")

    ordered = sorted(differences, key=middle)
    return even_parts(ordered, -(-len(ordered) // most_statements))


def even_parts(items: Sequence[T], n_parts: int) -> list[Sequence[T]]:
    """The items in order in ``n_parts`` parts of the same length, or nearly so."""
    edges = np.linspace(0, len(items), n_parts + 1).round().astype(int).tolist()
    return [items[first:stop] for first, stop in pairwise(edges)]
