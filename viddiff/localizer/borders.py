"""Borders of segments moved to where the picture changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from viddiff.core.types import Segment
from viddiff.video.loaded import GreyTrack

#: A change must explain this share of the variance of the pictures around a border; else the border stays.
MIN_EXPLAINED = 0.5
#: Every so manieth pixel of the grey track is compared, in both directions.
_STRIDE = 8
_LEAST_FRAMES = 4


def refine_borders(
    segments: Sequence[Segment], track: GreyTrack, span: tuple[float, float], reach_s: float
) -> tuple[Segment, ...]:
    """The segments with each border where the picture changes most within reach of it.

    A border that two segments share stays shared, and none moves beyond the middle of what it bounds.

    Args:
        segments: in order and apart, in seconds of the file.
        track: of the video.
        span: start and stop of the video; these are no borders.
        reach_s: how far a border may move.
    """
    edges = sorted({*span, *(time_s for segment in segments for time_s in (segment.start_s, segment.stop_s))})
    moved: Mapping[float, float] = {
        edge_s: strongest_change(
            track, edge_s, max(edge_s - reach_s, (before_s + edge_s) / 2), min(edge_s + reach_s, (edge_s + after_s) / 2)
        )
        for (before_s, edge_s), (_, after_s) in pairwise(pairwise(edges))
    }
    return tuple(
        segment.model_copy(
            update={
                "start_s": moved.get(segment.start_s, segment.start_s),
                "stop_s": moved.get(segment.stop_s, segment.stop_s),
            }
        )
        for segment in segments
    )


def strongest_change(track: GreyTrack, border_s: float, low_s: float, high_s: float) -> float:
    """The moment in ``[low_s, high_s)`` that divides the pictures there best, by least squares; else ``border_s``.

    The change point of a piecewise constant mean with one change: what is left of the squared distances from the means
    of both sides is least.
    """
    inside = np.flatnonzero((track.times_s >= low_s) & (track.times_s < high_s))
    if len(inside) < _LEAST_FRAMES:
        return border_s
    pictures = track.frames[inside, ::_STRIDE, ::_STRIDE].reshape(len(inside), -1).astype(np.float64)
    pictures -= pictures.mean(axis=0)
    total = float(np.square(pictures).sum())
    n_before = np.arange(1, len(inside))
    # With the mean taken out, both sides' sums are opposite, and what they explain follows from one of them.
    sums = np.square(pictures.cumsum(axis=0)[:-1]).sum(axis=1)
    explained = sums / n_before + sums / (len(inside) - n_before)
    best = int(explained.argmax())
    if total == 0 or explained[best] < MIN_EXPLAINED * total:
        return border_s
    return float(track.times_s[inside[best + 1]])
