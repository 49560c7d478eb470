"""What a statement asks for, if it asks for something that can be measured without a model.

Every word of a statement must be understood, and together they must name one quantity and one direction: "the squat is
slower" does; "the knees move slower", "the squat is slower on the way down" do not, because an outline tells no limbs
apart and no parts of a movement. What is not understood is not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["pace", "duration", "count", "pause", "pauses", "lowering"]


@dataclass(frozen=True)
class Meaning:
    """A measurable statement: it is more true where ``sign`` times the quantity is greater; "pace" is speed."""

    kind: Kind
    sign: Literal[1, -1]


@dataclass(frozen=True)
class Unclear:
    """Why a statement cannot be measured, in a sentence."""

    reason: str


#: Statements of the open mode, each the greater one of its kind.
STATEMENTS: dict[Kind, tuple[str, str]] = {
    "pace": ("faster repetitions", "the repetitions are faster"),
    "duration": ("longer action", "the action takes longer"),
    "count": ("more repetitions", "more repetitions are completed"),
    "pause": ("longer pause", "the pause is longer"),
    "pauses": ("more pauses", "there are more pauses"),
    "lowering": ("lower body", "the body gets lower"),
}

#: Words by class; "+" and "-" at the end of a class are its direction.
_WORDS = {
    "": "the a an is are was were be been being has have had with of at in by it there overall whole entire full "
    "each every clip video recording "
    "complete completely total all out",
    "agent": "they he she person performer athlete player subject body figure",
    "action": "action motion movement exercise activity performance sequence",
    "do": "move moves moving moved do does done perform performs performed complete completes completed execute "
    "executed carried made make makes go goes going",
    "fast+": "faster fast quicker quick quickly rapid rapidly speedier",
    "fast-": "slower slow slowly",
    "pace": "speed pace tempo cadence",
    "degree+": "more higher greater larger bigger increased",
    "degree-": "less lower smaller reduced",
    "long+": "longer long",
    "long-": "shorter short briefer brief",
    "time": "time duration",
    "last": "take takes took taking last lasts lasting",
    "pause": "pause pauses paused pausing",
    "no-": "no without",
    "often": "often frequently",
    "deep+": "deeper deep",
    "deep-": "shallower shallow",
}
_CLASS_OF = {word: name for name, words in _WORDS.items() for word in words.split()}

#: Phrases that mean something only together, read before the words; "@one" and "@many" stand for the action's noun.
_PHRASES = (
    (r"repetitions|reps", "#reps"),
    (r"repetition|rep", "#rep"),
    (r"(?:the )?(?:number|count) of (?:#reps|@many) (?:is|are) (?:higher|greater|larger)", "#count+"),
    (r"(?:the )?(?:number|count) of (?:#reps|@many) (?:is|are) (?:lower|smaller)", "#count-"),
    (r"(?:a )?(?:higher|greater|larger) number of (?:#reps|@many)|more (?:#reps|@many)", "#count+"),
    (r"(?:a )?(?:lower|smaller) number of (?:#reps|@many)|(?:fewer|less) (?:#reps|@many)", "#count-"),
    (r"(?:the )?number of pauses is (?:higher|greater|larger)|more pauses", "#pauses+"),
    (r"(?:the )?number of pauses is (?:lower|smaller)|(?:fewer|less) pauses", "#pauses-"),
    (
        r"(?:gets?|goes|sinks?|drops?|comes|moves?|dips?) (?:down )?(?:lower|further down)",
        "#low+",
    ),
)


@dataclass(frozen=True)
class _Rule:
    """A kind of statement: the classes it must have, those it may have, and the direction they give it."""

    kind: Kind
    must: frozenset[str]
    may: frozenset[str] = frozenset()
    turn: Literal[1, -1] = 1


def _rule(kind: Kind, must: str, may: str = "", turn: Literal[1, -1] = 1) -> _Rule:
    return _Rule(kind, frozenset(must.split()), frozenset(may.split()), turn)


_RULES = (
    _rule("pace", "fast", "pace degree action agent do one many reps rep"),
    _rule("pace", "pace degree", "action one many reps rep"),
    # One squat, or the repetitions, taking longer is a slower pace; the action taking longer is its duration.
    _rule("pace", "last long one", "time do", -1),
    _rule("pace", "last degree time one", "do", -1),
    _rule("pace", "last long reps", "time do", -1),
    _rule("pace", "last long rep", "time do", -1),
    _rule("pace", "last degree time reps", "do", -1),
    _rule("pace", "last degree time rep", "do", -1),
    _rule("duration", "last long", "time action agent do"),
    _rule("duration", "last degree time", "action agent do"),
    _rule("duration", "long time", "action"),
    _rule("duration", "degree time action"),
    _rule("count", "count", "agent do"),
    _rule("pause", "pause", "agent no"),
    _rule("pause", "pause long", "agent last"),
    _rule("pauses", "pauses", "agent do"),
    _rule("pauses", "pause often degree", "agent"),
    _rule("lowering", "deep", "one many action agent do degree"),
    _rule("lowering", "low", "one agent"),
)

_CANNOT = "Without a model only times and the outline of the moving figure are measured; "


def meaning_of(statement: str, action: str) -> Meaning | Unclear:
    """What ``statement`` asks for, if it can be measured; ``action`` tells the noun of the action ("squat")."""
    words = _classes(_with_nouns(" ".join(re.findall(r"[a-z']+|[^a-z'\s-]", statement.casefold())), action))
    unknown = [word for word, name in words if name is None]
    if unknown:
        told = [word for word in dict.fromkeys(unknown) if word[0].isalpha()] or unknown
        return Unclear(f"{_CANNOT}they do not tell about {', '.join(repr(word) for word in told[:3])}.")
    names = [name for _, name in words if name]
    kinds = {name.rstrip("+-") for name in names}
    signed = [name for name in names if name[-1] in "+-"]
    # "faster, slower" is two directions; "less slow" is one.
    twice = len({name.rstrip("+-") for name in signed}) < len(signed)
    for rule in _RULES:
        if not twice and rule.must <= kinds <= rule.must | rule.may:
            negative = sum(name.endswith("-") for name in signed) % 2 == 1
            return Meaning(rule.kind, 1 if (rule.turn == 1) != negative else -1)
    return Unclear(f"{_CANNOT}the statement does not name one of these quantities and one direction.")


def _classes(text: str) -> list[tuple[str, str | None]]:
    """Words and their classes without fillers; None for a word that is not known."""
    # A part of the body, not a low body.
    text = re.sub(r"\b(lower|upper) (body|half|part|limbs?)\b", r"\1-\2", text)
    for pattern, token in _PHRASES:
        text = re.sub(rf"(?<![\w@#])(?:{pattern})(?!\w)", token, text)
    found: list[tuple[str, str | None]] = []
    for word in text.rstrip(" .!").split():
        name = word[1:] if word[0] in "#@" else _CLASS_OF.get(word)
        if name != "":
            found.append((word, name))
    return found


def _with_nouns(text: str, action: str) -> str:
    """``text`` with the noun of the action as "@one" or "@many"."""
    noun = noun_of(action)
    if noun is None:
        return text
    *first, last = noun
    # The noun may stand without what describes it: "squat" for "bodyweight squat".
    phrases = [" ".join([*first[i:], last]) for i in range(len(first) + 1) if [*first[i:], last][0] not in _PARTICLES]
    for phrase in phrases:
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?:s|es)(?!\w)", "@many", text)
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", "@one", text)
    return text


_PARTICLES = frozenset(("up", "down", "in", "out", "off", "on", "over", "back"))
#: After these comes what the action is done with or where; with the others there are several actions.
_TAILS = re.compile(r"\b(?:with|on|in|at|from|of|to|for|against|under|using|while)\b.*")
_SEVERAL = re.compile(r"\b(?:and|then|or)\b|[,;/]")


def noun_of(action: str) -> list[str] | None:
    """The words of the action's noun in the singular ("bodyweight squats" -> bodyweight, squat); None if several."""
    text = action.casefold().strip(" .")
    if _SEVERAL.search(text):
        return None
    words = [word for word in re.findall(r"[a-z]+", _TAILS.sub("", text)) if word not in ("a", "an", "the")]
    if not words or len(words) > 4:
        return None
    last = words[-1]
    if last.endswith("s") and not last.endswith("ss"):
        last = last[:-1]
    return None if last in _CLASS_OF else [*words[:-1], last]
