"""Statements about times, counts, pauses, pace and the movement as a whole."""

from __future__ import annotations

from collections.abc import Callable

from viddiff.motion.grammar.clause import Clause
from viddiff.motion.grammar.content import StatementContent
from viddiff.motion.grammar.movements import MOVEMENTS, Movement
from viddiff.motion.grammar.tokens import RefusedError
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, Statistic

_REPEATED = frozenset(MOVEMENTS) | {"repetition"}
_COUNTED = _REPEATED | {"action", "step"}


def spec_of(
    quantity: str, sign: int, at: Moment | None = None, statistic: Statistic = "value", **sides: str
) -> MeasurementSpec:
    """A measurement of which a statement is more true where it is larger, or smaller with a negative sign."""
    fields = {"quantity": quantity, "at": at or Moment(), "statistic": statistic, **sides}
    return MeasurementSpec.model_validate({**fields, "more": "higher" if sign > 0 else "lower"})


def whole_measurement(
    clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None
) -> MeasurementSpec:
    """The measurement of a statement that speaks of no part of the body.

    Raises:
        RefusedError: it speaks of nothing that is measured.
    """
    if "land" in clause.verbs:
        raise RefusedError("The moment of landing is not known.")
    if content.goals:
        raise RefusedError(f"No quantity measures this of the movement relative to the {content.goals[0][1]}.")
    names = content.names
    if clause.movement is not None and clause.movement.value == "step":
        # A stride is long in space; so is the step of a lunge.
        long = clause.movement.text.startswith("stride") or (movement is not None and movement.name == "lunge")
        if names & {"spread", "forward"} or (names == {"time"} and long):
            return step(content, at)
    holds = "hold" in clause.verbs or ("keep" in clause.verbs and at is not None)
    if "pause" in names:
        return pause(clause, content, at)
    if (holds or "keep" in clause.verbs) and names == {"time", "height"} and movement is not None and at is None:
        # "Stays down longer".
        return rest_at(
            movement.extreme("max" if content.signs["height"] > 0 else "min"), content.turn * content.signs["time"]
        )
    if holds and names - {"height"} == {"time"}:
        return hold(content, at, movement)
    reader = _READERS.get(names)
    if reader is None:
        raise RefusedError("The statement names no quantity of the body's movement, or more than one.")
    return reader(clause, content, at, movement)


def step(content: StatementContent, at: Moment | None) -> MeasurementSpec:
    """How wide or long a step is."""
    across = "spread" in content.signs and content.names <= {"spread", "sideways", "outward"}
    if at not in (None, Moment()) or not (across or content.names - {"forward"} == {"time"}):
        raise RefusedError("The statement does not say in which direction the step is long.")
    quantity = "stance_width" if across else "stance_length"
    widest = Moment(kind="extreme", of=quantity, which="max")
    return spec_of(quantity, content.turn * content.signs["spread" if across else "time"], widest)


def pause(clause: Clause, content: StatementContent, at: Moment | None) -> MeasurementSpec:
    """How long a rest is, or how many there are."""
    others = content.names - {"pause"}
    often = bool(others & {"number", "often"}) or (not others and bool(clause.degrees))
    if others - {"time", "number", "often"} or (often and (at is not None or "time" in others)):
        raise RefusedError("Of a pause only the length or the number is measured.")
    if often:
        return spec_of("pauses", content.turn * content.signs.get("often", 1) * content.signs.get("number", 1))
    sign = content.turn * content.signs.get("time", 1)
    return spec_of("longest_pause", sign) if at is None else rest_at(at, sign)


def hold(content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How long the body is held still at a moment, or where the movement leads."""
    sign = content.turn * content.signs["time"]
    if at is not None:
        return rest_at(at, sign)
    if movement is None:
        raise RefusedError("The statement does not say where the movement is held.")
    return rest_at(movement.extreme(movement.telling), sign)


def rest_at(at: Moment, sign: int) -> MeasurementSpec:
    """The length of the rest around an extreme."""
    if at.kind != "extreme" or at.of is None:
        raise RefusedError("A rest is measured only at the top or the bottom of a movement.")
    at_rest = Moment(kind="hold", of=at.of, which=at.which, side=at.side)
    return spec_of(at.of, sign, at_rest, "duration", side=at.side)


def pace(clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How fast the movement or a phase of it is."""
    if clause.movement is not None and clause.movement.value == "step":
        raise RefusedError("The statement does not say whether the feet or the steps are fast.")
    if clause.movement is not None and clause.movement.value in ("kick", "jump"):
        raise RefusedError(f"The statement does not say whether the foot or the whole {clause.movement.value} is fast.")
    return duration(clause, at, movement, -content.turn * content.signs["speed"])


def length(clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How long the movement or a phase of it lasts."""
    sign = content.turn * content.signs["time"]
    if clause.movement is None and not clause.agent and "take" not in clause.verbs and at is None and not clause.each:
        named = any(token.text == "duration" for token in clause.properties)
        if not named:
            raise RefusedError("The statement does not say what is long.")
    if clause.movement is not None and clause.movement.value == "step":
        raise RefusedError("The statement does not say whether the step is long in time or in space.")
    return duration(clause, at, movement, sign)


def duration(clause: Clause, at: Moment | None, movement: Movement | None, sign: int) -> MeasurementSpec:
    """The length in time of a phase, of a repetition, or of the whole action."""
    if at is not None and at.kind in ("rise", "fall", "stage"):
        return spec_of(at.of or "body_height", sign, at, "duration", side=at.side)
    if at is not None and at.kind != "whole":
        raise RefusedError("A single moment has no length and no pace.")
    token = clause.movement
    repeated = token is not None and token.value != "motion" and (token.plural or token.value in _REPEATED)
    # "The motion is faster" is said of one repetition where the movement is one that is repeated.
    of_known_movement = (
        movement is not None and (token is None or token.value != "action") and "take" not in clause.verbs
    )
    each = clause.each or repeated or of_known_movement
    if clause.ongoing and not each and "take" not in clause.verbs:
        raise RefusedError("The length of an action that goes on without repetitions does not tell its pace.")
    return spec_of("repetition_time" if each else "action_time", sign)


def number(clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How many repetitions or steps there are."""
    token = clause.movement
    if token is None or not token.plural or token.value not in _COUNTED or not content.compared or clause.each:
        raise RefusedError("The statement names nothing that is counted.")
    if at is not None and at.kind != "whole":
        raise RefusedError("Counts are taken over the whole action.")
    sign = content.turn * content.signs.get("number", 1)
    return spec_of("step_count" if token.value == "step" else "repetitions", sign)


def count_measurement(
    clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None
) -> MeasurementSpec:
    """A count that is said by a degree alone ("more squats")."""
    if not clause.degrees:
        raise RefusedError("The statement has no direction: say what is more or less.")
    return number(clause, content, at, movement)


def depth(clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How deep a movement goes."""
    if movement is None or movement.depth is None:
        raise RefusedError("For this action it is not known what goes deep.")
    if at not in (None, Moment(), movement.extreme("min")):
        raise RefusedError("The depth of a movement is measured at its bottom only.")
    deepest = Moment(kind="extreme", of=movement.depth, which="min")
    return spec_of(movement.depth, -content.turn * content.signs["depth"], deepest)


def height(clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How high a kick, a jump or a raise goes; how low a squat."""
    if movement is not None and movement.depth is not None:
        content.signs = {"depth": -content.signs["height"]}
        return depth(clause, content, at, movement)
    named = clause.movement is not None and clause.movement.value in MOVEMENTS
    if movement is None or movement.telling == "min" or not named:
        raise RefusedError("For this action it is not known what gets high or low.")
    if at not in (None, Moment(), movement.extreme("max")):
        raise RefusedError("The height of a movement is measured at its top only.")
    sign = content.turn * content.signs["height"]
    return spec_of(movement.marker, sign, movement.extreme("max"), side=movement.side)


def extent(clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None) -> MeasurementSpec:
    """How far a movement goes from end to end."""
    if movement is None or at not in (None, Moment()):
        raise RefusedError("For this action it is not known which quantity tells its range.")
    return spec_of(movement.marker, content.turn * content.signs["range"], None, "range", side=movement.side)


def evenness_reader(name: str, quantity: str) -> Reader:
    """A reader of a quality of the whole movement."""

    def read(
        clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None
    ) -> MeasurementSpec:
        if at not in (None, Moment()):
            raise RefusedError("This is measured over the whole movement, not at a moment.")
        return spec_of(quantity, content.turn * content.signs[name])

    return read


Reader = Callable[[Clause, StatementContent, "Moment | None", "Movement | None"], MeasurementSpec]
_READERS: dict[frozenset[str], Reader] = {
    frozenset(): count_measurement,
    frozenset(("number",)): number,
    frozenset(("speed",)): pace,
    frozenset(("time",)): length,
    frozenset(("depth",)): depth,
    frozenset(("height",)): height,
    frozenset(("range",)): extent,
    frozenset(("smooth",)): evenness_reader("smooth", "smoothness"),
    frozenset(("symmetric",)): evenness_reader("symmetric", "symmetry"),
}
