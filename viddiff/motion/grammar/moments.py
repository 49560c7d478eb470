"""From the name of a moment to a moment of the measurement language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from viddiff.motion.grammar.clause import MomentName
from viddiff.motion.grammar.movements import MOVEMENTS, Movement
from viddiff.motion.grammar.rules import ONE_AT_A_TIME, SIDED, rule_for
from viddiff.motion.grammar.tokens import RefusedError, Token
from viddiff.motion.measurement.spec import Moment

_WHOLE = Moment()


def moment_of(when: MomentName, movement: Movement | None, several: bool) -> Moment:
    """The moment in the measurement language.

    Args:
        when: its name in the statement.
        movement: the movement that has it, if one is known.
        several: whether the action is known to be more than this movement, so that "during the squat" is no whole.

    Raises:
        RefusedError: the moment belongs to a movement that is not known.
    """
    if when.name == "stage":
        return Moment(kind="stage", stage=when.of)
    if when.name == "state":
        return _in_a_state(when.state, movement)
    if when.name in ("start", "end"):
        return Moment(kind="start" if when.name == "start" else "end")
    if when.name in ("during", "at"):
        return _moment_during(when, several)
    if when.name == "before" and when.of in MOVEMENTS:
        movement = MOVEMENTS[when.of]
        if movement.telling == "min":
            return Moment(kind="start")
    if movement is None:
        raise RefusedError(f"The moment '{when.name}' of this action is not known.")
    return _moment_of_marker(when, movement)


def _moment_during(when: MomentName, several: bool) -> Moment:
    movement = MOVEMENTS.get(when.of)
    if movement is not None and when.name == "at":
        # "at the knee raise": where it leads.
        return movement.extreme(movement.telling)
    if movement is not None and several:
        raise RefusedError(f"The action is more than the {movement.name}, and where that begins and ends is not known.")
    return _WHOLE


def _in_a_state(state: Sequence[Token], movement: Movement | None) -> Moment:
    """Where a quantity is at the extreme that a state of a part tells: the arms are up, the feet are apart."""
    part, *properties = state
    signs = {("height" if token.value == "up" else token.value): token.sign for token in properties}
    rule = rule_for(part.value, frozenset(signs), [], movement.name if movement else None)
    if rule is None:
        raise RefusedError(f"When the {part.text} is in that state is not known.")
    either = rule.quantity in SIDED and (not part.plural or rule.quantity in ONE_AT_A_TIME)
    which: Literal["min", "max"] = "max" if rule.sign * signs[rule.by] > 0 else "min"
    return Moment(kind="extreme", of=rule.quantity, which=which, side="either" if either else "both")


def _moment_of_marker(when: MomentName, movement: Movement) -> Moment:
    """A moment that the movement's marker tells."""
    if when.name in ("top", "bottom"):
        return movement.extreme("max" if when.name == "top" else "min")
    if when.name == "telling":
        return movement.extreme(movement.telling)
    if when.name in ("ascent", "descent", "return"):
        kind = "rise" if (when.name == "ascent" or movement.telling == "min") and when.name != "descent" else "fall"
        return Moment(kind="rise" if kind == "rise" else "fall", of=movement.marker, side=movement.side)
    if when.name == "before lift" and movement.marker in ("hand_height", "shoulder_height"):
        return movement.extreme("min")
    if when.name == "before" and movement.name == "jump":
        return movement.extreme("min")
    upright = movement.telling == "min" and movement.marker in ("hip_height", "shoulder_height")
    if when.name == "between" or (when.name == "standing" and upright):
        return movement.extreme("max" if movement.telling == "min" else "min")
    if when.name == "standing" and movement.marker == "hand_height":
        return _WHOLE
    raise RefusedError(f"The moment '{when.name}' of a {movement.name} is not known.")
