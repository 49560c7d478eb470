"""Two clips that numbers are read from: by the poses of the people in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

from viddiff.core.types import Measurement, Segment, Sides
from viddiff.motion.cycles import Span, cycles_of
from viddiff.motion.measurement.decide import clear_difference
from viddiff.motion.measurement.evaluate import read
from viddiff.motion.measurement.moments import active_span
from viddiff.motion.measurement.propose import MeasuredDifference, moment_phrase, propose
from viddiff.motion.measurement.reading import CONFIDENT, Reading
from viddiff.motion.measurement.series import MeasuredClip
from viddiff.motion.measurement.spec import MeasurementSpec, Moment
from viddiff.motion.phases import phase_named
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.quantities import QUANTITIES, Quantity

Readings = tuple[Reading, Reading]
#: The stages of a clip, in order.
Segments = tuple[Segment, ...]
NO_STAGES: Sides[Segments] = Sides((), ())


class MeasuredPair(Protocol):
    """Two clips, however they are read."""

    @property
    def strategy(self) -> str:
        """What ``segments`` go by, for a ``Localization``."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should know of how the clips were read."""

    def read(self, spec: MeasurementSpec, stages_a: Segments = (), stages_b: Segments = ()) -> Readings:
        """One number of each clip, or a refusal; ``stages`` of the action only where they were found, never guesses."""

    def propose(self, n: int) -> tuple[MeasuredDifference, ...]:
        """Up to ``n`` differences, the clearest first."""

    def table(self) -> tuple[Measurement, ...]:
        """Every quantity that can be read from one of the clips at least."""

    def segments(self) -> Sides[Segments]:
        """The parts of the movement in each clip, the same in both, in order and without gaps."""


class PosePair:
    """Two clips with a pose each.

    Args:
        a, b: poses.
        parts_s: ``(start_s, stop_s)`` of each clip, in the clock of the poses.
    """

    strategy = "pose"

    def __init__(self, a: Pose, b: Pose, parts_s: tuple[tuple[float, float], tuple[float, float]]) -> None:
        self.a, self.b = a.derive(clip_of), b.derive(clip_of)
        self.parts_s = parts_s
        self.notices = (*a.notices, *b.notices)

    def read(self, spec: MeasurementSpec, stages_a: Segments = (), stages_b: Segments = ()) -> Readings:
        """See ``MeasuredPair.read``."""
        return read(spec, self.a, stages_a), read(spec, self.b, stages_b)

    def propose(self, n: int) -> tuple[MeasuredDifference, ...]:
        """See ``MeasuredPair.propose``."""
        return propose(self.a, self.b, n)

    def table(self) -> tuple[Measurement, ...]:
        """See ``MeasuredPair.table``; each quantity at the moment that tells."""
        specs = [natural_spec(quantity) for quantity in QUANTITIES.values() if quantity.kind != "events"]
        return read_rows(self, specs)

    def segments(self) -> Sides[Segments]:
        """Start, movement and end; each repetition on its own where both clips have as many."""
        moves = _moves(self.a), _moves(self.b)
        if len(moves[0]) != len(moves[1]):
            moves = [active_span(self.a)], [active_span(self.b)]
        return Sides(*(_tile(spans, *part_s) for spans, part_s in zip(moves, self.parts_s, strict=True)))


def read_rows(pair: MeasuredPair, specs: Iterable[MeasurementSpec]) -> tuple[Measurement, ...]:
    """What can be read from one of the clips at least."""
    rows = (measurement(spec, *pair.read(spec)) for spec in specs)
    return tuple(row for row in rows if row.a is not None or row.b is not None)


def clip_of(pose: Pose) -> MeasuredClip:
    """What numbers are read from; ``pose.derive(clip_of)`` is one for all pairs that the pose is in."""
    return MeasuredClip(pose, cycles_of(pose))


def natural_spec(quantity: Quantity) -> MeasurementSpec:
    """The quantity at the extreme that tells, or over the whole action."""
    if quantity.natural is None or quantity.kind != "series":
        return MeasurementSpec(quantity=quantity.name)
    return MeasurementSpec(quantity=quantity.name, at=Moment(kind="extreme", which=quantity.natural))


def measurement(spec: MeasurementSpec, a: Reading, b: Reading) -> Measurement:
    """Two readings side by side, as a result."""
    quantity = QUANTITIES.get(spec.quantity)
    # A part lasts, whatever the quantity.
    lasts = spec.statistic == "duration" and spec.at.kind == "stage"
    return Measurement(
        name="duration" if lasts else quantity.words[0] if quantity else spec.quantity,
        unit=a.unit or b.unit,
        a=a.value,
        b=b.value,
        resolution=clear_difference(a, b),
        stage=spec.at.stage,
        quantity="" if lasts else spec.quantity,
        side=spec.side if quantity and quantity.sided else "",
        statistic="" if lasts or spec.statistic == "value" else spec.statistic,
        moment=moment_words(spec),
        error_a=None if a.error is None else CONFIDENT * a.error,
        error_b=None if b.error is None else CONFIDENT * b.error,
        times_a=a.times_s,
        times_b=b.times_s,
    )


def spec_words(spec: MeasurementSpec) -> str:
    """A measurement in words, e.g. "knee angle (left) at the bottom, range"."""
    quantity = QUANTITIES.get(spec.quantity)
    name = quantity.words[0] if quantity else spec.quantity
    side = f"({spec.side})" if quantity and quantity.sided and spec.side != "both" else ""
    stage = f"in stage {spec.at.stage!r}" if spec.at.stage else ""
    text = " ".join(filter(None, (name, side, moment_words(spec), stage)))
    return text if spec.statistic == "value" else f"{text}, {spec.statistic.replace('_', ' ')}"


def moment_words(spec: MeasurementSpec) -> str:
    """When a quantity is read, in words; empty for the whole action and for a named stage."""
    nth = f"of repetition {spec.at.nth}" if spec.at.nth else ""
    return " ".join(filter(None, (_moment_words(spec), nth)))


def _moment_words(spec: MeasurementSpec) -> str:
    if spec.at.kind == "extreme" and spec.at.of in (None, spec.quantity):
        return f"at the {spec.at.which}imum"
    if spec.at.kind in ("rise", "fall", "hold") and spec.at.of is not None and spec.at.of in QUANTITIES:
        marker = "it" if spec.at.of == spec.quantity else f"the {QUANTITIES[spec.at.of].words[0]}"
        ways = {"rise": "rises", "fall": "falls", "hold": f"is held at the {spec.at.which}imum"}
        return f"while {marker} {ways[spec.at.kind]}"
    return moment_phrase(spec.at)


def _moves(clip: MeasuredClip) -> list[Span]:
    """Each repetition of a cyclic action, else the movement."""
    if clip.cycles.cyclic:
        return [repetition.span for repetition in clip.cycles.repetitions]
    return [active_span(clip)]


def _tile(spans: Sequence[Span], start_s: float, stop_s: float) -> Segments:
    """Segments from the start to the end of a clip; a rest between two repetitions belongs to the one before it."""
    numbers = range(1, len(spans) + 1) if len(spans) > 1 else ()
    names = [f"repetition {number}" for number in numbers] or ["movement"]
    repetitions = [None, *numbers, None] if numbers else [None] * 3
    inner_s = [span.start_s for span in spans] + [spans[-1].stop_s]
    borders_s = [start_s, *(min(max(border_s, start_s), stop_s) for border_s in inner_s), stop_s]
    return tuple(
        Segment(stage=name, start_s=first_s, stop_s=last_s, repetition=repetition, phase=phase_named(name))
        for name, repetition, (first_s, last_s) in zip(
            ["start", *names, "end"], repetitions, pairwise(borders_s), strict=True
        )
    )
