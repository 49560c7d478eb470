"""The ``Clip`` type: frames of one video as a signature input, each preceded by its label.

A clip holds references (content hash and time); the pixels are fetched from the frame store when a request is written.
So traces, histories and saved demos stay small, and optimizers that print an input print a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Literal

import dspy
import pydantic

from viddiff.core.types import FrameRef
from viddiff.video.store import find_uri

#: Set while a program's state is saved: clips are then written as references, not as pixels.
_SAVING_REFERENCES: ContextVar[bool] = ContextVar("saving_references", default=False)
#: Pictures kept ready for requests, about 5 MB: those of the stages in question now.
_URIS_KEPT = 64


@contextmanager
def saving_references() -> Iterator[None]:
    """Within this context a clip serialises to its references."""
    token = _SAVING_REFERENCES.set(True)
    try:
        yield
    finally:
        _SAVING_REFERENCES.reset(token)


class Clip(dspy.Type):  # type: ignore[misc]  # dspy ships no types
    """Frames of one video, in time order."""

    model_config = pydantic.ConfigDict(frozen=True)

    video: Literal["A", "B", "C"]
    frames: tuple[FrameRef, ...]

    @classmethod
    def of(cls, video: Literal["A", "B", "C"], frames: Sequence[FrameRef]) -> Clip:
        """A clip of these frames."""
        return cls(video=video, frames=tuple(frames))

    @classmethod
    def description(cls) -> str:
        """What the system prompt says of such a field."""
        return "Frames of one video in time order; a text label with the time stamp precedes each frame."

    def format(self) -> list[dict[str, Any]]:
        """Content blocks: a label and an image for each frame."""
        blocks: list[dict[str, Any]] = []
        for number, frame in enumerate(self.frames, 1):
            label = f"Video {self.video}, frame {number} of {len(self.frames)}, t={frame.time_s:.2f} s:"
            blocks.append({"type": "text", "text": label})
            blocks.append({"type": "image_url", "image_url": {"url": _uri(frame.ref)}})
        return blocks

    @pydantic.model_serializer(mode="wrap")
    def serialize_model(self, handler: pydantic.SerializerFunctionWrapHandler) -> Any:
        """References while saving, else dspy's own form, which adapters expand to content blocks."""
        return handler(self) if _SAVING_REFERENCES.get() else super().serialize_model()

    def __str__(self) -> str:
        times = ", ".join(f"{frame.time_s:.2f}" for frame in self.frames)
        return f"<Video {self.video}: {len(self.frames)} frames at {times} s>"

    __repr__ = __str__


@lru_cache(_URIS_KEPT)
def _uri(ref: str) -> str:
    # Content-addressed, so what was read once stays right.
    return find_uri(ref)
