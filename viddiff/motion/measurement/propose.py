"""What differs between two clips, by measurement alone: every quantity compared, the clearest told as a coach would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from viddiff.core.record import Record
from viddiff.core.types import Difference, Segment, Verdict
from viddiff.motion.measurement.body import UP
from viddiff.motion.measurement.decide import clear_difference, decide, effect
from viddiff.motion.measurement.evaluate import read
from viddiff.motion.measurement.reading import Reading, Unreadable
from viddiff.motion.measurement.series import MeasuredClip
from viddiff.motion.measurement.spec import BodySide, MeasurementSpec, Moment
from viddiff.motion.phases import in_part_phrase, part_phrase
from viddiff.motion.quantities import QUANTITIES, Quantity

#: Of many quantities some differ by chance: a proposal takes more than a question that was asked.
CLEAR_ENOUGH = 1.25
#: ... and no more uncertainty than this many times the smallest difference that counts.
UNSTEADY = 2.0
#: What depends on the camera rather than the person, and what is too coarse to be proposed.
NOT_PROPOSED = ("body_x", "body_y", "body_turn", "step_count", "pauses", "shoulder_turn", "smoothness", "hip_shake")
#: The moment that an action is about is an extreme of one of these: the one that moves most.
KEYS = (("hip_height", "min"), ("hand_height", "max"), ("foot_over_hip", "max"), ("shoulder_over_hand", "min"))
#: It moves by at least so many of its smallest differences in both clips.
KEY_MOVES = 3.0
#: Told of the foot that shows more of it, not of both.
ONE_FOOT = ("foot_height", "foot_over_hip")
#: Heights that mean something where the hands carry the body: where the shoulders are not much higher than the hips.
ON_HANDS = ("shoulder_over_hand",)
#: What means something of a body that stands on its feet.
ON_FEET = (
    "stance_length", "shin_angle", "thigh_angle", "knee_forward", "hip_height", "hip_over_knee", "shoulder_height",
    "knee_height", "heel_height", "foot_over_hip", "body_height",
)  # fmt: skip
LYING = 0.7


class MeasuredDifference(Record):
    """One difference that was measured.

    Attributes:
        difference: its statement says by how much and when, and names no video.
        spec: what was measured; ``a`` and ``b`` hold the numbers and the times at which they were read.
        verdict: for which video it is more true, and how likely that is right.
        effect: the difference in clear differences, at least 1.
    """

    difference: Difference
    spec: MeasurementSpec
    a: Reading
    b: Reading
    verdict: Verdict
    effect: float


def propose(a: MeasuredClip, b: MeasuredClip, n: int = 10) -> tuple[MeasuredDifference, ...]:
    """Up to ``n`` differences between two clips, the clearest first; none where they do not differ."""
    return clearest_differences((compare(spec, read(spec, a), read(spec, b)) for spec in _candidates(a, b)), n)


def clearest_differences(candidates: Iterable[MeasuredDifference | None], n: int) -> tuple[MeasuredDifference, ...]:
    """The ``n`` largest differences by effect; of those that tell the same story the largest."""
    stories: dict[tuple[str, str], MeasuredDifference] = {}
    for proposed in sorted(filter(None, candidates), key=lambda proposed: -proposed.effect):
        stories.setdefault(_topic(proposed.spec), proposed)
    return tuple(stories.values())[:n]


def _candidates(a: MeasuredClip, b: MeasuredClip) -> Iterator[MeasurementSpec]:
    """Every quantity at its natural moments."""
    key = _key_moment(a, b)
    for quantity in QUANTITIES.values():
        if quantity.name in NOT_PROPOSED or quantity.kind == "events":
            continue
        side: BodySide = "either" if quantity.name in ONE_FOOT else "both"
        if is_informative(quantity, a, b):
            for moment in _moments(quantity, key):
                yield MeasurementSpec(quantity=quantity.name, side=side, at=moment)


def _moments(quantity: Quantity, key: Moment | None) -> Iterator[Moment]:
    if quantity.kind != "series":
        yield Moment()
        return
    if quantity.natural:
        yield Moment(kind="extreme", which=quantity.natural)
    if quantity.directed:
        yield Moment(kind="extreme", which="min" if quantity.natural == "max" else "max")
    yield Moment(kind="start")
    if key and key.of != quantity.name:
        yield key


def is_informative(quantity: Quantity, a: MeasuredClip, b: MeasuredClip) -> bool:
    """Whether a quantity says something of its own in these clips.

    Heights over the hands do where the hands carry the body, those over the feet where the feet do; the time of all
    repetitions tells their number once more.
    """
    lie = _is_lying(a), _is_lying(b)
    if (quantity.name in ON_HANDS and not all(lie)) or (quantity.name in ON_FEET and any(lie)):
        return False
    cyclic = a.cycles.cyclic or b.cycles.cyclic
    if quantity.name == "action_time":
        return not cyclic
    return quantity.name != "repetition_time" or (a.cycles.cyclic and b.cycles.cyclic)


def _key_moment(a: MeasuredClip, b: MeasuredClip) -> Moment | None:
    """What the action is about: where the quantity is at its extreme that moves most in both clips."""
    keys = [key for key in KEYS if is_informative(QUANTITIES[key[0]], a, b)]
    moved = {key: min(_movement(QUANTITIES[key[0]], clip) for clip in (a, b)) for key in keys}
    name, which = max(keys, key=lambda key: moved[key])
    if moved[name, which] < KEY_MOVES:
        return None
    return Moment(kind="extreme", of=name, which="min" if which == "min" else "max")


def _is_lying(clip: MeasuredClip) -> bool:
    """Whether the trunk is nearer to level than to upright for most of the clip."""
    body = clip.body("picture")
    trunk = np.abs(body.middle("shoulder") - body.middle("hip"))
    finite = trunk[np.isfinite(trunk[:, UP])]
    return bool(len(finite) and np.mean(finite[:, UP] < LYING) > 0.5)


def _movement(quantity: Quantity, clip: MeasuredClip) -> float:
    """Range of a quantity over a clip, in its smallest differences."""
    try:
        series = clip.combine_sides(quantity, "both")
    except Unreadable:
        return 0.0
    return float(np.nanmax(series) - np.nanmin(series)) / quantity.least


def compare(spec: MeasurementSpec, a: Reading, b: Reading, part: Segment | None = None) -> MeasuredDifference | None:
    """The difference by one quantity, where it is clear enough to be proposed.

    Args:
        part: the part of clip A that is compared: the statement is then about that clip, in either direction, and says
            where it shows; None: it is in the direction that a coach would name.
    """
    size = effect(a, b)
    if abs(size) < CLEAR_ENOUGH or not _is_consistent(a, b):
        return None
    more = ("higher" if size > 0 else "lower") if part else _direction(QUANTITIES[spec.quantity], a, b)
    spec = spec.model_copy(update={"more": more})
    verdict = decide(spec, a, b)
    if verdict.answer not in ("a", "b"):
        return None
    return MeasuredDifference(
        difference=_difference(spec, a, b, part), spec=spec, a=a, b=b, verdict=verdict, effect=abs(size)
    )


def _is_consistent(a: Reading, b: Reading) -> bool:
    """Whether the body's readings agree among the repetitions; one that comes and goes is not proposed."""
    return a.plane == "time" or clear_difference(a, b) <= UNSTEADY * max(a.least, b.least)


def _direction(quantity: Quantity, a: Reading, b: Reading) -> Literal["higher", "lower"]:
    """Which way a coach tells it: towards the extreme that tells; of a lean, towards the side that is leant to."""
    if quantity.directed:
        largest = max(a.value or 0.0, b.value or 0.0, key=abs)
        return "higher" if largest > 0 else "lower"
    return "lower" if quantity.natural == "min" else "higher"


def _difference(spec: MeasurementSpec, a: Reading, b: Reading, part: Segment | None) -> Difference:
    quantity = QUANTITIES[spec.quantity]
    by = amount(abs((a.value or 0.0) - (b.value or 0.0)), a.unit)
    # What is read at a moment of its own, such as a hold, is not said to be in the part.
    where = part if spec.at.stage else None
    if spec.statistic == "duration" and where:
        sentence = f"{part_phrase(where)} lasts {by} {'longer' if spec.more == 'higher' else 'shorter'}"
    else:
        statement = (quantity.higher if spec.more == "higher" else quantity.lower).format(by=by)
        of_nth = f"in repetition {spec.at.nth}" if spec.at.nth else ""
        sentence = " ".join(
            filter(None, (statement, in_part_phrase(where) if where else moment_phrase(spec.at), of_nth))
        )
    nth = str(spec.at.nth or "")
    key = "_".join(filter(None, (quantity.name, spec.at.kind, spec.at.of, spec.at.which, spec.at.stage, nth)))
    return Difference(
        key=key,
        name="duration" if spec.statistic == "duration" else quantity.words[0],
        statement=f"{sentence[0].upper()}{sentence[1:]}.",
        num_frames="1" if spec.at.kind in ("extreme", "start", "end") else "gt_1",
    )


def moment_phrase(moment: Moment) -> str:
    """A moment in a coach's words; nothing where it goes without saying."""
    if moment.kind == "extreme" and moment.of:
        marker = QUANTITIES[moment.of]
        return marker.at_min if moment.which == "min" else marker.at_max
    return {"start": "at the start", "end": "at the end"}.get(moment.kind, "")


def amount(value: float, unit: str) -> str:
    """A difference with its unit, in words and with no more digits than it is known to."""
    number = f"{value:.0f}" if unit in ("deg", "times") else f"{value:.1f}" if value >= 0.95 else f"{value:.2g}"
    names = {"deg": "degrees", "s": "seconds", "torso lengths/s": "torso lengths a second", "times": "", "": ""}
    return f"{number} {names.get(unit, unit)}".strip()


def _topic(spec: MeasurementSpec) -> tuple[str, str]:
    """What two proposals share that tell the same; forward and back are two stories of one lean."""
    if spec.statistic == "duration":
        return "tempo", ""
    quantity = QUANTITIES[spec.quantity]
    return quantity.group, spec.more if quantity.directed else ""
