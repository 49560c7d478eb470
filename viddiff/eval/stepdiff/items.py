"""The items of the three StepDiff tasks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

from viddiff.core.record import Record

Task = Literal["diffcap", "diffmcq", "diffrank"]
N_OPTIONS = 4
#: Similarity of two clips: 5 is nearly identical. The release does not say what 0 means; it is read as least similar.
MAX_SCORE = 5
LICENCE = (
    "Rows in the released form: those of facebookresearch/stepdiff are under CC BY-NC 4.0, for non-commercial use, and "
    "no part of this package."
)
_VIDEO_ENDINGS = (".mp4", ".mkv", ".webm")


class StepClip(Record):
    """The part ``[start_s, stop_s)`` of a video; ``id`` is ``<video>_<start>_<stop>`` as the file has it.

    A user's own clip has a ``path``, relative to the folder of the videos; ``stop_s`` is infinite where it is whole.
    """

    id: str
    """Key of the clip."""
    video: str
    """Key of its video."""
    start_s: float
    """Start, in seconds of the file."""
    stop_s: float
    """End, in seconds of the file; not part of it."""
    path: str | None = None
    """The file; None: not there."""

    def file(self, root: Path) -> Path | None:
        """``<root>/<clip id>`` (cut) or ``<root>/<video>`` (whole), as mp4, mkv or webm; None: it is not there."""
        if self.path is not None:
            return root / self.path if (root / self.path).is_file() else None
        names = (f"{stem}{ending}" for stem in (self.id, self.video) for ending in _VIDEO_ENDINGS)
        return next((root / name for name in names if (root / name).is_file()), None)


def has_own(clips: Iterable[StepClip]) -> bool:
    """Whether a clip is a file of the user's own."""
    return any(clip.path is not None for clip in clips)


class StepPair(Record):
    """The candidate clip is described by how it differs from the reference clip."""

    reference: StepClip
    """The reference clip."""
    candidate: StepClip
    """The candidate clip."""


class CaptionItem(Record):
    """DiffCap: all captions of the differences of one pair in one category."""

    pair: StepPair
    """Both clips."""
    category: str
    """The category."""
    captions: tuple[str, ...]
    """What annotators wrote."""
    step: str | None = None
    """What is done in all clips; None: not known, as in the released files."""

    @property
    def reference(self) -> StepClip:
        """The clip whose items are resampled together."""
        return self.pair.reference

    @property
    def clips(self) -> tuple[StepClip, ...]:
        """All clips of the item."""
        return self.pair.reference, self.pair.candidate


class ChoiceItem(Record):
    """DiffMCQ: ``difference`` is true of the option number ``answer``, counted from 0."""

    difference: str
    """The caption to choose a pair for."""
    category: str
    """The category."""
    options: tuple[StepPair, ...]
    """The pairs."""
    answer: int
    """Number of the right option, from 0."""
    step: str | None = None
    """Name of the step."""

    @property
    def reference(self) -> StepClip:
        """The clip whose items are resampled together."""
        return self.options[self.answer].reference

    @property
    def clips(self) -> tuple[StepClip, ...]:
        """All clips of the item."""
        return tuple(clip for pair in self.options for clip in (pair.reference, pair.candidate))


class RankItem(Record):
    """DiffRank: how similar each candidate is to the reference in one category, 0 to 5 (nearly identical)."""

    reference: StepClip
    """The reference clip."""
    candidates: tuple[StepClip, ...]
    """The candidates."""
    category: str
    """The category."""
    scores: tuple[int, ...]
    """Similarity of each, 0 to 5."""
    step: str | None = None
    """Name of the step."""

    @property
    def clips(self) -> tuple[StepClip, ...]:
        """All clips of the item."""
        return self.reference, *self.candidates


Item = CaptionItem | ChoiceItem | RankItem


def key_of(item: Item) -> str:
    """The name of an item by its content, 16 hexadecimal digits: a prediction may carry it as ``id``."""
    return hashlib.sha256(_canonical(item)).hexdigest()[:16]


class StepData(Record):
    """The items of one file, in the order of its lines."""

    name: str
    """Name of the file."""
    task: Task
    """The task of StepDiff."""
    items: tuple[Item, ...]
    """In the order of the lines."""

    @property
    def clips(self) -> Iterator[StepClip]:
        """The clips of its items, item by item."""
        return (clip for item in self.items for clip in item.clips)

    @property
    def has_user_clips(self) -> bool:
        """Whether its clips are a user's own."""
        return has_own(self.clips)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the items, so that a score names exactly what it was computed on."""
        total = hashlib.sha256(self.task.encode())
        for item in self.items:
            total.update(_canonical(item) + b"\n")
        return total.hexdigest()


def _canonical(item: Item) -> bytes:
    # What own data alone have must not change the names of released items.
    return json.dumps(
        item.model_dump(exclude_none=True), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    ).encode()
