"""Where in a clip a moment or phase lies: once in each repetition, or once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.types import Segment
from viddiff.motion.cycles import Excursion, Span, hold_of
from viddiff.motion.measurement.reading import Unreadable
from viddiff.motion.measurement.series import MeasuredClip, find
from viddiff.motion.measurement.spec import Moment

T = TypeVar("T")
#: The pose at the start or the end is the one of this long before or after the movement.
REST_S = 0.4
#: Within this share of its range from the extreme, a series rests there.
PLATEAU = 0.05
#: From fewer frames no course of a quantity is computed.
MIN_COURSE_FRAMES = 6


@dataclass(frozen=True)
class Window:
    """A moment or a phase. ``frames`` are those that lie in it: (first, behind the last)."""

    span: Span
    instant: bool
    frames: slice

    @property
    def middle_s(self) -> float:
        """For an instant, when it is."""
        return (self.span.start_s + self.span.stop_s) / 2


def windows_of(
    moment: Moment, clip: MeasuredClip, stages: Sequence[Segment] = (), own: Floats | None = None
) -> tuple[Window, ...]:
    """The moments or phases of a clip, in order of time.

    Args:
        stages: of the action, where they are known.
        own: (T,) the series that marks the moment where ``moment.of`` names none.

    Raises:
        Unreadable: the clip has no such moment or stage.
    """
    if moment.kind == "extreme":
        marks = _marks(moment, clip, own)
        spans = nth_of(repetitions(clip), moment.nth)
        return tuple(_instant(clip, _extreme_s(marks, clip, span, moment.which)) for span in spans)
    if moment.kind == "stage":
        return (_phase(clip, _stage(moment.stage, stages)),)
    if moment.kind in ("rise", "fall", "hold"):
        spans = _phase_spans(moment, clip, own)
        if not spans:
            raise Unreadable("no_such_moment", f"the movement has no {moment.kind} that is seen whole")
        return tuple(_phase(clip, span) for span in nth_of(spans, moment.nth))
    if moment.kind != "whole" and moment.nth is not None:
        raise Unreadable("no_such_moment", f"the {moment.kind} of one repetition is not measured")
    active = active_span(clip)
    if moment.kind == "start":
        return (_phase(clip, Span(max(float(clip.times_s[0]), active.start_s - REST_S), active.start_s + clip.step_s)),)
    if moment.kind == "end":
        return (_phase(clip, Span(active.stop_s - clip.step_s, active.stop_s + REST_S)),)
    return tuple(_phase(clip, span) for span in nth_of(repetitions(clip), moment.nth))


def nth_of(values: Sequence[T], nth: int | None) -> Sequence[T]:
    """All values of the repetitions, or that of one.

    Raises:
        Unreadable: there are not so many.
    """
    if nth is None:
        return values
    if nth > len(values):
        raise Unreadable("no_such_moment", f"of {len(values)} repetitions none is number {nth}")
    return values[nth - 1 : nth]


def active_span(clip: MeasuredClip) -> Span:
    """From the first movement to the last; all of a clip in which nothing moves."""
    return clip.cycles.active or Span(float(clip.times_s[0]), float(clip.times_s[-1]) + clip.step_s)


def repetitions(clip: MeasuredClip) -> tuple[Span, ...]:
    """The repetitions of a cyclic action, else the active part of the clip."""
    if clip.cycles.cyclic:
        return tuple(repetition.span for repetition in clip.cycles.repetitions)
    return (active_span(clip),)


def _marks(moment: Moment, clip: MeasuredClip, own: Floats | None) -> Floats:
    if moment.of is None:
        if own is None:
            raise Unreadable("no_such_moment", "the moment does not say which quantity marks it")
        return own
    marker = find(moment.of)
    if marker.kind != "series":
        raise Unreadable("no_such_moment", f"{moment.of!r} has no extreme within a clip")
    # Filmed from the side one limb hides the other: the moment is that of the limb that is seen.
    hides = moment.side == "either" and clip.pose.view == "side"
    hidden = hides and marker.sided and len(clip.by_limb(marker, "both")) == 1
    return clip.combine_sides(marker, "both" if hidden else moment.side)


def _extreme_s(marks: Floats, clip: MeasuredClip, span: Span, which: str) -> float:
    """When the series is at its extreme within a span; where it rests there, the middle of that rest."""
    inside = frames_in(clip, span)
    values = marks[inside]
    if not np.isfinite(values).any():
        raise Unreadable("visibility", "what marks the moment is not seen in a repetition")
    best = int(np.nanargmin(values) if which == "min" else np.nanargmax(values))
    plateau = np.abs(values - values[best]) <= PLATEAU * (np.nanmax(values) - np.nanmin(values))
    away = np.flatnonzero(~plateau)
    first = away[away < best].max(initial=-1) + 1
    last = away[away > best].min(initial=len(values)) - 1
    return float(clip.times_s[inside][(first + last) // 2])


def _phase_spans(moment: Moment, clip: MeasuredClip, own: Floats | None) -> list[Span]:
    """The spans in which a quantity rises or falls or rests, one for each repetition that has one."""
    if moment.of is None and own is None and moment.kind == "hold":
        return [excursion.hold for excursion in clip.cycles.excursions]
    marks = _marks(moment, clip, own)
    excursions = clip.cycles.repetitions if clip.cycles.cyclic else clip.cycles.excursions
    if moment.kind == "hold":
        away = [one for one in excursions if _rises(marks, clip, one) == (moment.which == "max")]
        if away:
            return [_hold(marks if moment.which == "max" else -marks, clip, excursion) for excursion in away]
        return [Span(one.stop_s, next_.start_s) for one, next_ in pairwise(excursions)]
    ways = [
        _path_to_extreme(excursion, (moment.kind == "rise") == _rises(marks, clip, excursion))
        for excursion in excursions
    ]
    return [span for span in ways if span is not None and span.duration_s > 0]


def _hold(marks: Floats, clip: MeasuredClip, excursion: Excursion) -> Span:
    """How long a quantity rests at its maximum in an excursion.

    Of a curl whose trunk leans back while the weight rests, the body has no hold; of a hip that hardly moves, its own
    course shows none. Borders between those of both are nearer to the truth than either (docs/LOG.md). Where it is not
    always seen, the body's.
    """
    inside = frames_in(clip, excursion.span)
    values, body = marks[inside], excursion.hold
    if len(values) < MIN_COURSE_FRAMES or not np.isfinite(values).all():
        return body
    own = hold_of(clip.times_s[inside], values, excursion.returns)
    return Span((body.start_s + own.start_s) / 2, (body.stop_s + own.stop_s) / 2)


def _path_to_extreme(excursion: Excursion, out: bool) -> Span | None:
    """The way to the extreme, or the way back."""
    if out:
        return Span(excursion.start_s, excursion.hold.start_s)
    return Span(excursion.hold.stop_s, excursion.stop_s) if excursion.returns else None


def _rises(marks: Floats, clip: MeasuredClip, excursion: Excursion) -> bool:
    """Whether a quantity is higher at the extreme of the movement than where it begins and ends."""
    ends_s = (excursion.start_s, excursion.stop_s) if excursion.returns else (excursion.start_s,)
    at_ends = [marks[_instant(clip, end_s).frames] for end_s in ends_s]
    at_extreme = marks[_instant(clip, excursion.extreme_s).frames]
    with np.errstate(invalid="ignore"):
        return bool(np.nanmedian(at_extreme) > np.nanmedian(np.concatenate(at_ends)))


def _stage(name: str | None, stages: Sequence[Segment]) -> Span:
    for segment in stages:
        if name and segment.stage.casefold() == name.casefold() and segment.stop_s > segment.start_s:
            return Span(segment.start_s, segment.stop_s)
    raise Unreadable("unknown_stage", f"the stage {name!r} is not found in the clip")


def _instant(clip: MeasuredClip, time_s: float) -> Window:
    """The frame nearest to a time and its neighbours."""
    nearest = int(np.abs(clip.times_s - time_s).argmin())
    at_s = float(clip.times_s[nearest])
    return Window(Span(at_s, at_s), True, slice(max(0, nearest - 1), nearest + 2))


def _phase(clip: MeasuredClip, span: Span) -> Window:
    return Window(span, False, frames_in(clip, span))


def frames_in(clip: MeasuredClip, span: Span) -> slice:
    """The frames of a span; of one shorter than a frame, the nearest."""
    first, stop = np.searchsorted(clip.times_s, (span.start_s, span.stop_s)).tolist()
    first = min(first, len(clip.times_s) - 1)
    return slice(first, max(stop, first + 1))
