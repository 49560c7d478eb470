"""What a projector learns from: rows of the three tasks, and chats of ``viddiff steps make-data``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from viddiff.core.errors import InputError
from viddiff.eval.json_lines import parse_line, read_lines, read_records
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, Item, StepClip
from viddiff.eval.stepdiff.load import is_step_file, load_items
from viddiff.eval.stepdiff.rows import clip_of, own_clip_of
from viddiff.programs.stepdiff.projector.chat import paired_chat
from viddiff.programs.stepdiff.projector.questions import NO, YES
from viddiff.programs.stepdiff.projector.training import Example
from viddiff.signatures.stepdiff.paired_qa import main_difference, same_in

#: Of a folder, those that are there.
FILES = ("data.jsonl", "diffcap.jsonl", "diffmcq.jsonl", "diffrank.jsonl")
#: From this similarity on YES is the answer to whether two clips show the same.
SAME = 3
_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=10_000, pattern=r"\S")]


@dataclass(frozen=True)
class TrainingRow:
    """One line of a file.

    Attributes:
        file: its name.
        line: as it stands there.
        clips: those that it shows.
        examples: what is learned from it.
        item: None for a chat.
    """

    file: str
    line: bytes
    clips: tuple[StepClip, ...]
    examples: tuple[Example, ...]
    item: Item | None = None


def read_rows(data: Path) -> tuple[TrainingRow, ...]:
    """The rows of a file, or of the ``FILES`` of a folder.

    Raises:
        InputError: there is none, it cannot be read, or a line is wrong.
    """
    paths = [data / name for name in FILES if (data / name).is_file()] if data.is_dir() else [data]
    if not paths:
        raise InputError(f"{str(data)!r} holds none of {', '.join(FILES)}: name a folder or a file with training rows.")
    rows = tuple(row for path in paths for row in _rows_of(path))
    if not rows:
        raise InputError(f"{str(data)!r} holds no row to learn from: see docs/stepdiff.md.")
    return rows


def _rows_of(path: Path) -> Iterator[TrainingRow]:
    if is_step_file(path):
        for line, item in zip(read_lines(path), load_items(path).items, strict=True):
            yield TrainingRow(path.name, line, item.clips, tuple(_examples_of(item)), item)
        return
    yield from read_records(path, partial(_row_of_chat, path.name))


def _row_of_chat(file: str, line: bytes) -> TrainingRow:
    chat = _ChatRow.model_validate(parse_line(line))
    return TrainingRow(file, line, (chat.reference, chat.candidate), (chat.example(),))


def _examples_of(item: Item) -> Iterator[Example]:
    """The answers that a row of a task tells; of a choice the pair that is right."""
    if isinstance(item, CaptionItem):
        for text in item.captions:
            yield _example(item.pair.reference, item.pair.candidate, main_difference(item.category), text)
    elif isinstance(item, ChoiceItem):
        right = item.options[item.answer]
        yield _example(right.reference, right.candidate, main_difference(item.category), item.difference)
    else:
        for clip, score in zip(item.candidates, item.scores, strict=True):
            yield _example(item.reference, clip, same_in(item.category), YES if score >= SAME else NO)


def _example(reference: StepClip, candidate: StepClip, question: str, answer: str) -> Example:
    return Example(paired_chat(reference.id, candidate.id, question), answer)


def _clip_of_id(text: object) -> StepClip:
    """The clip of an id as chats have it: released, or the path of a user's own with its times."""
    try:
        return clip_of(text)
    except ValueError:
        if not isinstance(text, str) or text.count("_") < 2:
            raise
    path, start, stop = text.rsplit("_", 2)
    try:
        times = {"start_s": float(start), "stop_s": float(stop)}
    except ValueError:
        return clip_of(text)
    return own_clip_of({"path": path, **{name: value for name, value in times.items() if math.isfinite(value)}})


_ClipName = Annotated[StepClip, BeforeValidator(_clip_of_id)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    role: str
    content: _Text | list[Mapping[str, Any]]


class _ChatRow(BaseModel):
    """A row of ``data.jsonl``: system, user with both clips, assistant."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    reference: _ClipName
    candidate: _ClipName
    messages: Annotated[Sequence[_Message], Field(min_length=2)]

    def example(self) -> Example:
        """The chat up to the answer, and the answer.

        Raises:
            ValueError: the last message is no answer, or the places of the clips are not those of the row.
        """
        *prompt, answer = self.messages
        if answer.role != "assistant" or not isinstance(answer.content, str):
            raise ValueError("the last of the 'messages' is no text of the role assistant")
        parts = [part for one in prompt if not isinstance(one.content, str) for part in one.content]
        if any(not isinstance(part.get({"text": "text", "video": "video"}.get(str(part.get("type")), "")), str)
               for part in parts):  # fmt: skip
            raise ValueError("a part of the 'messages' is neither a text nor a video")
        videos = [part["video"] for part in parts if part["type"] == "video"]
        if videos != [self.reference.id, self.candidate.id]:
            raise ValueError("the videos of the 'messages' are not 'reference' and 'candidate', in this order")
        return Example([one.model_dump() for one in prompt], answer.content)
