"""The base of every result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import read_bytes

Share = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """A frozen result; unknown fields are an error, so that a misspelt document is not half read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True)


class Document(Record):
    """A result that is written as one JSON document."""

    def to_json(self) -> str:
        """The document as indented JSON."""
        return self.model_dump_json(indent=2)


class InvalidField(NamedTuple):
    """A value that does not fit its field; the name is "" where it is the whole that does not fit."""

    name: str
    message: str
    value: Any


def first_invalid_field(error: ValidationError) -> InvalidField:
    """What is wrong first.

    >>> try:
    ...     Record.model_validate({"fps": 3})
    ... except ValidationError as error:
    ...     print(first_invalid_field(error))
    InvalidField(name='fps', message='Extra inputs are not permitted', value=3)
    """
    first = error.errors()[0]
    return InvalidField(".".join(map(str, first["loc"])), first["msg"], first["input"])


R = TypeVar("R", bound=Record)


def read_record(path: Path, kind: type[R], missing: str) -> R:
    """The record in a JSON file.

    Args:
        missing: what to tell where the file cannot be opened.

    Raises:
        InputError: it cannot be opened, or holds something else.
    """
    try:
        return kind.model_validate_json(read_bytes(path))
    except OSError:
        raise InputError(missing) from None
    except ValidationError as error:
        where, message, _ = first_invalid_field(error)
        raise InputError(f"{path.name!r} in {str(path.parent)!r} is damaged at {where!r}: {message}.") from None


M = TypeVar("M", bound=BaseModel)


def parse_options(kind: type[M], fields: Mapping[str, Any]) -> M:
    """Options of a call as the model that checks them.

    Raises:
        UsageError: an option that there is not, or a value that cannot be.
    """
    try:
        return kind.model_validate(dict(fields))
    except ValidationError as error:
        name, message, value = first_invalid_field(error)
        raise UsageError(f"The option {name!r} cannot be {value!r}: {message}.") from None
