"""One line of a released file to an item; what is wrong with a line is said in one sentence."""

from __future__ import annotations

import math
import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from viddiff.eval.json_lines import format_value, sentence
from viddiff.eval.stepdiff.items import (
    MAX_SCORE,
    N_OPTIONS,
    CaptionItem,
    ChoiceItem,
    Item,
    RankItem,
    StepClip,
    StepPair,
    Task,
)

#: The field that only the rows of one task have.
TASK_FIELDS: dict[str, Task] = {"text": "diffcap", "options": "diffmcq", "targets": "diffrank"}
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,9})?")
_NO_FILE_NAME = re.compile(r"[/\\\x00-\x1f\x7f]")
_MAX_ID, _MAX_STEP, _MAX_TEXT = 200, 200, 10_000


def clip_of(text: object) -> StepClip:
    """The clip of an id ``<video>_<start>_<stop>``, or of an object with a ``path``: a user's own.

    A video id may hold ``_`` and begin with ``-``.

    Raises:
        ValueError: it is none.

    >>> clip_of("-a_b5678901_4.0_12.5").video
    '-a_b5678901'
    """
    if isinstance(text, dict):
        return own_clip_of(text)
    if not isinstance(text, str):
        raise ValueError(f"{format_value(text)} is no clip id: write a text <video>_<start>_<stop>")
    video, *times = text.rsplit("_", 2)
    if len(times) < 2 or not video or not all(map(_SECONDS.fullmatch, times)):
        raise ValueError(f"{format_value(text)} is no clip id: write <video>_<start>_<stop>, in seconds")
    if _NO_FILE_NAME.search(video) or video.startswith(".") or len(text) > _MAX_ID:
        raise ValueError(f"{format_value(text)} cannot name a file: take a video id without slashes")
    start_s, stop_s = map(float, times)
    if start_s >= stop_s:
        raise ValueError(f"{format_value(text)} stops before it starts: the second time must be the later one")
    return StepClip(id=text, video=video, start_s=start_s, stop_s=stop_s)


def own_clip_of(fields: dict[str, Any]) -> StepClip:
    """The clip of ``{"path": ..., "start_s": ..., "stop_s": ...}``; the times may be left out.

    Raises:
        ValueError: a field is wrong, or the path leads out of the folder.

    >>> own_clip_of({"path": "clips/mine.mp4", "start_s": 2}).start_s
    2.0
    """
    try:
        own = _OwnClip.model_validate(fields)
    except ValidationError as error:
        raise ValueError(f"{format_value(fields)} is no clip: {sentence(error)}") from None
    parts = PurePosixPath(own.path).parts
    if own.path.startswith("/") or ".." in parts or "\\" in own.path or not own.path.isprintable():
        raise ValueError(f"{format_value(own.path)} leads out of the folder: write a relative path, with slashes")
    if own.start_s >= own.stop_s:
        raise ValueError(f"{format_value(fields)} stops before it starts: stop_s must be the later one")
    name = f"{own.path}_{own.start_s:g}_{own.stop_s:g}"
    return StepClip(id=name, video=own.path, start_s=own.start_s, stop_s=own.stop_s, path=own.path)


def pair_of(value: object) -> StepPair:
    """The pair of a list [reference, candidate].

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{format_value(value)} is not a pair: write [reference, candidate]")
    reference, candidate = map(clip_of, value)
    pair = StepPair(reference=reference, candidate=candidate)
    check_pair(pair)
    return pair


def check_pair(pair: StepPair) -> None:
    """Raise ValueError where a clip is compared with itself."""
    if pair.reference == pair.candidate:
        raise ValueError(f"{format_value(pair.reference.id)} is compared with itself: a pair has two clips")


class _OwnClip(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    path: Annotated[str, StringConstraints(min_length=1, max_length=_MAX_ID)]
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    stop_s: Annotated[float, Field(gt=0)] = math.inf


_ClipId = Annotated[StepClip, BeforeValidator(clip_of)]
_Pair = Annotated[StepPair, BeforeValidator(pair_of)]
_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=_MAX_TEXT, pattern=r"\S")]
_Step = Annotated[_Text, StringConstraints(max_length=_MAX_STEP)]
_Score = Annotated[int, Field(strict=True, ge=0, le=MAX_SCORE)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    category: _Text
    step: _Step | None = None


class _CaptionRow(_Row):
    reference: _ClipId
    candidate: _ClipId
    text: Annotated[list[_Text], Field(min_length=1)]

    def item(self) -> CaptionItem:
        pair = StepPair(reference=self.reference, candidate=self.candidate)
        check_pair(pair)
        return CaptionItem(pair=pair, category=self.category, captions=tuple(self.text), step=self.step)


class _ChoiceRow(_Row):
    difference: _Text
    options: Annotated[list[_Pair], Field(min_length=N_OPTIONS, max_length=N_OPTIONS)]
    answer: _Pair

    def item(self) -> ChoiceItem:
        if self.answer not in self.options:
            raise ValueError("the field 'answer' is none of the 'options': it must be one of them, letter by letter")
        options = tuple(self.options)
        return ChoiceItem(
            difference=self.difference,
            category=self.category,
            options=options,
            answer=options.index(self.answer),
            step=self.step,
        )


class _RankRow(_Row):
    reference: _ClipId
    targets: Annotated[list[_ClipId], Field(min_length=N_OPTIONS, max_length=N_OPTIONS)]
    scores: Annotated[list[_Score], Field(min_length=N_OPTIONS, max_length=N_OPTIONS)]

    def item(self) -> RankItem:
        if self.reference in self.targets:
            raise ValueError("the field 'targets' holds the reference itself: a candidate is another clip")
        return RankItem(
            reference=self.reference,
            candidates=tuple(self.targets),
            category=self.category,
            scores=tuple(self.scores),
            step=self.step,
        )


_ROWS: dict[Task, type[_CaptionRow] | type[_ChoiceRow] | type[_RankRow]] = {
    "diffcap": _CaptionRow,
    "diffmcq": _ChoiceRow,
    "diffrank": _RankRow,
}


def task_of(row: object) -> Task | None:
    """Which task a row is of, by its fields; None: it is not a row of StepDiff."""
    if not isinstance(row, dict):
        return None
    return next((task for field, task in TASK_FIELDS.items() if field in row), None)


def item_of(row: dict[str, Any], task: Task) -> Item:
    """The item of a row.

    Raises:
        ValueError: a field is missing or wrong; the sentence names it.
    """
    task_of_row = task_of(row)
    if task_of_row is not None and task_of_row != task:
        raise ValueError(f"the row is of {task_of_row}, the rows before it are of {task}: one file holds one task")
    try:
        return _ROWS[task].model_validate(row).item()
    except ValidationError as error:
        raise ValueError(sentence(error)) from None


def finite_or_none(scores: list[float]) -> tuple[float, ...] | None:
    """The scores, None where one is NaN: nothing can be ordered by it. Infinities can."""
    return None if any(map(math.isnan, scores)) else tuple(scores)
