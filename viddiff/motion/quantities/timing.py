"""Times and counts, from the repetitions and phases of a clip."""

from __future__ import annotations

from itertools import pairwise

from viddiff.motion.cycles import Cycles, Span
from viddiff.motion.quantities.registry import SECONDS, quantity

COUNT = "times"
#: A shorter rest is a turn of the movement, not a pause.
PAUSE_S = 0.4


@quantity(
    COUNT,
    "How often the movement is made: away from the resting pose and back.",
    words=("repetitions", "reps", "count"),
    kind="clip",
    least=1.0,
    lower="the number of repetitions is {by} lower",
    higher="the number of repetitions is {by} higher",
    group="count",
)
def repetitions(cycles: Cycles) -> tuple[float, ...]:
    """Those from which the pose comes back."""
    return (float(len(cycles.repetitions)),) if cycles.repetitions else ()


@quantity(
    SECONDS,
    "How long one repetition takes, from leaving the resting pose until it is back.",
    words=("repetition time", "pace", "tempo", "speed of a repetition"),
    kind="clip",
    least=0.2,
    lower="each repetition is {by} quicker",
    higher="each repetition takes {by} longer",
    group="tempo",
)
def repetition_time(cycles: Cycles) -> tuple[float, ...]:
    """One for each repetition."""
    return tuple(repetition.span.duration_s for repetition in cycles.repetitions)


@quantity(
    SECONDS,
    "How long the whole action takes, from the first movement to the last.",
    words=("duration", "action time", "total time"),
    kind="clip",
    least=0.25,
    lower="the action is {by} shorter",
    higher="the action takes {by} longer",
    group="tempo",
)
def action_time(cycles: Cycles) -> tuple[float, ...]:
    """The active part of the clip; nothing where the clip begins or ends within it."""
    return (cycles.active.duration_s,) if cycles.active and not cycles.cut_off else ()


@quantity(
    COUNT,
    "How many rests of 0.4 seconds or more there are within the action.",
    words=("pauses", "stops"),
    kind="clip",
    least=1.0,
    lower="the number of pauses is {by} lower",
    higher="the number of pauses is {by} higher",
    group="pause",
)
def pauses(cycles: Cycles) -> tuple[float, ...]:
    """Holds, and rests between repetitions."""
    rests = [round(rest.duration_s, 3) for rest in _rests(cycles)]
    return (float(sum(rest_s >= PAUSE_S for rest_s in rests)),) if cycles.excursions else ()


@quantity(
    SECONDS,
    "The longest rest within the action.",
    words=("longest pause", "pause"),
    kind="clip",
    least=0.25,
    lower="the longest pause is {by} shorter",
    higher="the longest pause is {by} longer",
    group="pause",
)
def longest_pause(cycles: Cycles) -> tuple[float, ...]:
    """Of holds, and rests between repetitions."""
    longest = longest_rest(cycles)
    return (longest.duration_s if longest else 0.0,) if cycles.excursions else ()


@quantity(
    SECONDS,
    "How long the body rests around the extreme of the movement.",
    words=("hold", "hold time", "pause at the bottom", "pause at the top"),
    kind="clip",
    least=0.25,
    lower="the end position is held {by} shorter",
    higher="the end position is held {by} longer",
    group="pause",
)
def hold_time(cycles: Cycles) -> tuple[float, ...]:
    """One for each repetition; of a movement that does not come back, that of its end."""
    return tuple(excursion.hold.duration_s for excursion in cycles.repetitions or cycles.excursions)


@quantity(
    SECONDS,
    "Time from one event to another, such as one hand's highest point after the other's; negative where it is before.",
    words=("delay", "order", "earlier", "later", "at the same time"),
    kind="events",
    least=0.2,
    lower="the second of the two comes {by} sooner",
    higher="the second of the two comes {by} later",
    group="delay",
)
def delay(first_s: float, second_s: float) -> float:
    """Of the second event after the first."""
    return second_s - first_s


def longest_rest(cycles: Cycles) -> Span | None:
    """The longest hold, or rest between two excursions; None where there is none."""
    return max(_rests(cycles), key=lambda rest: rest.duration_s, default=None)


def _rests(cycles: Cycles) -> list[Span]:
    """Every hold and every rest between two excursions."""
    holds = [excursion.hold for excursion in cycles.excursions if excursion.returns]
    between = [Span(earlier.stop_s, later.start_s) for earlier, later in pairwise(cycles.excursions)]
    return [*holds, *between]
