"""What is known of clips before they are paired: keystep, narration, objects and captions with their scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from viddiff.core.errors import InputError
from viddiff.core.record import Record
from viddiff.eval.json_lines import parse_line, read_records
from viddiff.eval.stepdiff.items import StepClip
from viddiff.eval.stepdiff.rows import clip_of

_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=10_000, pattern=r"\S")]
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Object(Record):
    """An object that a captioner named, and how sure a detector is of it."""

    name: _Text
    """Name of the object."""
    score: _Score = 1.0
    """How sure the detector is, from 0 to 1."""


class Caption(Record):
    """An action that a captioner told, and how well it fits the clip."""

    text: _Text
    """The caption."""
    score: _Score = 1.0
    """How well it fits the clip, from 0 to 1."""


class ClipSource(Record):
    """A line of the file of clips: ``{"clip": "<video>_<start>_<stop>", "keystep": "..."}``; more may be."""

    clip: Annotated[StepClip, BeforeValidator(clip_of)]
    """The clip."""
    keystep: _Text
    """The step that it shows."""
    narration: Annotated[str, StringConstraints(strict=True, max_length=10_000)] = ""
    """What is said in it."""
    objects: tuple[Object, ...] = ()
    """What a detector saw."""
    captions: tuple[Caption, ...] = ()
    """What a captioner wrote."""

    def objects_over(self, score: float) -> tuple[str, ...]:
        """The names of objects that a detector is so sure of."""
        return tuple(one.name for one in self.objects if one.score >= score)

    def captions_over(self, score: float) -> tuple[str, ...]:
        """The captions that fit so well."""
        return tuple(caption.text for caption in self.captions if caption.score >= score)


def read_sources(path: Path) -> tuple[ClipSource, ...]:
    """The clips of a file of JSON lines.

    Raises:
        InputError: it cannot be read, a line is wrong, or a clip is there twice.
    """
    sources: dict[str, ClipSource] = {}
    records = read_records(path, lambda line: ClipSource.model_validate(parse_line(line)))
    for number, source in enumerate(records, 1):
        if source.clip.id in sources:
            raise InputError(f"{path.name!r}, line {number}: the clip {source.clip.id!r} is there already.")
        sources[source.clip.id] = source
    if not sources:
        raise InputError(f"{path.name!r} holds no clip: write a line for each, see docs/stepdiff.md.")
    return tuple(sources.values())
