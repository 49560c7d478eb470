"""What compiling changes in a program, as plain JSON: instructions and examples by predictor. Untrusted when read.

dspy's own state is not used in files: it puts fields back by position without a word, and has room for a model with its
headers. Field names and descriptions are those of the code, which a fingerprint checks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import dspy
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from viddiff.core.errors import InputError
from viddiff.core.record import Record, first_invalid_field
from viddiff.core.texts import MARKER, UNSENDABLE
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.clip import Clip, saving_references

MAX_DEMOS, MAX_CHARS = 64, 50_000


class PredictorState(Record):
    """What one predictor was compiled to."""

    instructions: str = Field(max_length=MAX_CHARS)
    """The instructions of its signature."""
    demos: tuple[dict[str, Any], ...] = Field(default=(), max_length=MAX_DEMOS)
    """Examples: field name -> value, only fields of the signature; some may be left out."""


def state_of(program: AsyncModule) -> dict[str, PredictorState]:
    """The state of every predictor by name.

    Raises:
        InputError: an example holds what JSON cannot.
    """
    return {name: _state(name, predictor) for name, predictor in program.named_predictors()}


def _state(name: str, predictor: dspy.Predict) -> PredictorState:
    fields = predictor.signature.fields
    with saving_references():
        try:
            # Examples of a data set carry their label and where they come from; a prompt shows the fields alone.
            demos = [
                {field: to_jsonable_python(demo[field]) for field in fields if field in dict(demo)}
                for demo in predictor.demos
            ]
        except PydanticSerializationError as error:
            raise InputError(f"An example of {name!r} cannot be saved: {error}. Use text, numbers and clips.") from None
    return PredictorState(instructions=predictor.signature.instructions, demos=tuple(filter(None, demos)))


def put_state(program: AsyncModule, state: Mapping[str, PredictorState]) -> None:
    """Give a new program a state; the counterpart of ``state_of``.

    Raises:
        InputError: text that must not reach a prompt, or an example that does not fit the signature.
    """
    for name, predictor in program.named_predictors():
        predictor_state = state[name]
        check_text(predictor_state.instructions, f"the instructions of {name!r}")
        predictor.signature = predictor.signature.with_instructions(predictor_state.instructions)
        predictor.demos = [_demo(name, predictor.signature, values) for values in predictor_state.demos]


def _demo(name: str, signature: type[dspy.Signature], values: Mapping[str, Any]) -> dspy.Example:
    typed = {}
    for field, value in values.items():
        if field not in signature.fields:
            raise InputError(f"An example of {name!r} has the unknown field {field!r}: compile it again.")
        check_text(value, f"field {field!r} of an example of {name!r}")
        try:
            typed[field] = TypeAdapter(signature.fields[field].annotation).validate_python(value)
        except ValidationError as error:
            message = first_invalid_field(error).message
            raise InputError(f"Field {field!r} of an example of {name!r} does not fit ({message}).") from None
    return dspy.Example(**typed)


def check_text(value: object, where: str) -> None:
    """Refuse text that dspy would expand into an image, that is too long or that holds control characters."""
    for text in texts_in(value):
        if MARKER in text:
            raise InputError(f"The marker {MARKER!r} in {where} would be read as an image: remove it.")
        if len(text) > MAX_CHARS:
            raise InputError(f"The text in {where} has more than {MAX_CHARS} characters: shorten it.")
        if UNSENDABLE.search(text):
            raise InputError(f"Control characters in {where} are not allowed: remove them.")


def texts_in(value: object) -> Iterator[str]:
    """All text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(key)
            yield from texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts_in(inner)


def frames_in(program: AsyncModule) -> tuple[str, ...]:
    """References of all frames in the examples of a program, each once."""
    clips = [
        value
        for _, predictor in program.named_predictors()
        for demo in predictor.demos
        for value in dict(demo).values()
        if isinstance(value, Clip)
    ]
    return tuple(dict.fromkeys(frame.ref for clip in clips for frame in clip.frames))


def fingerprints(program: AsyncModule) -> dict[str, str]:
    """Predictor name -> hex SHA-256 over its fields: names, order, direction, types, descriptions.

    Instructions are left out: they are what compiling changes.
    """
    return {name: _fingerprint(predictor.signature) for name, predictor in program.named_predictors()}


def _fingerprint(signature: type[dspy.Signature]) -> str:
    fields = [
        [name, field.json_schema_extra["__dspy_field_type"], _type(field.annotation), field.json_schema_extra["desc"]]
        for name, field in signature.fields.items()
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _type(annotation: Any) -> Any:
    """A type as JSON: its schema, so that a changed field inside of it counts; a clip has none."""
    return "Clip" if annotation is Clip else TypeAdapter(annotation).json_schema()
