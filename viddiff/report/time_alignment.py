"""One clock for two clips: a piecewise linear map from the clock to a time in each source file.

``synchronise`` sets the stages of both clips side by side: a stage lasts on the clock as long as in the longer of the
two clips, and the other one is slowed down to it. ``align`` does the same from moment to moment, ``as_recorded`` lets
both run as they were recorded. On no clock a time lies outside of the part that was compared or runs backwards, but
that ``align`` shows one repetition of B again; where a clip has nothing more to show, it is held.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from viddiff.core.types import Localization, Segment, Side, VideoInfo
from viddiff.report.clip_views import ComparedPair

#: Shorter than a tick of any container's clock: borders this close are one.
_SAME_S = 1e-6
#: What a part of no length, as only a damaged document holds one, is taken to be.
_SHORTEST_S = 1e-3
#: How far knots of an alignment are apart, in A.
_KNOTS_S = 0.25


@dataclass(frozen=True)
class Knot:
    """A moment on the clock, and what is on screen then: seconds from the start of each source file."""

    clock_s: float
    a_s: float
    b_s: float

    def of(self, side: Side) -> float:
        """What is on screen of one video."""
        return self.a_s if side == "a" else self.b_s


def synchronise(compared: ComparedPair) -> tuple[Knot, ...]:
    """The clock on which both clips go through the same stages at the same time.

    Knots lie where stages begin and end that both clips have, in an order that both have. What lies between is set side
    by side as a whole, so without any such stage both parts compared run linearly, from their start to their end.

    Returns:
        At least two knots, from clock 0 on: the clock strictly increases, ``a_s`` and ``b_s`` never decrease.
    """
    part_a, part_b = part(compared.video_a), part(compared.video_b)
    borders = [(part_a[0], part_b[0])]
    for one, other in _shared_stages(compared.localization_a, compared.localization_b):
        borders += [(one.start_s, other.start_s), (one.stop_s, other.stop_s)]
    return _side_by_side(borders, part_a, part_b)


def align(compared: ComparedPair) -> tuple[Knot, ...]:
    """The clock on which both clips show the same moment of the action at the same time, as their alignment tells it.

    Where each repetition of A was aligned with the same one of B, B is wound back before each.

    Returns:
        See ``synchronise``, but for B being wound back; empty without an alignment that can be believed.
    """
    alignment = compared.alignment
    if alignment is None or alignment.health.problems:
        return ()
    part_a, part_b = part(compared.video_a), part(compared.video_b)
    moments = [
        moment
        for moment in zip(alignment.times_a_s, alignment.matched_b_s, strict=False)
        if all(map(math.isfinite, moment))
    ]
    restarts_s = set(alignment.restarts_a_s)
    first = (part_a[0], part_b[0])
    if restarts_s and moments:
        # Before the first repetition and after the last one B runs as A does, and no longer.
        (a0_s, b0_s), (a1_s, b1_s) = moments[0], moments[-1]
        first = (part_a[0], min(max(part_b[0], b0_s - max(0.0, a0_s - part_a[0])), part_b[1]))
        moments.append((part_a[1], min(part_b[1], b1_s + max(0.0, part_a[1] - a1_s))))
        part_b = (part_b[0], moments[-1][1])
    borders = [first]
    for before, (a_s, b_s) in pairwise([first, *moments]):
        # Closer knots would make both clips play unevenly.
        if a_s in restarts_s or a_s - borders[-1][0] >= _KNOTS_S:
            borders += [before, (a_s, b_s)] if a_s in restarts_s else [(a_s, b_s)]
    return _side_by_side(borders, part_a, part_b, restarts_s)


def _side_by_side(
    borders: Sequence[tuple[float, float]],
    part_a: tuple[float, float],
    part_b: tuple[float, float],
    restarts_s: Collection[float] = (),
) -> tuple[Knot, ...]:
    """Knots where both clips are at a border, and at the ends; what lies between lasts as long as in the longer one.

    At ``restarts_s`` of A, B may be wound back.
    """
    knots = [Knot(0.0, *borders[0])]
    for a_s, b_s in [*borders[1:], (part_a[1], part_b[1])]:
        last = knots[-1]
        # Times that a document puts outside of the part, or one over the other, never turn the time back.
        earliest_s = part_b[0] if a_s in restarts_s else last.b_s
        a_s = min(max(a_s, last.a_s), part_a[1])
        b_s = min(max(b_s, earliest_s), part_b[1])
        lasts_s = max(a_s - last.a_s, b_s - last.b_s)
        if lasts_s > _SAME_S:
            knots.append(Knot(last.clock_s + lasts_s, a_s, b_s))
    return tuple(knots)


def as_recorded(compared: ComparedPair) -> tuple[Knot, ...]:
    """The clock on which both clips run as recorded, from the start of the part compared; the shorter one is held.

    Returns:
        Two knots, or three where the clips differ in length; see ``synchronise``.
    """
    (a0, a1), (b0, b1) = part(compared.video_a), part(compared.video_b)
    shorter_s, longer_s = sorted((a1 - a0, b1 - b0))
    ends_s = [0.0, longer_s] if longer_s - shorter_s <= _SAME_S else [0.0, shorter_s, longer_s]
    return tuple(Knot(clock_s, min(a0 + clock_s, a1), min(b0 + clock_s, b1)) for clock_s in ends_s)


def times_at(knots: Sequence[Knot], clock_s: float) -> tuple[float, float]:
    """The times in the files of A and B at a moment of the clock, in seconds; before and after it, its ends."""
    after = bisect_right(knots, clock_s, key=lambda knot: knot.clock_s)
    if after in (0, len(knots)):
        end = knots[0] if after == 0 else knots[-1]
        return end.a_s, end.b_s
    left, right = knots[after - 1], knots[after]
    share = (clock_s - left.clock_s) / (right.clock_s - left.clock_s)
    return left.a_s + share * (right.a_s - left.a_s), left.b_s + share * (right.b_s - left.b_s)


def clock_of(knots: Sequence[Knot], side: Side, time_s: float) -> float:
    """When the clock shows a time of the file of A or of B; for one that is held, when it comes on screen.

    Times outside of the part compared are shown at the ends of the clock.
    """
    times_s = [knot.of(side) for knot in knots]
    first = bisect_left(times_s, time_s)
    if first in (0, len(knots)):
        # A clip held to the end of the clock comes on screen with its last knot that moved.
        return knots[first if first == 0 else bisect_left(times_s, times_s[-1])].clock_s
    left, right = knots[first - 1], knots[first]
    share = (time_s - times_s[first - 1]) / (times_s[first] - times_s[first - 1])
    return left.clock_s + share * (right.clock_s - left.clock_s)


def part(video: VideoInfo) -> tuple[float, float]:
    """The part compared, start and stop in seconds of the file: finite, never empty."""
    start_s = video.start_s if math.isfinite(video.start_s) else 0.0
    stop_s = video.stop_s if math.isfinite(video.stop_s) else start_s
    return start_s, max(stop_s, start_s + _SHORTEST_S)


def _shared_stages(a: Localization, b: Localization) -> list[tuple[Segment, Segment]]:
    """Segments of one stage in both clips, in an order that both have."""
    in_a, in_b = _usable(a), _usable(b)
    names = SequenceMatcher(None, [s.stage for s in in_a], [s.stage for s in in_b], autojunk=False)
    return [(in_a[block.a + i], in_b[block.b + i]) for block in names.get_matching_blocks() for i in range(block.size)]


def _usable(localization: Localization) -> list[Segment]:
    return [s for s in localization.segments if math.isfinite(s.start_s) and math.isfinite(s.stop_s)]
