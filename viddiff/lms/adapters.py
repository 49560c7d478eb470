"""How requests are written and answers read: dspy's adapters, for text that anybody may have written.

Every prompt passes ``format``, whatever the signature, the program or the optimizer, and with it the examples and the
instructions of compiled programs that others wrote: no text is taken for a picture. Every answer passes ``parse``: a
key that a server echoes gets no further.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Literal

import dspy
import pydantic
from pydantic_core import to_jsonable_python

from viddiff.core.secrets import redact_own
from viddiff.core.texts import neutralize

AdapterName = Literal["chat", "json"]


def adapter_of(name: AdapterName) -> dspy.Adapter:
    """The adapter: without dspy's silent second call in another format, because ``Retry`` asks again and counts."""
    return JSONAdapter() if name == "json" else ChatAdapter(use_json_adapter_fallback=False)


class _NeutralTexts:
    """Makes texts harmless before dspy formats them, and answers free of known secrets before dspy parses them."""

    def format(
        self, signature: type[dspy.Signature], demos: list[dict[str, Any]], inputs: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The messages, see ``dspy.Adapter.format``."""
        messages: list[dict[str, Any]] = super().format(  # type: ignore[misc]  # dspy's, see the classes below
            neutralize_instructions(signature),
            [neutralize_texts(dict(demo)) for demo in demos],
            neutralize_texts(inputs),
        )
        return messages

    def format_field_structure(self, signature: type[dspy.Signature]) -> str:
        """How its fields are written, see ``dspy.Adapter.format_field_structure``."""
        adapter = dspy.JSONAdapter if isinstance(self, dspy.JSONAdapter) else dspy.ChatAdapter
        return _field_structure(adapter, signature)  # type: ignore[arg-type]  # mypy takes type[Any] for not hashable

    def parse(self, signature: type[dspy.Signature], completion: str) -> dict[str, Any]:
        """The fields of an answer, see ``dspy.Adapter.parse``."""
        fields: dict[str, Any] = super().parse(signature, redact_own(completion))  # type: ignore[misc]  # as above
        return fields


class ChatAdapter(_NeutralTexts, dspy.ChatAdapter):  # type: ignore[misc]  # dspy ships no types
    """``dspy.ChatAdapter`` with harmless texts."""


class JSONAdapter(_NeutralTexts, dspy.JSONAdapter):  # type: ignore[misc]  # dspy ships no types
    """``dspy.JSONAdapter`` with harmless texts."""


@functools.lru_cache(maxsize=256)
def _field_structure(adapter: Callable[[], dspy.Adapter], signature: type[dspy.Signature]) -> str:
    """Kept for each signature: the JSON schemas in it took a third of the time of a request."""
    written: str = adapter().format_field_structure(signature)
    return written


def neutralize_instructions(signature: type[dspy.Signature]) -> type[dspy.Signature]:
    """The signature with neutral instructions, which optimizers and program files set."""
    instructions = neutralize(signature.instructions)
    return signature if instructions == signature.instructions else signature.with_instructions(instructions)


def neutralize_texts(value: Any) -> Any:
    """The value with every text in it neutralized, at any depth and in keys too.

    A value of one of dspy's types stays as it is: that is a picture because code made it one.
    """
    if value is None or isinstance(value, (bool, int, float, dspy.Type)):
        return value
    if isinstance(value, str):
        return neutralize(value)
    if isinstance(value, Mapping):
        return {neutralize_texts(key): neutralize_texts(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [neutralize_texts(each) for each in value]
    if isinstance(value, pydantic.BaseModel):
        return value.model_copy(update={name: neutralize_texts(each) for name, each in value})
    # Whatever else dspy would write by its JSON or its str().
    return neutralize_texts(to_jsonable_python(value, fallback=str))
