"""A fake model inside the process: it records what dspy asks and answers what the test says."""

from __future__ import annotations

import base64
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import dspy
from dspy import lm15

TextPart = tuple[Literal["text"], str]
ImagePart = tuple[Literal["image"], bytes, str]


@dataclass(frozen=True)
class Asked:
    """One request as it reached the engine.

    Attributes:
        model: the model string of the LM.
        system: the system text.
        parts: of all messages, in order: ``("text", text)`` or ``("image", bytes, media_type)``.
        roles: the role of the message of each part.
        temperature, max_tokens, seed: as set, or None.
    """

    model: str
    system: str
    parts: tuple[TextPart | ImagePart, ...]
    roles: tuple[str, ...]
    temperature: float | None
    max_tokens: int | None
    seed: int | None

    @property
    def texts(self) -> list[str]:
        """The text parts, in order."""
        return [part[1] for part in self.parts if part[0] == "text"]

    @property
    def images(self) -> list[bytes]:
        """The bytes of the image parts, in order."""
        return [part[1] for part in self.parts if part[0] == "image"]

    @property
    def prompt(self) -> str:
        """All text of the messages, images left out."""
        return "\n".join(self.texts)

    def asks_for(self, *fields: str) -> bool:
        """Whether the signature behind this request has all these output fields."""
        outputs = self.system.partition("Your output fields are:")[2].partition("All interactions")[0]
        return all(f"`{field}`" in outputs for field in fields)


class ScriptedEngine:
    """A fake dspy engine. ``answer`` gives the text of each reply, or raises a ``dspy.lm15`` error as a fault."""

    supports_response_schema = False
    supported_params = frozenset({"temperature", "max_tokens", "seed"})

    def __init__(self, answer: Callable[[Asked], str]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> ScriptedEngine:
        return self

    def complete(self, request: lm15.Request) -> lm15.Response:
        """Record the request and answer it; tokens are counted as words, images as 100."""
        asked = read_request(request)
        with self._lock:
            self.asked.append(asked)
        text = self.answer(asked)
        n_input = len(f"{asked.system} {asked.prompt}".split()) + 100 * len(asked.images)
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant([lm15.TextPart(text)]),
            finish_reason="stop",
            usage=lm15.Usage(input_tokens=n_input, output_tokens=len(text.split())),
        )

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """The same answer word by word."""
        response = self.complete(request)
        yield lm15.StreamStartEvent(model=request.model)
        for word in re.findall(r"\s*\S+|\s+$", response.message.parts[0].text):
            yield lm15.StreamDeltaEvent(lm15.TextDelta(word))
        yield lm15.StreamEndEvent(finish_reason="stop", usage=response.usage)


def read_request(request: lm15.Request) -> Asked:
    """The plain form of a dspy request."""
    parts: list[TextPart | ImagePart] = []
    roles: list[str] = []
    for message in request.messages:
        for part in message.parts:
            if part.type == "image":
                parts.append(("image", base64.b64decode(part.data), part.media_type))
            else:
                parts.append(("text", part.text))
            roles.append(message.role)
    system = request.system
    if not isinstance(system, str):
        system = "".join(part.text for part in system or ())
    config = request.config
    return Asked(request.model, system, tuple(parts), tuple(roles), config.temperature, config.max_tokens, config.seed)


def scripted_lm(answer: Callable[[Asked], str], model: str = "scripted/x", cache: bool = False) -> dspy.LM:
    """An LM whose model is a ``ScriptedEngine``; what was asked is in ``lm.engine.asked``."""
    return dspy.LM(model, engine=ScriptedEngine(answer), cache=cache, num_retries=0)


def chat_reply(**fields: Any) -> str:
    """A reply in the form that dspy's ChatAdapter reads; values other than text are written as JSON."""
    blocks = [f"[[ ## {name} ## ]]\n{_as_text(value)}" for name, value in fields.items()]
    return "\n\n".join([*blocks, "[[ ## completed ## ]]"])


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, default=lambda model: model.model_dump(mode="json"))


def labels_of(asked: Asked) -> list[str]:
    """The line of text that stands right before each image, in order."""
    pairs = itertools.pairwise(asked.parts)
    return [before[1].strip().splitlines()[-1] for before, part in pairs if part[0] == "image" and before[0] == "text"]
