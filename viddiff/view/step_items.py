"""Summaries of what ``viddiff steps`` and ``viddiff eval`` on files of StepDiff leave in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pydantic import ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import parse_json
from viddiff.core.formatting import one_line
from viddiff.core.record import Record, first_invalid_field
from viddiff.core.types import FrameRef
from viddiff.eval.stepdiff.run import StepManifest
from viddiff.eval.stepdiff.scores import StepScores
from viddiff.programs.stepdiff.results import (
    AnyStepDocument,
    StepAnswer,
    StepRanking,
    read_step_document,
)
from viddiff.report.stepdiff import step_text
from viddiff.view.batches import MAX_TEXT

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class StepItem:
    """The summary of a document on steps.

    Attributes:
        title: the step, the question or the category.
        videos: the reference and the candidates.
        facts: what was found, in plain language.
        frames: references of a frame of the reference and one of the candidate; empty: there are none.
    """

    folder: Path
    title: str
    videos: tuple[str, ...]
    created: str
    facts: str
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepRunItem:
    """The summary of an evaluation run on a file of StepDiff; ``score`` is "" until it has one."""

    folder: Path
    method: str
    data: str
    task: str
    score: str
    modified_s: float | None


def step_item(folder: Path, data: bytes) -> StepItem:
    """The summary of a document.

    Raises:
        InputError: it is damaged.
    """
    document = read_step_document(data)
    candidates = document.candidates if isinstance(document, StepRanking) else (document.candidate,)
    return StepItem(
        folder,
        _title(document)[:MAX_TEXT],
        tuple(video.name[:MAX_TEXT] for video in (document.reference, *candidates)),
        document.created[:MAX_TEXT],
        step_text.finding_text(document)[:MAX_TEXT],
        _frames(document),
    )


def _title(document: AnyStepDocument) -> str:
    if isinstance(document, StepAnswer):
        return document.answer.question
    if isinstance(document, StepRanking):
        return f"{document.step}: {document.category}" if document.step else document.category
    return document.step


def _frames(document: AnyStepDocument) -> tuple[str, ...]:
    """A frame of each clip that an answer or the first difference rests on; of a ranking, of the closest candidate."""
    if isinstance(document, StepAnswer):
        cited = [(document.answer.frames_reference, document.answer.frames_candidate)]
    elif isinstance(document, StepRanking):
        cited = [(document.frames, one.frames) for one in document.ranked]
    else:
        cited = [(row.difference.frames_reference, row.difference.frames_candidate) for row in document.rows()]
    return next(((_middle(one), _middle(other)) for one, other in cited if one and other), ())


def _middle(frames: tuple[FrameRef, ...]) -> str:
    return frames[len(frames) // 2].ref


def kind_of_manifest(data: bytes) -> Literal["run", "step run", "other"]:
    """Whether a manifest is of a run, of one on a file of StepDiff, or of something else, as of training data."""
    try:
        manifest = parse_json(data)
    except ValueError:
        # A damaged one: reading it raises the error.
        return "run"
    if isinstance(manifest, dict) and "kind" in manifest:
        return "other"
    return "step run" if isinstance(manifest, dict) and "task" in manifest else "run"


class StepRunFacts(NamedTuple):
    """Method, data and task of a run."""

    method: str
    data: str
    task: str


def step_manifest(data: bytes) -> StepRunFacts:
    """Read the manifest of a run.

    Raises:
        InputError: the manifest is damaged.
    """
    manifest = _parse(StepManifest, data)
    return StepRunFacts(manifest.method, manifest.data[:MAX_TEXT], manifest.task)


def step_score(data: bytes) -> str:
    """The first score of a run in words: "accuracy 0.541 in 300 rows, 2 without an answer".

    Raises:
        InputError: the scores are damaged.
    """
    scores = _parse(StepScores, data)
    first = scores.scores[0]
    missing = f", {scores.n_missing} without an answer" if scores.n_missing else ""
    return one_line(f"{first.name} {first.strict:.3f} in {step_text.format_count(scores.n, 'row')}{missing}")


def _parse(model: type[R], data: bytes) -> R:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        reason = first_invalid_field(error).message
        raise InputError(f"It is damaged ({reason}): run the same viddiff eval again.") from None
