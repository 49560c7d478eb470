"""Documents of ``viddiff steps``, and runs of ``viddiff eval`` on files of StepDiff, in a folder."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from viddiff.core.formatting import one_line
from viddiff.core.types import FrameRef
from viddiff.eval.stepdiff.scores import StepScores
from viddiff.programs.stepdiff.results import AnyStepDocument, StepAnswerRecord, StepRankingRecord, read_step_document
from viddiff.report import formatting
from viddiff.report.stepdiff import step_text
from viddiff.view.documents import DocumentCache, modified_s, parse_record, read_inside
from viddiff.view.items.base import MAX_TEXT, DocumentItem, FolderItem, RowText, item_reader

STEPS, SCORES = "steps.json", "scores.json"


@dataclass(frozen=True)
class StepItem(DocumentItem):
    """The summary of a document on steps.

    Attributes:
        subject: the step, the question or the category.
        videos: the reference and the candidates.
        facts: what was found, in plain language.
        frames: references of a frame of the reference and one of the candidate; empty: there are none.
    """

    kind = "Steps"
    order = 3
    route = "steps"

    subject: str
    videos: tuple[str, ...]
    created: str
    facts: str
    frames: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The step, the question or the category."""
        return one_line(self.subject) or "No step"

    @property
    def created_s(self) -> float:
        """When it was made."""
        return formatting.seconds_of(self.created)

    @property
    def search_texts(self) -> tuple[str, ...]:
        """The videos and the day."""
        return (*self.videos, self.created, "steps")

    def row(self, live: bool = True) -> RowText:
        """The videos, and what was found."""
        reference, *candidates = map(one_line, self.videos)
        more = f" and {len(candidates) - 1} more" if len(candidates) > 1 else ""
        videos = f"{candidates[0]}{more}, compared with {reference}" if candidates else reference
        return RowText(f"{videos} · {formatting.day(self.created)}", self.facts, self.frames)

    def read(self) -> AnyStepDocument:
        """The document."""
        return read_step_document(read_inside(self.folder / STEPS))


@dataclass(frozen=True)
class StepRunItem(FolderItem):
    """The summary of an evaluation run on a file of StepDiff; ``score`` is "" until it has one."""

    kind = "Run"
    order = 5

    method: str
    data: str
    task: str
    score: str
    modified_s: float | None

    @property
    def created_s(self) -> float:
        """When its scores were written."""
        return self.modified_s or 0.0

    @property
    def search_texts(self) -> tuple[str, ...]:
        """What was run on what."""
        return (self.method, self.data, self.task, "run")

    def row(self, live: bool = True) -> RowText:
        """What was run on what, and the score."""
        return RowText(f"{self.method} on {self.data}, {self.task}", self.score or "No scores yet")


@item_reader(STEPS)
def step_items(folder: Path, documents: DocumentCache) -> Iterable[StepItem]:
    """The document on steps of a folder."""
    yield documents.read(folder / STEPS, functools.partial(step_item, folder))


class StepRunFacts(NamedTuple):
    """Method, data and task of a run."""

    method: str
    data: str
    task: str


def step_run(folder: Path, facts: StepRunFacts, documents: DocumentCache) -> StepRunItem:
    """The run whose manifest says this."""
    if not os.path.lexists(folder / SCORES):
        return StepRunItem(folder, *facts, "", None)
    return StepRunItem(folder, *facts, documents.read(folder / SCORES, step_score), modified_s(folder / SCORES))


def step_item(folder: Path, data: bytes) -> StepItem:
    """The summary of a document.

    Raises:
        InputError: it is damaged.
    """
    document = read_step_document(data)
    candidates = document.candidates if isinstance(document, StepRankingRecord) else (document.candidate,)
    return StepItem(
        folder,
        _title(document)[:MAX_TEXT],
        tuple(video.name[:MAX_TEXT] for video in (document.reference, *candidates)),
        document.created[:MAX_TEXT],
        step_text.finding_text(document)[:MAX_TEXT],
        _frames(document),
    )


def _title(document: AnyStepDocument) -> str:
    if isinstance(document, StepAnswerRecord):
        return document.answer.question
    if isinstance(document, StepRankingRecord):
        return f"{document.step}: {document.category}" if document.step else document.category
    return document.step


def _frames(document: AnyStepDocument) -> tuple[str, ...]:
    """A frame of each clip that an answer or the first difference rests on; of a ranking, of the closest candidate."""
    if isinstance(document, StepAnswerRecord):
        cited = [(document.answer.frames_reference, document.answer.frames_candidate)]
    elif isinstance(document, StepRankingRecord):
        cited = [(document.frames, one.frames) for one in document.ranked]
    else:
        cited = [(row.difference.frames_reference, row.difference.frames_candidate) for row in document.rows()]
    return next(((_middle(one), _middle(other)) for one, other in cited if one and other), ())


def _middle(frames: tuple[FrameRef, ...]) -> str:
    return frames[len(frames) // 2].ref


def step_score(data: bytes) -> str:
    """The first score of a run in words: "accuracy 0.541 in 300 rows, 2 without an answer".

    Raises:
        InputError: the scores are damaged.
    """
    scores = parse_record(StepScores, SCORES, data)
    first = scores.scores[0]
    missing = f", {scores.n_missing} without an answer" if scores.n_missing else ""
    return one_line(f"{first.name} {first.strict:.3f} in {step_text.format_count(scores.n, 'row')}{missing}")
