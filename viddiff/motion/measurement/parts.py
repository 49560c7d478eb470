"""What differs between two clips in one part of the movement, by measurement alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.types import Segment, Sides
from viddiff.motion.measurement.aligned import values_at
from viddiff.motion.measurement.evaluate import read
from viddiff.motion.measurement.pair import PosePair, Segments
from viddiff.motion.measurement.propose import (
    NOT_PROPOSED,
    ONE_FOOT,
    MeasuredDifference,
    clearest_differences,
    compare,
    is_informative,
)
from viddiff.motion.measurement.reading import Reading, Unreadable
from viddiff.motion.measurement.spec import MeasurementSpec, Moment
from viddiff.motion.phases import is_rest
from viddiff.motion.quantities import QUANTITIES


@dataclass(frozen=True)
class OtherPart:
    """The part ``[start_s, stop_s)`` of another repetition of the second clip, and its distance from the one compared.

    Attributes:
        number: of the repetition, from 1.
    """

    number: int
    start_s: float
    stop_s: float
    distance: float


@dataclass(frozen=True)
class MatchedMoments:
    """Moments of the second clip that belong to a part of the first.

    Attributes:
        times_s: (T,) in seconds of the file.
        spread_s: (T,) standard deviation of each: how sure it is.
        nth: the repetition that they lie in; None: that of the first clip.
        others: the same part in the other repetitions.
    """

    times_s: Floats
    spread_s: Floats
    nth: int | None = None
    others: tuple[OtherPart, ...] = ()


def differences_in(
    part: Segment, pair: PosePair, stages: Sides[Segments], matched: MatchedMoments, n: int
) -> tuple[MeasuredDifference, ...]:
    """Up to ``n`` differences, the clearest first, each told of the first clip: more than their uncertainty apart.

    Args:
        part: of the first clip.
        stages: the parts of both clips; one that the second clip does not have is not among its own.
        matched: the part in the second clip; where it is not sure, what changes fast there is not sure either, nor is
            what differs among the repetitions of that clip.
    """

    def difference_by(spec: MeasurementSpec) -> MeasuredDifference | None:
        a, b = read(spec, pair.a, stages.a), read(_of_nth(spec, matched.nth), pair.b, stages.b)
        error = math.hypot(b.error or 0.0, _slip(spec, pair, matched), _scatter(spec, pair, b, matched.others))
        return compare(spec, a, b.model_copy(update={"error": error}), part)

    return clearest_differences(map(difference_by, _candidates(part, pair, stages.a)), n)


def _of_nth(spec: MeasurementSpec, nth: int | None) -> MeasurementSpec:
    """The measurement of one repetition in another; for a part it is taken where the part lies."""
    if nth is None or spec.at.kind == "stage":
        return spec
    return spec.model_copy(update={"at": spec.at.model_copy(update={"nth": nth})})


def _scatter(spec: MeasurementSpec, pair: PosePair, b: Reading, own: Sequence[OtherPart]) -> float:
    """How far the number of the second clip is from that of its other repetitions (root mean square)."""
    stage = spec.at.stage or ""
    readings = [
        read(
            _of_nth(spec, reading.number),
            pair.b,
            (Segment(stage=stage, start_s=reading.start_s, stop_s=reading.stop_s),),
        )
        for reading in own
    ]
    apart = [reading.value - b.value for reading in readings if reading.value is not None and b.value is not None]
    return math.sqrt(fmean(gap**2 for gap in apart)) if apart else 0.0


def _slip(spec: MeasurementSpec, pair: PosePair, matched: MatchedMoments) -> float:
    """By how much a number may be off because it is read too early or too late."""
    if spec.statistic == "duration":
        return math.hypot(*matched.spread_s[[0, -1]].tolist())
    if QUANTITIES[spec.quantity].kind != "series":
        return 0.0
    try:
        series = pair.b.combine_sides(QUANTITIES[spec.quantity], spec.side)
    except Unreadable:
        return 0.0
    speeds = np.interp(matched.times_s, pair.b.times_s, np.abs(np.gradient(series, pair.b.times_s)))
    off = speeds * matched.spread_s
    return float(off[np.isfinite(off)].mean()) if np.isfinite(off).any() else 0.0


def _candidates(part: Segment, pair: PosePair, parts: Segments) -> Iterator[MeasurementSpec]:
    """Every quantity over the part, shaking, and how long the part lasts, for which any quantity does."""
    at = Moment(kind="stage", stage=part.stage)
    for quantity in QUANTITIES.values():
        if quantity.kind == "series" and quantity.name not in NOT_PROPOSED and is_informative(quantity, pair.a, pair.b):
            yield MeasurementSpec(quantity=quantity.name, side="either" if quantity.name in ONE_FOOT else "both", at=at)
    has_hold = any(one.phase == "hold" and one.repetition == part.repetition for one in parts)
    if part.phase == "hold" or (part.phase == "way out" and not has_hold):
        # Both clips tell how long they hold, whatever is aligned with it; one that hardly does has no such part.
        yield MeasurementSpec(quantity="hold_time", at=Moment(nth=part.repetition))
    if not is_rest(part):
        yield MeasurementSpec(quantity="hip_shake", at=at)
    if part.phase != "hold" and not is_rest(part):
        yield MeasurementSpec(quantity="body_height", statistic="duration", at=at)


def clearest_moment(difference: MeasuredDifference, pair: PosePair, times_s: Floats, matched_s: Floats) -> int:
    """Which of the moments of a part, ``times_s`` and ``matched_s`` (T,), shows a difference best; else the middle."""
    spec, quantity = difference.spec, QUANTITIES[difference.spec.quantity]
    if quantity.kind != "series" or spec.statistic == "duration":
        return len(times_s) // 2
    apart = values_at(pair.a, quantity, times_s) - values_at(pair.b, quantity, matched_s)
    if not np.isfinite(apart).any():
        return len(times_s) // 2
    return int(np.nanargmax(apart if spec.more == "higher" else -apart))
