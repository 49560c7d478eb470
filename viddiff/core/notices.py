"""Sentences that a user should read about a result, with a code where a program reads them, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Generic, TypeVar

from pydantic import ValidatorFunctionWrapHandler, WrapValidator
from typing_extensions import NamedTuple, Self

T = TypeVar("T")


class WithNotices(NamedTuple, Generic[T]):
    """A result, and what a user should read about it."""

    value: T
    notices: tuple[str, ...]


class Notice(str):
    """A sentence that a user should read about a result, with a code for programs.

    It is a string everywhere; a document holds its text alone, so notices that were read back are plain strings.

    >>> notice = Notice("no_stage", "2 differences had no stage.")
    >>> notice, notice.code
    ('2 differences had no stage.', 'no_stage')
    """

    code: str

    def __new__(cls, code: str, text: str) -> Self:
        """A notice; a string cannot be changed later, so code and text are set here."""
        notice = super().__new__(cls, text)
        notice.code = code
        return notice

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # two strings, where str has one
        return self.code, str(self)


def with_code(notices: Iterable[str], code: str) -> list[str]:
    """The notices that have a code."""
    return [notice for notice in notices if isinstance(notice, Notice) and notice.code == code]


def _keep_code(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    # pydantic would make a plain string of it.
    return value if isinstance(value, Notice) else validate(value)


#: Notices of a record: strings, of which some have a code.
Notices = tuple[Annotated[str, WrapValidator(_keep_code)], ...]
