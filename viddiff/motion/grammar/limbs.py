"""Which limb a statement is about."""

from __future__ import annotations

from viddiff.motion.grammar.clause import Clause
from viddiff.motion.grammar.content import StatementContent
from viddiff.motion.grammar.rules import LIMBS, ONE_AT_A_TIME, SHOWS_AT_MIN, SIDED, Rule
from viddiff.motion.grammar.tokens import RefusedError
from viddiff.motion.measurement.spec import Moment


def limb_of(clause: Clause, content: StatementContent, rule: Rule, at: Moment | None) -> str:
    """Which limb is meant, where one is: of "the arm is raised" the one that is raised."""
    side = side_of(clause, rule.quantity)
    if side == "both" and at is not None and at.side == "either" and rule.quantity in SIDED:
        # At the top of a knee raise one knee is meant, whichever is raised.
        return "either"
    shows_less = (rule.sign * content.signs[rule.by] > 0) == (rule.quantity in SHOWS_AT_MIN)
    if side != "either" or clause.side is not None or not shows_less or rule.quantity in ONE_AT_A_TIME:
        return side
    # "The arm swings back further": the one that is furthest back. "The arm is straighter": the one that is seen.
    return "trailing" if at is None and content.motion else "near"


def check_limb(clause: Clause, content: StatementContent) -> None:
    """A bent limb that is straighter, or a straight one that bends, may not be the one that it was.

    Raises:
        RefusedError: it speaks of such a limb.
    """
    limb, bend = clause.side.value if clause.side else "", content.signs.get("bend", 0)
    if (limb == "bent" and bend < 0) or (limb == "back" and bend > 0):
        raise RefusedError(
            f"Which limb is the '{clause.side.text if clause.side else ''}' one may itself change with this difference."
        )


def side_of(clause: Clause, quantity: str) -> str:
    """Which limb is meant.

    Raises:
        RefusedError: the quantity is not of one limb.
    """
    named, text = (clause.side.value, clause.side.text) if clause.side else ("", "")
    if quantity not in SIDED:
        if named in ("", "both"):
            return "both"
        raise RefusedError(f"This quantity is not measured of one side ('{text}').")
    if named in LIMBS:
        side, limb = LIMBS[named]
        if quantity not in limb:
            raise RefusedError(f"Which limb is the '{text}' one cannot be told from this quantity.")
        return side
    if named:
        return named
    several = clause.part is not None and (clause.part.plural or clause.part.value in ("stance", "grip"))
    return "both" if several and quantity not in ONE_AT_A_TIME else "either"
