"""Two clips read by the outlines of what moves: times, counts and how low the body gets; for clips without a pose."""

from __future__ import annotations

from collections.abc import Iterator

from viddiff.core.types import Measurement, Segment, Sides
from viddiff.motion.figure import features
from viddiff.motion.figure.cache import figure_of
from viddiff.motion.figure.features import Outline, read_figure
from viddiff.motion.figure.movements import movements, natural_stages
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.motion.measurement.pair import Readings, Segments, natural_spec, read_rows
from viddiff.motion.measurement.propose import MeasuredDifference, clearest_differences, compare
from viddiff.motion.measurement.reading import Cause, Reading, Refusal
from viddiff.motion.measurement.spec import MeasurementSpec
from viddiff.motion.measurement.uncertainty import MIN_DIFFERENCE_IN_ERRORS
from viddiff.motion.quantities import QUANTITIES
from viddiff.video.loaded import LoadedVideo

#: Quantities of the registry that an outline gives too. The top of a body that gets lower tells how low it gets.
READ_AS = {
    "action_time": features.DURATION,
    "repetition_time": features.PERIOD,
    "repetitions": features.REPETITIONS,
    "pauses": features.PAUSES,
    "longest_pause": features.LONGEST_PAUSE,
    "hip_over_knee": features.LOWERING,
    "hip_height": features.LOWERING,
    "shoulder_height": features.LOWERING,
}
#: Numbers that differ by less than this share of the larger one do not differ clearly, counts apart.
MIN_RELATIVE_DIFFERENCE = 0.15
#: Told unasked: a count of pauses is too coarse.
PROPOSED = ("repetition_time", "action_time", "repetitions", "longest_pause", "shoulder_height")


class OutlinePair:
    """Two clips with the outline of what moves in each."""

    strategy = "motion"

    def __init__(self, a: LoadedVideo, b: LoadedVideo) -> None:
        self.videos = a, b
        self.tracks = figure_of(a), figure_of(b)
        self.a, self.b = (read_figure(track) for track in self.tracks)
        self.notices = tuple(
            f"Video {name} cannot be measured: {'; '.join(track.problems)}."
            for name, track in zip("AB", self.tracks, strict=True)
            if track.problems
        )

    def read(self, spec: MeasurementSpec, stages_a: Segments = (), stages_b: Segments = ()) -> Readings:
        """See ``MeasuredPair.read``; what an outline does not show is refused."""
        name = READ_AS.get(spec.quantity)
        if name is None or not _is_seen_in_outline(name, spec):
            words = QUANTITIES[spec.quantity].words[0] if spec.quantity in QUANTITIES else spec.quantity
            why = f"the {words} takes a pose, and there is none; the outline of what moves does not show it"
            return _refusal(spec, "no_person", why), _refusal(spec, "no_person", why)
        if name == features.PERIOD:
            return self._pace(spec)
        return self._side_by_side(spec, name)

    def _pace(self, spec: MeasurementSpec) -> Readings:
        """Time per repetition; of movements that do not repeat themselves the time in motion, if both have as many."""
        uneven = [outline[features.PERIOD].value is None for outline in (self.a, self.b)]
        if not any(uneven) or self.a.problems or self.b.problems:
            return self._side_by_side(spec, features.PERIOD)
        if not all(uneven) or self.a.turns != self.b.turns:
            why = "the two videos do not show the same number of movements, so their pace cannot be compared"
            return _refusal(spec, "no_such_moment", why), _refusal(spec, "no_such_moment", why)
        moving = self._side_by_side(spec, features.MOVING)
        if _contradict(self.a, self.b):
            why = "the time in motion and the time with the pauses differ in opposite ways"
            return _refusal(spec, "no_such_moment", why), _refusal(spec, "no_such_moment", why)
        return moving

    def _side_by_side(self, spec: MeasurementSpec, name: str) -> Readings:
        a, b = self.a[name], self.b[name]
        relative = 0.0 if name in features.COUNTS else MIN_RELATIVE_DIFFERENCE * max(a.value or 0.0, b.value or 0.0)
        # Deeper is lower, of the hips as of the top of the outline.
        sign = -1.0 if name == features.LOWERING else 1.0
        return _reading_of(spec, name, a, relative, sign), _reading_of(spec, name, b, relative, sign)

    def propose(self, n: int) -> tuple[MeasuredDifference, ...]:
        """See ``MeasuredPair.propose``."""
        return clearest_differences(self._comparisons(), n)

    def _comparisons(self) -> Iterator[MeasuredDifference | None]:
        cyclic = None not in (self.a[features.PERIOD].value, self.b[features.PERIOD].value)
        for name in PROPOSED:
            if name != ("action_time" if cyclic else "repetition_time"):
                spec = natural_spec(QUANTITIES[name])
                yield compare(spec, *self.read(spec))

    def table(self) -> tuple[Measurement, ...]:
        """See ``MeasuredPair.table``."""
        return read_rows(self, (natural_spec(QUANTITIES[name]) for name in READ_AS))

    def segments(self) -> Sides[Segments]:
        """The stages that the motion shows; with a pause only where both clips have one."""
        pairs = list(zip(self.tracks, (video.info.stop_s for video in self.videos), strict=True))
        a, b = (natural_stages(track, stop_s) for track, stop_s in pairs)
        if [segment.stage for segment in a] != [segment.stage for segment in b]:
            a, b = (_plain_segments(track, stop_s) for track, stop_s in pairs)
        return Sides(a, b)


def _is_seen_in_outline(name: str, spec: MeasurementSpec) -> bool:
    """Whether an outline tells it at that moment: how low the body gets, and times and counts of all of the action."""
    at = spec.at
    if at.nth is not None:
        return False
    if name == features.LOWERING:
        return at.kind == "extreme" and at.which == "min" and at.of in (None, spec.quantity, "hip_height")
    return at.kind == "whole" and spec.statistic == "value"


def _reading_of(
    spec: MeasurementSpec, name: str, quantity: features.FigureQuantity, relative: float, sign: float
) -> Reading:
    """A number of an outline in the measurement language; two are clearly apart from its resolution on."""
    if quantity.value is None:
        assert quantity.cause is not None
        return _refusal(spec, quantity.cause, f"the {name} cannot be measured: {quantity.why}")
    return Reading(
        quantity=spec.quantity,
        unit=features.UNITS[name] or "times",
        value=sign * quantity.value,
        error=quantity.resolution / MIN_DIFFERENCE_IN_ERRORS,
        least=max(quantity.resolution, relative),
        times_s=quantity.moments_s,
        plane="picture" if name == features.LOWERING else "time",
    )


def _refusal(spec: MeasurementSpec, cause: Cause, why: str) -> Reading:
    return Reading(quantity=spec.quantity, refusal=Refusal(cause=cause, why=why))


def _contradict(a: Outline, b: Outline) -> bool:
    """Whether the time in motion and the duration do not point the same way."""
    moving, lasting = (
        ((a[name].value or 0.0) - (b[name].value or 0.0)) for name in (features.MOVING, features.DURATION)
    )
    return moving * lasting < 0


def _plain_segments(track: FigureTrack, stop_s: float) -> Segments:
    """Start, movement and end, each of which may be empty."""
    moving = movements(track.times_s, track.energy)
    start_s, end_s = (float(moving[0, 0]), float(moving[-1, 1])) if len(moving) else (stop_s, stop_s)
    return (
        Segment(stage="start", phase="start", start_s=float(track.times_s[0]), stop_s=start_s),
        Segment(stage="movement", start_s=start_s, stop_s=end_s),
        Segment(stage="end", phase="end", start_s=end_s, stop_s=stop_s),
    )
