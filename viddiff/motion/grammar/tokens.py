"""Words and phrases of a statement, typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: "property": what is said of a part ("bent", "higher"); "degree": how much of it ("more", "less"); "place": a moment
#: by where the body is ("top"); "phase": a moment by what it does ("descent"); "link": opens a clause of time
#: ("while"); "bar": what no measurement of one thing in one video can hold ("than", "first").
TokenKind = Literal[
    "filler",
    "agent",
    "part",
    "side",
    "degree",
    "property",
    "verb",
    "preposition",
    "link",
    "place",
    "phase",
    "goal",
    "movement",
    "each",
    "stage",
    "not",
    "bar",
]
#: "comparative": higher; "state": bent, and nouns that name no amount; "motion": bends; "amount": angle, speed, number.
Form = Literal["comparative", "state", "motion", "amount"]


@dataclass(frozen=True)
class Token:
    """One word or phrase.

    Attributes:
        value: what it stands for, in the words of the lexicon ("torso" -> "trunk").
        sign: of properties and degrees: +1 or -1 ("lower" is the property "height", -1).
        plural: of parts and movements.
        text: as written.
    """

    kind: TokenKind
    value: str = ""
    sign: int = 1
    form: Form = "state"
    plural: bool = False
    text: str = ""


class RefusedError(Exception):
    """Why a statement is not understood; never leaves the package of the grammar."""
