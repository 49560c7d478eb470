"""A row of a table as a model; a validation error is one sentence with row and field."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from viddiff.core.errors import InputError
from viddiff.eval.json_lines import format_value

M = TypeVar("M", bound=BaseModel)


class RowModel(BaseModel):
    """A part of a row as its author wrote it; fields that nobody reads are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


def parse_row(model: type[M], row: Any, where: str, docs: str) -> M:
    """A row as a model.

    Args:
        where: the row, as a message names it.
        docs: the page that has its columns, for a row that is no object.

    Raises:
        InputError: it does not fit; the sentence names ``where`` and the first field at fault.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if not field:
            raise InputError(f"{where} is not an object of fields: compare it with {docs}.") from None
        if first["type"] == "missing":
            raise fault(where, field, "is missing") from None
        message = first["msg"]
        reason = (
            str(first["ctx"]["error"])
            if first["type"] == "value_error"
            else f"{message[:1].lower()}{message[1:]}, got {format_value(first['input'])}"
        )
        raise fault(where, field, f"cannot be read: {reason}") from None


def fault(where: str, field: str, what: str) -> InputError:
    """The error of one field of one row."""
    return InputError(f"{where}: the field {field!r} {what}.")
