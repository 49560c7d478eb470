"""Statements from users, data sets and models, checked before they are shown to a model.

A statement tells how an action is done and never names a video; it is data, so it must not hold what dspy would expand
into an image (DSPy renders a custom type as marked text and splits on the marks).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from viddiff.core.errors import InputError
from viddiff.core.notices import Notice, WithNotices
from viddiff.core.texts import MARKER
from viddiff.core.types import Difference

MAX_CHARS = 500
#: Code of the notice of a proposed difference that cannot be asked.
LEFT_OUT = "left_out"

#: "video A", "clip 2", "the second video", "in the first clip": whatever the case.
_VIDEO = re.compile(
    r"""\b(?:
        (?:video|clip|footage|recording)s?\s*['"(]?\s*(?:a|b|one|two|1|2)\b
      | (?:first|second|other|left|right|former|latter|one|either|both|this|that)\s+(?:video|footage|recording)s?\b
      | (?:in|of|from|than)\s+(?:the\s+)?(?:first|second|other|former|latter|both)\s+clips?\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
#: "higher than in B"; "in A minor" is music.
_LETTER = re.compile(r"\b(?:in|than|from)\s+[AB]\b(?![-\s](?:major|minor|flat|sharp|\w*frame))")


def names_a_video(statement: str) -> bool:
    """Whether a statement speaks of one of the two videos ("video A", "the second clip", "higher than in B")."""
    return bool(_VIDEO.search(statement) or _LETTER.search(statement))


def unfit_reason(text: str) -> str | None:
    """Why a text must not reach a prompt, or None."""
    if not text.strip():
        return "is empty"
    if MARKER in text:
        return f"holds the marker {MARKER!r}, which would be read as an image"
    if len(text) > MAX_CHARS:
        return f"is longer than {MAX_CHARS} characters"
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n" for char in text):
        return "holds control characters"
    return None


def fault_in(statement: str) -> str | None:
    """Why a statement cannot be asked, or None."""
    named = "names a video; say how the action is done, e.g. 'the jump is higher'"
    return unfit_reason(statement) or (named if names_a_video(statement) else None)


def check_action(action: str) -> str:
    """The action text, stripped.

    Raises:
        InputError: empty, too long, or holding what must not reach a prompt.
    """
    fault = unfit_reason(action)
    if fault:
        raise InputError(f"The action {action[:60]!r} {fault}: say what is done, e.g. 'bodyweight squat'.")
    return " ".join(action.split())


def parse_differences(statements: Iterable[str | Difference]) -> tuple[Difference, ...]:
    """Statements of a user as differences, checked; keys "0", "1", ... where none are given.

    Raises:
        InputError: a statement that cannot be asked, or one given twice.
    """
    differences: list[Difference] = []
    for index, statement in enumerate(statements):
        difference = statement if isinstance(statement, Difference) else difference_of(statement, str(index))
        fault = fault_in(difference.statement)
        if fault:
            raise InputError(f"Difference {index + 1}, {difference.statement[:60]!r}, {fault}.")
        differences.append(difference)
    for name, values in (("key", [d.key for d in differences]), ("statement", [d.statement for d in differences])):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise InputError(f"The {name} {twice[0]!r} is given twice: give each difference once.")
    return tuple(differences)


def difference_of(statement: str, key: str) -> Difference:
    """A bare statement as a difference, named by its own words."""
    words = " ".join(statement.split())
    return Difference(key=key, name=words if len(words) <= 40 else words[:39] + "…", statement=words)


def filter_differences(proposed: Sequence[Difference]) -> WithNotices[tuple[Difference, ...]]:
    """The proposed differences that can be asked, and a notice for each that was left out."""
    usable: dict[str, Difference] = {}
    notices: list[str] = []
    for difference in proposed:
        fault = fault_in(difference.statement)
        if fault is None and difference.statement.casefold() in usable:
            fault = "was proposed twice"
        if fault:
            notices.append(
                Notice(LEFT_OUT, f"A proposed difference was left out: {difference.statement[:60]!r} {fault}.")
            )
        else:
            usable[difference.statement.casefold()] = difference
    return WithNotices(tuple(usable.values()), tuple(notices))
