"""Scored performances in a neutral form: a JSON object a line in ``items.jsonl``, labelled pairs in ``pairs.jsonl``."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from typing_extensions import Self

from viddiff.core.record import Record

Part = Literal["train", "test"]
_Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class ScoredSegment(Record):
    """A part ``[start_s, stop_s)`` of a performance whose own deduction is known."""

    start_s: _Number
    """Start, in seconds of the file."""
    stop_s: _Number
    """End, in seconds of the file; not part of it."""
    deduction: _Number
    """What the part cost of the maximum, in the unit of the scores."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not 0 <= self.start_s < self.stop_s:
            raise ValueError(f"stops at {self.stop_s:g} s, before it starts at {self.start_s:g} s")
        return self


class SkillItem(Record):
    """One performance.

    Give ``video``, or ``features``: a ``.npy`` or ``.npz`` of (frames, numbers), where features were made elsewhere.
    """

    id: _Name
    """Key of the performance."""
    video: _Name | None = None
    """A path below the folder of the file."""
    features: _Name | None = None
    """File of its features; None: not there."""
    activity: _Name = "all"
    """Scores of two activities are not compared."""
    score: _Number | None = None
    """More is better; None: only pairs tell how good it is."""
    max_score: _Number | None = None
    """The best there can be; None: the best of the training part."""
    split: Part | None = None
    """Training or test part."""
    group: _Name | None = None
    """Who performs; None: not known."""
    references: tuple[_Name, ...] = ()
    """Ids of performances of experts that it is compared with; empty: the best of its activity in the training part."""
    segments: tuple[ScoredSegment, ...] = ()
    """Parts with a known deduction."""
    fps: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Frames of ``features`` a second; needed where there are ``segments``."""

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        if (self.video is None) == (self.features is None):
            raise ValueError("give 'video' or 'features', one of them")
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts or "\\" in self.path or ":" in self.path:
            raise ValueError(f"{self.path!r} leaves the folder of the data: give a path below it")
        if self.features is not None and path.suffix not in (".npy", ".npz"):
            raise ValueError(f"'features' is {self.features!r}: give a .npy or .npz file")
        if self.features is not None and self.segments and self.fps is None:
            raise ValueError("'segments' are in seconds, so the frames of 'features' need 'fps'")
        if self.score is not None and self.max_score is not None and self.score > self.max_score:
            raise ValueError(f"the score {self.score:g} is above 'max_score' {self.max_score:g}")
        if self.id in self.references:
            raise ValueError("it is its own reference: name another performance")
        return self

    @property
    def path(self) -> str:
        """Of the video or the features, below the folder of the data."""
        return self.video or self.features or ""

    @property
    def performer(self) -> str:
        """Who is resampled and kept in one part as a whole; an unknown performer stands alone."""
        return f"of {self.id}" if self.group is None else f"group {self.group}"


class SkillPair(Record):
    """Of two performances of one activity the better one."""

    better: _Name
    """Key of the better one."""
    worse: _Name
    """Key of the other."""
    split: Part | None = None
    """Training or test part."""


class SkillData(Record):
    """The performances of one folder."""

    root: Path
    """The folder."""
    items: tuple[SkillItem, ...]
    """The performances."""
    pairs: tuple[SkillPair, ...] = ()
    """Labelled pairs."""

    @cached_property
    def by_id(self) -> dict[str, SkillItem]:
        """The items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the rows, so that a score names exactly what it was computed on."""
        rows = [row.model_dump(mode="json") for row in (*self.items, *self.pairs)]
        return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()

    def part(self, part: Part) -> tuple[SkillItem, ...]:
        """The items of one part that have a score."""
        return tuple(item for item in self.items if item.split == part and item.score is not None)
