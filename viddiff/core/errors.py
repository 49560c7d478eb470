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
    """Base of all errors that VidDiff raises on purpose.

    >>> VidDiffError("The key sk-abcdefghijklmnopqrstuvwx was refused.").args
    ('The key [secret] was refused.',)
    """

    exit_code: ClassVar[int] = EXIT_FAILURES

    def __init__(self, message: str = "") -> None:
        super().__init__(redact(message))


class UsageError(VidDiffError):
    """A setting, option or argument that cannot be (exit code 2).

    >>> import viddiff
    >>> viddiff.load_settings(start_a=3, stop_a=2)
    Traceback (most recent call last):
    viddiff.core.errors.UsageError: --start-a 3 is not before --stop-a 2: swap them.
    """

    exit_code = 2


class InputError(VidDiffError):
    """A video, statement or document that cannot be used (exit code 3).

    >>> import viddiff
    >>> viddiff.compare("gone.mp4", "b.mp4", action="squat")
    Traceback (most recent call last):
    viddiff.core.errors.InputError: There is no file 'gone.mp4': check the path (links are not downloaded).
    """

    exit_code = 3


class BackendError(VidDiffError):
    """A model, its credentials or its weights are not available (exit code 4).

    >>> import viddiff
    >>> viddiff.Settings().model_names
    Traceback (most recent call last):
    viddiff.core.errors.BackendError: No model is configured: give --lm, e.g. --lm openai/gpt-4o.
    """

    exit_code = 4


class BudgetError(VidDiffError):
    """The spending limit was reached before the work was done (exit code 5).

    >>> BudgetError.exit_code
    5
    """

    exit_code = 5


def first_line(error: BaseException) -> str:
    """The first line of an error's text without a full stop, to be set into a sentence; else the error's name.

    >>> first_line(ValueError("No such tag.\\nSee the list.")), first_line(ValueError())
    ('No such tag', 'ValueError')
    """
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
