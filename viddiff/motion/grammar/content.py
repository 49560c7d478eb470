"""What a clause says: its properties brought to one form, with one direction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from viddiff.motion.grammar.clause import Clause
from viddiff.motion.grammar.tokens import RefusedError, Token

#: Comparatives that say how much of an amount there is ("a higher speed", "a shorter distance", "a wider range").
_OF_AMOUNTS = frozenset(("height", "time", "spread"))
_BODY = frozenset(("body", "trunk"))
_ARM = frozenset(("hand", "arm", "upper arm", "elbow", "forearm"))
_RAISED = frozenset(("hand", "arm", "load", "elbow"))


@dataclass
class StatementContent:
    """Properties by name with their sign, and which way the statement turns them.

    Attributes:
        turn: -1 where "less" or "not" turns the direction round.
        motion: whether it speaks of a movement to an extreme ("raised", "gets lower") rather than of a state.
        compared: whether it has a direction at all; "the knee angle" has none.
        goals: (preposition, goal) that no property took up.
        from_the_ground: whether a height is said by how far it is from the floor alone.
    """

    signs: dict[str, int]
    turn: int
    motion: bool
    compared: bool
    goals: list[tuple[str, str]] = field(default_factory=list)
    from_the_ground: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Names of the properties."""
        return frozenset(self.signs)


def content_of(clause: Clause) -> StatementContent:
    """What the clause says.

    Raises:
        RefusedError: two directions, or a negation that has no plain meaning.
    """
    properties, degrees = split_amounts(clause.properties, [token.sign for token in clause.degrees])
    comparative = any(token.form == "comparative" for token in properties)
    if len(set(degrees)) > 1 or degrees.count(-1) > 1 or (comparative and -1 in degrees):
        raise RefusedError("The statement has more than one direction.")
    if clause.negations > 1 or (clause.negations and (comparative or degrees)):
        raise RefusedError("With this negation the statement has no direction.")
    content = StatementContent(
        signs=merge_signs(properties),
        turn=-1 if clause.negations or -1 in degrees else 1,
        motion=bool(clause.verbs & {"go", "land"}) or any(token.form == "motion" for token in properties),
        compared=False,
        goals=list(clause.goals),
    )
    simplify(content, clause.part.value if clause.part else "", bool(degrees))
    lower = any(token.value == "height" and token.form == "comparative" for token in properties)
    content.from_the_ground = not lower and any(where == "ground" for _, where in clause.goals)
    amounts = {token.value for token in properties if token.form == "amount"}
    directed = any(token.form != "amount" for token in properties)
    content.compared = bool(degrees) or directed or bool(content.names - amounts) or bool(content.goals)
    return content


class SplitAmounts(NamedTuple):
    """Properties, and degrees (signs) with those of amounts among them."""

    properties: list[Token]
    degrees: list[int]


def split_amounts(properties: Iterable[Token], degrees: list[int]) -> SplitAmounts:
    """Properties and degrees, with what says how much of an amount there is among the degrees."""
    properties = list(properties)
    amounts = {token.value for token in properties if token.form == "amount"}
    tokens_left = []
    for token in properties:
        of_amount = amounts and token.value in _OF_AMOUNTS - amounts and token.form in ("comparative", "state")
        if of_amount and token.text != "height":
            degrees = [*degrees, token.sign]
        else:
            tokens_left.append(token)
    return SplitAmounts(tokens_left, degrees)


def merge_signs(properties: Iterable[Token]) -> dict[str, int]:
    """Name of each property -> its sign; an amount ("speed") has the sign of what is said of it ("slower")."""
    signs: dict[str, int] = {}
    amounts = {token.value for token in properties if token.form == "amount"}
    for token in properties:
        if token.form == "amount" or signs.setdefault(token.value, token.sign) == token.sign:
            continue
        raise RefusedError(f"'{token.text}' contradicts the rest of the statement.")
    return {**dict.fromkeys(sorted(amounts), 1), **signs}


def simplify(content: StatementContent, part: str, degree: bool) -> None:
    """Bring what means the same to the same properties."""
    signs = content.signs
    if "facing" in signs:
        rename_property(signs, "facing", "turn", 1)
    if "up" in signs and part not in ("chest", "head"):
        rename_property(signs, "up", "height", 1)
    if "dip" in signs and "forward" not in signs:
        rename_property(signs, "dip", "height", -1)
    elif "dip" in signs:
        del signs["dip"]
        signs["lean"] = 1
    if "sag" in signs and signs.get("height") == -1:
        del signs["height"]
    if signs.get("close") == 1 and signs.get("spread") == -1:
        del signs["close"]
    content.goals = [goal for goal in content.goals if not is_taken_up(goal, content, part, degree)]
    if part in _ARM and signs.get("bend") == -1 and signs.get("forward") == 1:
        # Stretched out forward: how far forward.
        del signs["bend"]


def rename_property(signs: dict[str, int], old: str, name: str, sign: int) -> None:
    """Rename a property to another with that sign."""
    del signs[old]
    if signs.setdefault(name, sign) != sign:
        raise RefusedError("The statement has more than one direction.")


def is_taken_up(goal: tuple[str, str], content: StatementContent, part: str, degree: bool) -> bool:
    """Whether a goal only says again, or says by a place, what a property says; then the property has it."""
    preposition, where = goal
    signs = content.signs
    if where == "ground":
        return to_ground(preposition, signs)
    if where == "others":
        return signs.get("spread") == -1 or away_from_each_other(preposition, signs, degree)
    if where == "camera":
        return "sideways" in signs and preposition == "to"
    if where in _BODY and part in _ARM and "height" in signs and preposition in ("from", "at"):
        return True
    if preposition == "of" and where == "foot":
        # "The hips sink between the feet."
        return part == "hip" and "height" in signs
    if preposition == "from" and degree and not signs:
        signs["close"] = -1
        return False
    return by_place(preposition, where, part, signs)


def by_place(preposition: str, where: str, part: str, signs: dict[str, int]) -> bool:
    """In front of the body is forward, over the head is high."""
    if preposition == "front" and where in _BODY:
        return signs.setdefault("forward", 1) == 1
    if preposition == "over" and part == "knee" and where in ("toe", "foot"):
        return signs.setdefault("forward", 1) == 1
    if (where == "shoulder" and part in _RAISED) or (where == "head" and part in _RAISED - {"elbow"}):
        if preposition == "relative":
            return "height" in signs
        sign = {"over": 1, "under": -1}.get(preposition)
        return sign is not None and signs.setdefault("height", sign) == sign
    return False


def to_ground(preposition: str, signs: dict[str, int]) -> bool:
    """Towards the floor is down, off it is up."""
    if preposition == "to" and signs.get("close") == 1:
        rename_property(signs, "close", "height", -1)
    elif preposition == "from" and signs.get("close") == -1:
        rename_property(signs, "close", "height", 1)
    elif preposition in ("from", "over"):
        signs.setdefault("height", 1)
    elif preposition != "to" or not ({"sag", "height"} & signs.keys()):
        return False
    return True


def away_from_each_other(preposition: str, signs: dict[str, int], degree: bool) -> bool:
    """Whether it says how far two are apart."""
    if signs.get("close") is not None:
        rename_property(signs, "close", "spread", signs["close"] * -1)
    elif preposition == "from" and degree:
        signs.setdefault("spread", 1)
    else:
        return False
    return True
