"""From a statement to a measurement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from viddiff.motion.grammar.clause import Clause
from viddiff.motion.grammar.clause_parser import parse_clause
from viddiff.motion.grammar.content import StatementContent, content_of
from viddiff.motion.grammar.lexer import Setting, kind_of, lex, named_movement, setting_of, words_of
from viddiff.motion.grammar.limbs import check_limb, limb_of, side_of
from viddiff.motion.grammar.moments import moment_of
from viddiff.motion.grammar.movements import Movement
from viddiff.motion.grammar.rules import (
    FROM_THE_GROUND,
    KEPT,
    Rule,
    rule_for,
)
from viddiff.motion.grammar.timing import spec_of, whole_measurement
from viddiff.motion.grammar.tokens import RefusedError, Token
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, NotMeasurable

#: A statement is a sentence; what is longer is not read.
MAX_CHARS = 500
#: Where a repetition ends: where it began.
_BACK = frozenset(("again", "back", "down"))
_IN_SPANS = frozenset(
    ("from", "until", "when", "first", "starts", "begins", "leaves", "tip", "side", "again", "standing")
)
_SPAN_KINDS = frozenset(("filler", "agent", "part", "side", "property", "verb", "preposition", "movement"))
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_REPETITIONS = frozenset(("repetition", "rep"))
_WHEN = frozenset(("on", "in", "at", "during", "for"))
#: Told of all repetitions together.
_OF_THE_CLIP = frozenset(("repetitions", "pauses", "longest_pause", "action_time", "step_count", "symmetry"))
_TIMED = frozenset(("speed", "time"))
_SPEEDS = {"hand": "hand_speed", "arm": "hand_speed", "foot": "foot_speed", "leg": "foot_speed"}
#: What "they" lean, turn and face with.
_OF_AN_AGENT = frozenset(("lean", "turn", "facing", "upright", "sway"))


def measurement_of(statement: str, action: str, stages: Sequence[str] = ()) -> MeasurementSpec | NotMeasurable:
    """What a statement asks to measure, by the grammar alone.

    Every word must be understood. The wording of the action changes nothing: it names the movement whose top and bottom
    are spoken of, and lends its own name.

    Args:
        statement: how the action is done, e.g. "the squat is deeper".
        action: what is done.
        stages: names of the stages of the action, which a statement may name.
    """
    if len(statement) > MAX_CHARS:
        return NotMeasurable(why=f"The statement is longer than {MAX_CHARS} characters.")
    setting = setting_of(action[:MAX_CHARS], stages)
    try:
        words, nth = without_ordinal(without_span(words_of(statement)), set(words_of(action[:MAX_CHARS])))
        # Words that are not known are reported before anything else.
        lex([word for word in words if word not in ("(", ")")], setting)
        readings = [_read(part, setting) for part in _parts(words)]
    except RefusedError as refused:
        return NotMeasurable(why=str(refused))
    if any(reading != readings[0] for reading in readings):
        return NotMeasurable(why="The text in brackets asks for another measurement than the statement.")
    return readings[0] if nth is None else of_repetition(readings[0], nth)


class RepetitionWords(NamedTuple):
    """The words without "on the first repetition", and which one that is; None where none is named, or several are."""

    words: list[str]
    nth: int | None


def without_ordinal(words: list[str], named: Collection[str]) -> RepetitionWords:
    """Words without the repetition that they name.

    Args:
        named: the words of the action: "the second squat" is its second repetition.
    """
    nouns = _REPETITIONS | set(named)
    places = [at for at, word in enumerate(words[:-1]) if word in _ORDINALS and words[at + 1] in nouns]
    if len(places) != 1:
        return RepetitionWords(words, None)
    at = stop = places[0]
    nth = _ORDINALS[words[at]]
    while words[stop + 1 : stop + 2] and words[stop + 1] in nouns:
        stop += 1
    first = at - 1 if at and words[at - 1] == "the" else at
    if first and words[first - 1] in _WHEN:
        # "On the first step out".
        stop += words[stop + 1 : stop + 2] == ["out"]
        return RepetitionWords([*words[: first - 1], *words[stop + 1 :]], nth)
    return RepetitionWords([*words[:at], *words[at + 1 :]], nth)


def of_repetition(spec: MeasurementSpec, nth: int) -> MeasurementSpec | NotMeasurable:
    """The measurement in one repetition only."""
    if spec.to is not None or spec.at.kind in ("start", "end", "stage") or spec.quantity in _OF_THE_CLIP:
        return NotMeasurable(why="The statement does not say what to measure in a single repetition.")
    return spec.model_copy(update={"at": spec.at.model_copy(update={"nth": nth})})


def _parts(words: list[str]) -> list[list[str]]:
    """The statement, and what stands in brackets at its end, which must say the same again."""
    if not words:
        raise RefusedError("The statement has no words.")
    if "(" not in words and ")" not in words:
        return [words]
    start = words.index("(") if "(" in words else 0
    if words.count("(") != 1 or words.count(")") != 1 or words[-1] != ")" or not 0 < start < len(words) - 2:
        raise RefusedError("The brackets are not at the end of the statement.")
    return [words[:start], words[start + 1 : -1]]


def without_span(words: list[str]) -> list[str]:
    """The words without a span that is a whole repetition: "from the first bend until standing again" takes longer."""
    if "from" not in words or "until" not in words[words.index("from") :]:
        return words
    start, until = words.index("from"), words.index("until", words.index("from"))
    stop = next((at for at in range(until, len(words)) if words[at] in _BACK), None)
    if stop is None or words[stop + 1 : stop + 2] not in (["takes"], ["lasts"], ["take"], ["last"]):
        return words
    known = all(word in _IN_SPANS or kind_of(word) in _SPAN_KINDS for word in words[start : stop + 1])
    return [*words[:start], *words[stop + 1 :]] if known else words


def _read(words: Sequence[str], setting: Setting) -> MeasurementSpec:
    tokens = lex(words, setting)
    clause = parse_clause(without_measure(tokens))
    if any(token.value == "thigh angle" for token in tokens):
        clause.goals.append(("measured", "thigh angle"))
    clause.ongoing = setting.ongoing
    movement = movement_of(clause, tokens, setting)
    several = setting.movement is None or setting.movement != movement
    at = moment_of(clause.when[-1], movement, several) if clause.when else None
    content = content_of(clause)
    if not content.compared:
        raise RefusedError("The statement has no direction: say what is more or less.")
    spec = _of_clause(clause, content, at, movement)
    if clause.bare_moment and spec.statistic != "duration":
        raise RefusedError("The statement names a moment, but nothing to measure at it.")
    return spec


def without_measure(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without the goal that is no place ("measured by the angle of the thigh")."""
    return [token for token in tokens if token.value != "thigh angle"]


def movement_of(clause: Clause, tokens: Sequence[Token], setting: Setting) -> Movement | None:
    """The movement that the statement names, else the one of the action."""
    return named_movement(tokens) or setting.movement


def _of_clause(
    clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None
) -> MeasurementSpec:
    part = clause.part.value if clause.part else ""
    name = movement.name if movement else None
    if ("measured", "thigh angle") in content.goals and content.names == {"depth"} and not part:
        highest = Moment(kind="extreme", of="thigh_angle", which="max")
        return spec_of("thigh_angle", content.turn * content.signs["depth"], highest)
    if not part and clause.agent and content.names & _OF_AN_AGENT:
        part = "body"
    if part in ("hip", "body") and content.names == {"depth"}:
        content.signs = {"height": -content.signs["depth"]}
    place = next(((way, where) for way, where in content.goals if where.startswith("picture")), None)
    if place is not None:
        return place_in_picture(part, clause, content, at, place[1])
    if part == "load" and movement is not None and movement.marker != "hand_height":
        raise RefusedError("A weight is measured only where the hands lift it.")
    properties = content.names - _TIMED
    if not part or (part in ("load", "body") and not (properties and rule_for(part, properties, content.goals, name))):
        return whole_measurement(clause, content, at, movement)
    if clause.movement is not None:
        raise RefusedError(f"'{clause.movement.text}' does not fit into the rest of the statement.")
    return _of_part(part, clause, content, at, movement)


def place_in_picture(
    part: str, clause: Clause, content: StatementContent, at: Moment | None, goal: str
) -> MeasurementSpec:
    """Where in the picture somebody is."""
    if (
        part not in ("", "body")
        or clause.movement is not None
        or content.names
        or len(content.goals) > 1
        or not clause.degrees
    ):
        raise RefusedError("The position in the picture is measured of the whole person only.")
    return spec_of("body_x", content.turn * (1 if goal.endswith("right") else -1), at)


def _of_part(
    part: str, clause: Clause, content: StatementContent, at: Moment | None, movement: Movement | None
) -> MeasurementSpec:
    """The measurement of what is said of a part of the body."""
    timed = content.names & _TIMED
    if timed == {"speed"} and content.names == timed and part in _SPEEDS:
        if content.goals or at not in (None, Moment()):
            raise RefusedError("A speed is measured over the action, not at a moment.")
        side = side_of(clause, _SPEEDS[part])
        return spec_of(_SPEEDS[part], content.turn * content.signs["speed"], side=side)
    if part == "hand" and not content.names and [way for way, _ in content.goals] == ["at"]:
        # A hand that rests on something is close to it.
        content.signs, content.goals = {"close": 1}, [("to", content.goals[0][1])]
    rule = rule_for(part, content.names, content.goals, movement.name if movement else None)
    if rule is None and timed:
        rule = rule_for(part, content.names - timed, content.goals, movement.name if movement else None)
        if rule is None or rule.span or len(timed) > 1:
            raise RefusedError(no_quantity_reason(clause, content))
        return speed_of_part(clause, content, rule, at)
    if rule is None:
        raise RefusedError(no_quantity_reason(clause, content))
    if "land" in clause.verbs and rule.quantity != "stance_width":
        raise RefusedError("The moment of landing is not known.")
    if content.from_the_ground and rule.by == "height" and rule.quantity not in FROM_THE_GROUND:
        raise RefusedError(
            f"The height of the {clause.part.text if clause.part else 'body'} above the floor is not measured."
        )
    if movement is not None and movement.name == "deadlift" and rule.quantity == "hand_height":
        raise RefusedError("With hanging arms the height of the hands says no more than that of the shoulders.")
    check_limb(clause, content)
    at = None if at == Moment() else at
    side = limb_of(clause, content, rule, at)
    sign = rule.sign * content.signs[rule.by] * content.turn
    if rule.span:
        return spec_of(rule.quantity, sign, at, "range", side=side)
    return spec_of(rule.quantity, sign, at or default_moment(rule, content, side, movement), side=side)


def default_moment(rule: Rule, content: StatementContent, side: str, movement: Movement | None) -> Moment:
    """When a statement without a moment is read: at its own extreme, where the movement leads, or all along.

    Raises:
        RefusedError: "the knees are straighter" may be said of both ends of a squat.
    """
    towards = rule.sign * content.signs[rule.by]
    if rule.at_max_of is not None:
        return moment("extreme", rule.at_max_of, "both", "max")
    if rule.quantity in KEPT:
        return Moment()
    if content.motion or rule.peak:
        which = rule.peak if rule.peak and not content.motion else ("max" if towards > 0 else "min")
        return moment("extreme", rule.quantity, side, which)
    if movement is None or rule.quantity not in movement.at_telling:
        return Moment()
    if rule.by == "bend" and content.signs["bend"] < 0:
        raise RefusedError(f"The statement does not say when in the {movement.name}.")
    return movement.extreme(movement.telling)


def speed_of_part(clause: Clause, content: StatementContent, rule: Rule, at: Moment | None) -> MeasurementSpec:
    """How fast a part goes to where it is said to go ("the arms are raised faster"), or how long it is held there."""
    side = side_of(clause, rule.quantity)
    upwards = rule.sign * content.signs[rule.by] > 0
    which = "max" if upwards else "min"
    if "time" in content.signs:
        own = at is None or (at.kind, at.of, at.which) == ("extreme", rule.quantity, which)
        if not (own and clause.verbs & {"hold", "keep"}):
            raise RefusedError("The statement does not say what is long.")
        at_rest = moment("hold", rule.quantity, side, which)
        return spec_of(rule.quantity, content.turn * content.signs["time"], at_rest, "duration", side=side)
    if not content.motion or at is not None:
        raise RefusedError("The statement does not say what is fast.")
    way = moment("rise" if upwards else "fall", rule.quantity, side)
    return spec_of(rule.quantity, content.turn * content.signs["speed"], way, "speed", side=side)


def moment(kind: str, of: str, side: str, which: str = "max") -> Moment:
    """A moment that a quantity marks."""
    return Moment.model_validate({"kind": kind, "of": of, "which": which, "side": side})


def no_quantity_reason(clause: Clause, content: StatementContent) -> str:
    """Why no quantity fits."""
    part = clause.part.text if clause.part else "body"
    if not content.names and not content.goals:
        return f"The statement does not say what to measure of the {part}."
    if content.goals:
        return f"No quantity measures this of the {part} relative to the {content.goals[0][1]}."
    return f"No quantity measures this of the {part}."
