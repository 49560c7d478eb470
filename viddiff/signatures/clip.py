"""The ``Clip`` type: frames of one video as a signature input, each preceded by its label.

A clip holds references (content hash and time); the pixels are fetched when a request is written, from the frame stores
in force: dspy's setting ``frame_stores``, which its own threads and those of ``in_parallel`` inherit. So traces,
histories and saved demos stay small, and optimizers that print an input print a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any

import dspy
import pydantic

from viddiff.core.types import FrameRef
from viddiff.video.store import FrameStore, find_uri

#: Set while a program's state is saved: clips are then written as references, not as pixels.
_SAVING_REFERENCES: ContextVar[bool] = ContextVar("saving_references", default=False)


@contextmanager
def saving_references() -> Iterator[None]:
    """Within this context a clip serialises to its references."""
    token = _SAVING_REFERENCES.set(True)
    try:
        yield
    finally:
        _SAVING_REFERENCES.reset(token)


def frame_stores() -> tuple[FrameStore, ...]:
    """The stores in which requests find their frames now."""
    return tuple(dspy.settings.get("frame_stores", ()))


@contextmanager
def open_stores(*stores: FrameStore) -> Iterator[None]:
    """Within this context requests find frames in these stores, too."""
    known = frame_stores()
    new = tuple(store for store in dict.fromkeys(stores) if store not in known)
    with dspy.context(frame_stores=(*new, *known)):
        yield


#: The schema is a part of the hash of the prompts, so stored runs would be other runs if it named more letters.
_LABEL_SCHEMA = {"enum": ["A", "B", "C"], "title": "Video", "type": "string"}
Label = Annotated[str, pydantic.Field(pattern="^[A-Z]$"), pydantic.WithJsonSchema(_LABEL_SCHEMA)]


class Clip(dspy.Type):  # type: ignore[misc]  # dspy ships no types
    """Frames of one video, in time order."""

    model_config = pydantic.ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    label: Label = pydantic.Field(alias="video")
    """What a model calls the video: one capital letter. Files have it under "video"."""
    frames: tuple[FrameRef, ...]

    @classmethod
    def of(cls, label: str, frames: Sequence[FrameRef]) -> Clip:
        """A clip of these frames.

        Raises:
            pydantic.ValidationError: the label is not one capital letter.
        """
        return cls(label=label, frames=tuple(frames))

    @classmethod
    def description(cls) -> str:
        """What the system prompt says of such a field."""
        return "Frames of one video in time order; a text label with the time stamp precedes each frame."

    def format(self) -> list[dict[str, Any]]:
        """Content blocks: a label and an image for each frame.

        Raises:
            InputError: a frame is in none of the stores in force.
        """
        blocks: list[dict[str, Any]] = []
        stores = frame_stores()
        for number, frame in enumerate(self.frames, 1):
            label = f"Video {self.label}, frame {number} of {len(self.frames)}, t={frame.time_s:.2f} s:"
            blocks.append({"type": "text", "text": label})
            blocks.append({"type": "image_url", "image_url": {"url": find_uri(frame.ref, stores)}})
        return blocks

    @pydantic.model_serializer(mode="wrap")
    def serialize_model(self, handler: pydantic.SerializerFunctionWrapHandler) -> Any:
        """References while saving, else dspy's own form, which adapters expand to content blocks."""
        return handler(self) if _SAVING_REFERENCES.get() else super().serialize_model()

    def __str__(self) -> str:
        times = ", ".join(f"{frame.time_s:.2f}" for frame in self.frames)
        return f"<Video {self.label}: {len(self.frames)} frames at {times} s>"

    __repr__ = __str__
