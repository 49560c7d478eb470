"""One family of errors, an exit code each.

A message is one sentence for the person at the keyboard: what is wrong (the value with ``!r``), where, and what to do.
Everything else that escapes is a bug and shows a traceback only under ``--debug``.
"""

from __future__ import annotations

from typing import ClassVar

from viddiff.core.secrets import redact

EXIT_OK = 0
EXIT_FAILURES = 1
EXIT_INTERRUPTED = 130


class VidDiffError(Exception):
    """Base of all errors that VidDiff raises on purpose."""

    exit_code: ClassVar[int] = EXIT_FAILURES

    def __init__(self, message: str = "") -> None:
        super().__init__(redact(message))


class UsageError(VidDiffError):
    """A setting, option or argument that cannot be (exit code 2)."""

    exit_code = 2


class InputError(VidDiffError):
    """A video, statement or document that cannot be used (exit code 3)."""

    exit_code = 3


class BackendError(VidDiffError):
    """A model, its credentials or its weights are not available (exit code 4)."""

    exit_code = 4


class BudgetError(VidDiffError):
    """The spending limit was reached before the work was done (exit code 5)."""

    exit_code = 5


def first_line(error: BaseException) -> str:
    """The first line of an error's text without a full stop, to be set into a sentence; else the error's name.

    >>> first_line(ValueError("No such tag.\\nSee the list.")), first_line(ValueError())
    ('No such tag', 'ValueError')
    """
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
