"""Stages from what is known of their moments: the phases that a pose shows, or moments that somebody named."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats
from viddiff.motion.cycles import Cycles, Excursion


def intervals_by_phases(
    cycles: Cycles, start_s: float, stop_s: float, times_s: Floats, n_stages: int
) -> NDArray[np.int64]:
    """(S, 2) frame intervals: stages as equal steps through rest, way out, top, way back and rest.

    Of a repeated action one repetition is divided, that of middle length. Five stages are the five parts of an action
    done once, however short one is: a part that is left out would move all others. The top is where the body holds or
    is nearly as far as it goes.

    Args:
        cycles: of the clip.
        start_s, stop_s: of the clip, in seconds.
        times_s: (T,) times of its frames.
        n_stages: S, at least 1.
    """
    one, start_s, stop_s = one_repetition(cycles, start_s, stop_s)
    inner_s = [border_s for excursion in one.excursions for border_s in borders_of(excursion)]
    borders_s = np.maximum.accumulate(np.clip([start_s, *inner_s, stop_s], start_s, stop_s))
    steps = np.linspace(0, len(borders_s) - 1, n_stages + 1)
    edges_s = np.interp(steps, np.arange(len(borders_s)), borders_s)
    edges = np.searchsorted(times_s, edges_s)
    return np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)


class Borders(NamedTuple):
    """When the parts of an excursion begin, and when the last one ends, in seconds."""

    out_s: float
    top_s: float
    back_s: float
    stop_s: float


def borders_of(excursion: Excursion) -> Borders:
    """Where the way out, the top and the way back lie."""
    hold, top = excursion.hold, excursion.top or excursion.hold
    top_start_s = max(excursion.start_s, min(hold.start_s, top.start_s))
    top_stop_s = min(excursion.stop_s, max(hold.stop_s, top.stop_s))
    return Borders(excursion.start_s, top_start_s, top_stop_s, excursion.stop_s)


class Repetition(NamedTuple):
    """One repetition with the rest before and after it, ``[start_s, stop_s)``."""

    cycles: Cycles
    start_s: float
    stop_s: float


def one_repetition(cycles: Cycles, start_s: float, stop_s: float) -> Repetition:
    """The repetition of middle length; the whole clip where nothing is repeated."""
    if not cycles.cyclic:
        return Repetition(cycles, start_s, stop_s)
    by_length = sorted(cycles.repetitions, key=lambda one: one.span.duration_s)
    median = by_length[len(by_length) // 2]
    before = [one.stop_s for one in cycles.excursions if one.stop_s <= median.start_s]
    after = [one.start_s for one in cycles.excursions if one.start_s >= median.stop_s]
    return Repetition(
        dataclasses.replace(cycles, excursions=(median,)),
        max([start_s, *before]),
        min([stop_s, *after]),
    )


def intervals_by_moments(moments_s: Sequence[Sequence[float]], times_s: Floats) -> NDArray[np.int64]:
    """(S, 2) frame intervals, each from the first named moment of a stage to its last.

    Stages of which nobody named a moment share what lies between those of which somebody did.

    Args:
        moments_s: S lists of seconds.
        times_s: (T,) times of the frames.
    """
    n_stages, n_frames = len(moments_s), len(times_s)
    intervals = np.zeros((n_stages, 2), dtype=np.int64)
    for i, named in enumerate(moments_s):
        if named:
            frames = [int(np.abs(times_s - moment_s).argmin()) for moment_s in named]
            intervals[i] = min(frames), max(frames) + 1
    known = [-1, *(i for i, named in enumerate(moments_s) if named), n_stages]
    for last, following in pairwise(known):
        first = int(intervals[last, 1]) if last >= 0 else 0
        stop = max(first, int(intervals[following, 0]) if following < n_stages else n_frames)
        edges = np.linspace(first, stop, following - last).round().astype(np.int64)
        intervals[last + 1 : following] = np.stack([edges[:-1], edges[1:]], axis=1)
    return intervals
