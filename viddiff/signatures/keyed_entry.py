"""Entries of an answer that has one for each of several things."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from typing_extensions import Self


class KeyedEntry(BaseModel):
    """An entry that names what it is about; one that cannot be read loses its key, so that the others stand."""

    # Models like to write the number of a key alone.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    key: str

    @model_validator(mode="wrap")
    @classmethod
    def _or_without_key(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError:
            return cast("Self", cls.model_construct(key=""))
