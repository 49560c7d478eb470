"""How requests are written and answers read (dspy's adapters), by the name of the setting.

dspy writes pictures into one long text between markers, searches the text for them and splits it again, and it writes
the description of a signature, JSON schemas included, and what checks its types anew for each call. These adapters
make the same requests, to the byte, and read the same values for a fraction of the time: blocks that are ready never
become text, and descriptions and checks are kept. Whatever they do not know (another type, a marker in a text, a
conversation, an answer in another form) goes dspy's own way.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import threading
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

import dspy
import pydantic
from dspy.adapters.utils import format_field_value

from viddiff.files import parse_json
from viddiff.lms.direct import takes_names
from viddiff.lms.pictures import pictures_aside, set_aside

#: Descriptions kept for each adapter: optimizers try some dozens of instructions.
MAX_KEPT = 64

_HEADER = re.compile(r"\[\[ ## (\w+) ## \]\]")


AdapterName = Literal["chat", "json"]


def adapter_of(name: AdapterName) -> dspy.Adapter:
    """The adapter: without dspy's silent second call in another format, because ``Retry`` asks again and counts."""
    if name == "json":
        return QuickJSONAdapter()
    return QuickChatAdapter(use_json_adapter_fallback=False)


class _Kept:
    """The last texts made, by what they say (never by whose they are); safe for several threads."""

    def __init__(self) -> None:
        self._texts: dict[Hashable, str] = {}
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> _Kept:
        return self

    def text(self, key: Hashable | None, make: Callable[[], str]) -> str:
        """The text under ``key``; None makes it anew."""
        if key is None:
            return make()
        found = self._texts.get(key)
        if found is None:
            found = make()
            with self._lock:
                while len(self._texts) >= MAX_KEPT:
                    del self._texts[next(iter(self._texts))]
                self._texts[key] = found
        return found


class QuickChatAdapter(dspy.ChatAdapter):  # type: ignore[misc]  # dspy ships no types
    """``dspy.ChatAdapter``, faster."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._kept = _Kept()

    def __call__(self, lm: dspy.BaseLM, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        """As dspy's; an LM that takes the names of pictures gets them."""
        with pictures_aside() if takes_names(lm) else contextlib.nullcontext():
            return list(super().__call__(lm, *args, **kwargs))

    def format(
        self, signature: type[dspy.Signature], demos: list[dict[str, Any]], inputs: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The messages that dspy's adapter writes, see ``dspy.Adapter.format``."""
        # Nobody who wrote a statement can know the number, so no text is taken for a place of blocks.
        places = _Places(secrets.token_hex(16))
        messages = super().format(signature, [places.of(demo) for demo in demos], places.of(inputs))
        if any(message["role"] == "user" and not isinstance(message["content"], str) for message in messages):
            # dspy found its markers in a text and split the message there.
            return list(super().format(signature, demos, inputs))
        return set_aside([places.filled(message) for message in messages])

    def format_system_message(self, signature: type[dspy.Signature]) -> str:
        """As dspy's."""
        make = super().format_system_message
        return self._kept.text(content_key("system", signature), lambda: make(signature))

    def user_message_output_requirements(self, signature: type[dspy.Signature]) -> str:
        """As dspy's."""
        make = super().user_message_output_requirements
        return self._kept.text(content_key("outputs", signature), lambda: make(signature))

    def format_user_message_content(
        self,
        signature: type[dspy.Signature],
        inputs: dict[str, Any],
        prefix: str = "",
        suffix: str = "",
        main_request: bool = False,
    ) -> str:
        """As dspy's."""
        parts = [prefix]
        for name, field in signature.input_fields.items():
            if name in inputs:
                value = inputs[name]
                text = plain_text(value, field.annotation)
                if text is None:
                    text = format_field_value(field_info=field, value=value)
                parts.append(f"[[ ## {name} ## ]]\n{text}")
        if main_request:
            parts.append(self.user_message_output_requirements(signature))
        return "\n\n".join([*parts, suffix]).strip()

    def parse(self, signature: type[dspy.Signature], completion: str) -> dict[str, Any]:
        """The values that dspy's adapter reads, see ``dspy.Adapter.parse``."""
        values = read(signature.output_fields, completion)
        return dict(super().parse(signature, completion)) if values is None else values


class QuickJSONAdapter(QuickChatAdapter, dspy.JSONAdapter):  # type: ignore[misc]  # dspy ships no types
    """``dspy.JSONAdapter``, faster."""

    def parse(self, signature: type[dspy.Signature], completion: str) -> dict[str, Any]:
        """As dspy's."""
        return dict(dspy.JSONAdapter.parse(self, signature, completion))


class _Places:
    """Stand-ins for values whose content blocks are ready (``blocks_are_final``), to be filled after formatting."""

    def __init__(self, secret: str) -> None:
        self._border = f"[{secret}]"
        self._values: list[dspy.Type] = []

    def of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same fields with stand-ins."""
        return {name: self._stand_in(value) if is_final(value) else value for name, value in values.items()}

    def _stand_in(self, value: dspy.Type) -> str:
        self._values.append(value)
        return f"{self._border}{len(self._values) - 1}{self._border}"

    def filled(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message with the blocks in their places."""
        content = message["content"]
        if self._border not in content:
            return message
        blocks: list[dict[str, Any]] = []
        for number, part in enumerate(content.split(self._border)):
            if number % 2:
                blocks.extend(self._values[int(part)].format())
            elif part:
                blocks.append({"type": "text", "text": part})
        return {**message, "content": blocks}


def plain_text(value: Any, annotation: Any) -> str | None:
    """A text, or a list of texts, as dspy writes it, which makes a type checker for each value; None for any other."""
    if type(value) is str:
        return value
    if type(value) is list and annotation is not str and all(type(each) is str for each in value):
        return json.dumps(value, ensure_ascii=False)
    return None


def is_final(value: Any) -> bool:
    """Whether a value's ``format()`` gives blocks that stand in a request as they are."""
    return getattr(type(value), "blocks_are_final", False)


def content_key(part: str, signature: type[dspy.Signature]) -> Hashable | None:
    """Everything that a description of a signature tells of; None where that cannot be compared."""
    fields = tuple(
        (name, field.annotation, tuple(map(repr, field.metadata)), tuple((field.json_schema_extra or {}).items()))
        for name, field in signature.fields.items()
    )
    key = (part, signature.instructions, fields)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def read(fields: Mapping[str, pydantic.fields.FieldInfo], completion: str) -> dict[str, Any] | None:
    """The values of an answer in just the form that was asked for; None for any other."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in completion.splitlines():
        header = _HEADER.match(line.strip())
        if header is None:
            lines.append(line)
            continue
        if header[0] != line.rstrip() or header[1] in found:
            return None
        lines = found[header[1]] = []
    values: dict[str, Any] = {}
    try:
        for name, field in fields.items():
            values[name] = value_of("\n".join(found[name]).strip(), field.annotation)
    except (KeyError, TypeError, ValueError):
        return None
    return values


def value_of(text: str, annotation: Any) -> Any:
    """A value as it was asked for: text, one of the words of a Literal, a number, or a list as JSON.

    Raises:
        ValueError: it is anything else, which dspy may still make sense of.
    """
    if annotation is str:
        return text
    if get_origin(annotation) is Literal and text in get_args(annotation):
        return text
    if annotation in (int, float) or get_origin(annotation) is list:
        return _checker(annotation).validate_python(parse_json(text))
    raise ValueError(f"{annotation!r} is read by dspy.")


@lru_cache(MAX_KEPT)
def _checker(annotation: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(annotation)
