"""Answers that hold one entry for each of several statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

import dspy

from viddiff.lms.retry import AnswerCheck

#: Of an entry that is not there.
LEFT_OUT = "The model left this entry out, or answered it more than once."


class Keyed(Protocol):
    """An entry that names its statement."""

    key: str


Entry = TypeVar("Entry", bound=Keyed)


class NumberedStatements(NamedTuple):
    """Statements as they are put to a model: number -> key of the caller, and number -> statement."""

    keys: dict[str, str]
    statements: dict[str, str]


def number_statements(statements: Mapping[str, str]) -> NumberedStatements:
    """Statements by number: the keys of the caller may be anything; numbers cannot be mistaken."""
    keys = {str(number): key for number, key in enumerate(statements, 1)}
    return NumberedStatements(keys, dict(zip(keys, statements.values(), strict=True)))


def entries_by_key(entries: Sequence[Entry], keys: Iterable[str]) -> dict[str, Entry]:
    """Key -> its entry; a key without one, or with several, has none."""
    times = Counter(entry.key for entry in entries)
    expected = set(keys)
    return {entry.key: entry for entry in entries if entry.key in expected and times[entry.key] == 1}


def completeness_check(field: str, keys: Iterable[str]) -> AnswerCheck:
    """A check of answers: the output field ``field`` is to have one entry for each key.

    An answer that leaves a statement out is asked for again and never kept as the answer to later runs.
    """
    expected = set(keys)

    def check(prediction: dspy.Prediction) -> str | None:
        left_out = expected - entries_by_key(prediction[field], expected).keys()
        return f"no entry, or several, for {', '.join(sorted(left_out))}" if left_out else None

    return check
