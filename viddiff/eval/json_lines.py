"""JSON from anybody, a line or a file at a time: what is wrong is said in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

from pydantic import ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import MAX_TABLE_BYTES, parse_json, read_bytes
from viddiff.core.record import Record

T = TypeVar("T")


class BadRow(Record):
    """A line that is not a row, and why."""

    line: int
    """Counted from 1."""
    reason: str
    """In one sentence."""


def read_lines(path: Path) -> list[bytes]:
    """The lines of a JSON Lines file; the last may end without a line break.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        data = read_bytes(path, MAX_TABLE_BYTES)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror}): check the path.") from None
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def read_records(path: Path, parse: Callable[[bytes], T]) -> Iterator[T]:
    """What ``parse`` makes of each line of a JSON Lines file.

    Raises:
        InputError: the file cannot be read, or ``parse`` raises a ValueError; the sentence names the line.
    """
    for number, line in enumerate(read_lines(path), 1):
        try:
            record = parse(line)
        except ValueError as error:
            reason = sentence(error) if isinstance(error, ValidationError) else error
            raise InputError(f"{path.name!r}, line {number}: {reason}.") from None
        yield record


def parse_line(line: bytes, allow: Literal["finite", "any"] = "finite") -> dict[str, Any]:
    """The object in a line; ``allow`` "any": NaN and infinities are numbers.

    Raises:
        ValueError: it holds no JSON object, or one with a key given twice.
    """
    if not line.strip():
        raise ValueError("the line is empty, and order is the key: remove it")
    try:
        row = load_json(line.decode("utf-8"), allow)
    except UnicodeDecodeError:
        raise ValueError("the line is no UTF-8 text") from None
    except ValueError as error:
        raise ValueError(f"the line is not JSON: {str(error)[:120]}") from None
    if not isinstance(row, dict):
        raise ValueError(f"the line holds {format_value(row)}, not an object of fields")
    return row


def load_json(text: str | bytes, allow: Literal["finite", "any"] = "finite") -> Any:
    """JSON without the silent losses: a key given twice is an error, and so is NaN unless ``allow`` is "any".

    Raises:
        ValueError: the text is not such JSON.
    """
    return parse_json(text, object_pairs_hook=_unique_keys, parse_constant=float if allow == "any" else _no_number)


def format_value(value: object) -> str:
    """A value as it stands in a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def sentence(error: ValidationError) -> str:
    """What is wrong first, as one sentence without its stop."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "missing":
        return f"the field {field!r} is missing"
    if first["type"] == "value_error":
        return f"the field {field!r}: {first['ctx']['error']}"
    if first["type"] == "string_pattern_mismatch":
        return f"the field {field!r} says nothing"
    message = first["msg"]
    return f"the field {field!r}: {message[:1].lower()}{message[1:]}, got {format_value(first['input'])}"


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
