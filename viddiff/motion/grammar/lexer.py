"""From a statement to typed tokens; a word that is not known ends the reading with its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from viddiff.motion.grammar.lexicon import ENTRIES, LONGEST, SIDES
from viddiff.motion.grammar.movements import MOVEMENTS, NAMES, PHRASES, PLAIN_NAMES, Movement
from viddiff.motion.grammar.tokens import RefusedError, Token

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s]|_")
_PAUSES = frozenset(",.!:\"'")
_LIMBS = frozenset(
    ("foot", "ankle", "heel", "knee", "leg", "thigh", "shin", "hip", "arm", "upper arm", "elbow", "forearm", "hand")
) | {"shoulder"}
_LEADS = frozenset(("the", "their", "his", "her", "its", "a"))
#: After these comes what an action is done with or where.
_TAIL = re.compile(r"\b(?:with|on|in|at|from|of|to|for|against|under|using|while|without)\b.*")
_SEVERAL = re.compile(r"\b(?:and|then|or)\b|[,;/]")

_ONGOING = ("walk", "run", "jog", "swim", "danc", "cycl", "biking", "skip", "juggl", "row", "climb", "march", "spin")

Names = Mapping[tuple[str, ...], Token]


@dataclass(frozen=True)
class Setting:
    """What the action adds to the lexicon: its own name and those of its stages, and which known movement it is.

    Attributes:
        ongoing: whether it goes on and on (walking), so that its length tells no pace.
    """

    names: Names
    stages: Names
    movement: Movement | None
    ongoing: bool


def words_of(text: str) -> list[str]:
    """The words and signs of a text in lower case; hyphens part words, and "shooter's" is "shooter"."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    matches = _WORD.findall(re.sub(r"[-\u2010-\u2015]", " ", plain))
    words = [re.sub(r"'s?$", "", word) if len(word) > 1 else word for word in matches]
    return [word for word in words if word not in _PAUSES]


def setting_of(action: str, stages: Iterable[str] = ()) -> Setting:
    """What an action and its stages add to the lexicon.

    The known movement is the only one that the action names, in whatever words: "squat", "a man does bodyweight
    squats". An action that names several has none.
    """
    words = words_of(action)
    spans = dict.fromkeys(PHRASES[found] for found in _spans(words, PHRASES))
    parts = {name for span in spans for name in span.holds}
    outer = [span for span in spans if span.name not in parts]
    movement = outer[0] if len(outer) == 1 else None
    named = {tuple(words_of(stage)): Token("stage", stage) for stage in stages}
    names: dict[tuple[str, ...], Token] = {}
    for phrase in _phrases(action):
        movements = {NAMES[found].name for found in _spans(phrase, NAMES)}
        value = movements.pop() if len(movements) == 1 else "action"
        names.setdefault(phrase, Token("movement", value))
        names.setdefault((*phrase[:-1], phrase[-1] + "s"), Token("movement", value, plural=True))
    ongoing = any(word.startswith(_ONGOING) for word in words)
    return Setting(names, {phrase: token for phrase, token in named.items() if phrase}, movement, ongoing)


def _phrases(action: str) -> Iterator[tuple[str, ...]]:
    """The noun of an action in the singular, and its last word where that names a doing ("soccer juggling")."""
    if _SEVERAL.search(action.casefold()):
        return
    words = words_of(_TAIL.sub("", action.casefold()))
    while words and (
        ENTRIES.get((words[0],), Token("part")).kind in ("filler", "agent", "verb") or words[0] == "doing"
    ):
        words = words[1:]
    # "kick the ball": what follows an article is what it is done to.
    words = words[: next((i for i, word in enumerate(words) if word in ("a", "an", "the")), len(words))]
    if not 0 < len(words) <= 4:
        return
    last = words[-1]
    if last.endswith("s") and not last.endswith("ss"):
        words[-1] = last[:-1]
    if tuple(words) not in ENTRIES:
        yield tuple(words)
    if words[-1].endswith("ing") and (words[-1],) not in ENTRIES:
        yield (words[-1],)


def _spans(words: Sequence[str], names: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The names that stand in a text, the longest first at each place."""
    name_set, start = set(names), 0
    while start < len(words):
        span = next(
            (tuple(words[start : start + n]) for n in (4, 3, 2, 1) if tuple(words[start : start + n]) in name_set), ()
        )
        if span:
            yield span
        start += len(span) or 1


def lex(words: Sequence[str], setting: Setting) -> list[Token]:
    """The tokens of a statement.

    Raises:
        RefusedError: words that are not known, by name.
    """
    tokens: list[Token] = []
    unknown: list[str] = []
    longest = max([LONGEST, *map(len, setting.names), *map(len, setting.stages)])
    at = 0
    while at < len(words):
        kind = next((token.kind for token in reversed(tokens) if token.kind != "filler"), "")
        in_time = kind in ("preposition", "link")
        phrase, token = _token(words, at, setting, longest, in_time)
        at += len(phrase)
        if token is None:
            unknown += phrase
        else:
            tokens.append(replace(token, text=" ".join(phrase)))
    if unknown:
        unread = [word for word in dict.fromkeys(unknown) if word[0].isalnum()] or unknown
        unknown_words = ", ".join(repr(word[:40]) for word in unread[:3])
        raise RefusedError(f"The grammar does not know {unknown_words}.")
    return tokens


def _token(
    words: Sequence[str], at: int, setting: Setting, longest: int, in_time: bool
) -> tuple[tuple[str, ...], Token | None]:
    """The longest phrase that is known here; a stage only where a time can stand ("during the recovery")."""
    side = _side(words, at)
    if side is not None:
        return side
    noun = setting.movement.noun if setting.movement else ""
    if at > 0 and words[at - 1] in ("the", "each", "every") and words[at] == noun:
        return (noun,), Token("movement", setting.movement.name if setting.movement else "")
    for n in range(min(longest, len(words) - at), 0, -1):
        phrase = tuple(words[at : at + n])
        token = ENTRIES.get(phrase) or setting.names.get(phrase) or _movement(phrase)
        token = token or (setting.stages.get(phrase) if in_time else None)
        if token is not None:
            return phrase, token
    return (words[at],), None


def _movement(phrase: tuple[str, ...]) -> Token | None:
    if phrase in NAMES:
        return Token("movement", NAMES[phrase].name, plural=phrase[-1].endswith("s") and phrase[-1] != "press")
    return _PLAIN.get(phrase)


_PLAIN: dict[tuple[str, ...], Token] = {
    (word,): Token("movement", value, plural=word.endswith("s"))
    for value, words in PLAIN_NAMES.items()
    for word in words.split(", ")
}


def _side(words: Sequence[str], at: int) -> tuple[tuple[str, ...], Token] | None:
    """A limb named by what it does ("the raised leg"), or the back: "the back is bent" is no direction."""
    led = at > 0 and words[at - 1] in _LEADS
    for n in (2, 1):
        phrase = tuple(words[at : at + n])
        after = ENTRIES.get(tuple(words[at + n : at + n + 2])) or ENTRIES.get(tuple(words[at + n : at + n + 1]))
        limb = after is not None and after.kind == "part" and after.value in _LIMBS
        token = SIDES.get(" ".join(phrase))
        if token and limb and (led or token.value in ("left", "right", "both", "near")):
            return phrase, token
        if n == 1 and phrase == ("back",) and led:
            return phrase, Token("part", "back")
    return None


def named_movement(tokens: Iterable[Token]) -> Movement | None:
    """The only known movement that a statement itself names."""
    named = {token.value for token in tokens if token.kind == "movement" and token.value in MOVEMENTS}
    return MOVEMENTS[named.pop()] if len(named) == 1 else None


def kind_of(word: str) -> str:
    """The kind that a word has by itself; empty where it is not known."""
    token = ENTRIES.get((word,)) or _movement((word,))
    return token.kind if token else ""
