"""What users say and name, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from viddiff.core.errors import InputError, UsageError
from viddiff.programs.statements import unfit_reason


def check_text(field: str, text: str) -> str:
    """A text of the user on one line.

    Raises:
        InputError: empty, too long, or holding what must not reach a prompt.
    """
    fault = unfit_reason(text)
    if fault:
        raise InputError(f"The {field} {text[:60]!r} {fault}: say it in a few plain words.")
    return " ".join(text.split())


def check_categories(names: Sequence[str]) -> tuple[str, ...]:
    """The categories, each once.

    Raises:
        InputError: one that cannot be asked. UsageError: there is none.
    """
    if not names:
        raise UsageError("No category is given: name one, or leave --category out.")
    return tuple(dict.fromkeys(check_text("category", name) for name in names))


def check_candidates(paths: Sequence[str | PathLike[str]]) -> None:
    """Raise UsageError where there is nothing to rank."""
    if len(paths) < 2:
        raise UsageError("Ranking needs at least two candidates: give two or more videos, or a folder with them.")
