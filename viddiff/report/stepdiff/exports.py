"""Exports of documents on steps: tables, and a side by side video with the differences as captions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from viddiff.core.errors import UsageError
from viddiff.core.files import write_document
from viddiff.core.formatting import one_line
from viddiff.core.types import FrameRef, Progress, Side, Sides, silent
from viddiff.programs.stepdiff.results import (
    AnyStepDocument,
    ComparedSteps,
    InstructionComparisonRecord,
    StepAnswerRecord,
    StepDifference,
    StepRankingRecord,
)
from viddiff.report.exports import pictures
from viddiff.report.exports.captions import CaptionLine
from viddiff.report.exports.lettering import INK, QUIET
from viddiff.report.exports.tables import Cell, csv_of
from viddiff.report.exports.write import Choice, frame_reader, make_folder, write_captioned_video
from viddiff.report.media import Media
from viddiff.report.stepdiff import step_text
from viddiff.report.stepdiff.page import compared_clips
from viddiff.report.videos import find_videos

DIFFERENCE_HEAD = (
    "number", "step", "category", "difference", "severity", "check", "p_true", "p_true_swapped",
    "times in reference (s)", "times in candidate (s)", "error",
)  # fmt: skip
ANSWER_HEAD = (
    "question", "answer", "answerable", "confidence", "seen in reference", "seen in candidate",
    "times in reference (s)", "times in candidate (s)", "error",
)  # fmt: skip
RANK_HEAD = ("place", "candidate", "similarity", "grade alone", "why", "error")


def write_step_exports(
    document: AnyStepDocument,
    folder: Path,
    media: Media,
    choice: Choice,
    *,
    named_videos: tuple[Path | None, Path | None] = (None, None),
    folder_of_document: Path | None = None,
    progress: Progress = silent,
    on_written: Callable[[Path], None] = lambda path: None,
) -> None:
    """Write the document and what was chosen into an existing folder; arguments as of ``write.write_exports``.

    Raises:
        UsageError: a file cannot be written there, or this document has nothing of what was chosen.
        InputError: a named video is missing or another one, or the side by side video needs one that cannot be found.
    """
    check_choice(document, choice)
    on_written(write_document(folder / "steps.json", document.to_json()))
    if choice.asks_for("csv"):
        name, head, rows = table_of(document)
        on_written(write_document(folder / name, csv_of(head, rows)))
    if isinstance(document, StepRankingRecord):
        return
    clips = compared_clips(document)
    videos = find_videos(clips, media.videos, named_videos, [folder_of_document] if folder_of_document else [])
    if choice.asks_for("images"):
        for path in write_images(document, make_folder(folder / "images"), videos, media):
            on_written(path)
    if isinstance(document, ComparedSteps) and choice.asks_for("mp4"):
        for path in write_captioned_video(clips, lines_of(document), folder, choice, videos, media.limits, progress):
            on_written(path)


def check_choice(document: AnyStepDocument, choice: Choice) -> None:
    """Raise UsageError where the document has nothing of what was chosen."""
    for export in ("kva", "landmarks"):
        if getattr(choice, export):
            raise UsageError(
                f"--{export} is not available for documents on steps: choose from --csv, --images and --mp4."
            )
    if choice.mp4 and not isinstance(document, ComparedSteps):
        raise UsageError("--mp4 is only available for the differences of steps: leave it out.")
    if choice.images and isinstance(document, StepRankingRecord):
        raise UsageError("A ranking has no frames to show: leave --images out.")


@dataclass(frozen=True)
class PictureContent:
    """What one picture shows: frames of the reference and the candidate, and texts below them."""

    name: str
    reference: Sequence[FrameRef]
    candidate: Sequence[FrameRef]
    texts: Sequence[pictures.PictureText]


def write_images(
    document: ComparedSteps | StepAnswerRecord, folder: Path, videos: Sides[Path | None], media: Media
) -> list[Path]:
    """Write a JPEG for each difference, or the answer, that frames show; returns the files.

    Raises:
        InputError: a frame is not to be had. UsageError: a file cannot be written.
    """
    contents = [answer_picture(document)] if isinstance(document, StepAnswerRecord) else difference_pictures(document)
    frames: dict[Side, list[FrameRef]] = {
        "a": [frame for one in contents for frame in pictures.spread_frames(one.reference)],
        "b": [frame for one in contents for frame in pictures.spread_frames(one.candidate)],
    }
    read = frame_reader(compared_clips(document), frames, videos, media)
    paths = []
    for number, one in enumerate(contents, 1):
        image = pictures.picture_of((one.reference, one.candidate), one.texts, read)
        if image is not None:
            paths.append(pictures.save(image, folder, number, one.name))
    return paths


def difference_pictures(document: ComparedSteps) -> list[PictureContent]:
    """The differences in the order of the page, with severity and check below."""
    contents = []
    for step, category, difference in document.rows():
        about = [step.name] if isinstance(document, InstructionComparisonRecord) else []
        about += [category, step_text.severity_text(difference), step_text.check_text(difference.check)]
        sentence = pictures.PictureText(one_line(difference.difference), INK, 3)
        texts = (sentence, pictures.PictureText(one_line(" · ".join(about)), QUIET, 2))
        frames = in_time(difference.frames_reference), in_time(difference.frames_candidate)
        contents.append(PictureContent(f"{category} {difference.difference}", *frames, texts))
    return contents


def answer_picture(document: StepAnswerRecord) -> PictureContent:
    """The answer below its question."""
    answer = document.answer
    question = pictures.PictureText(one_line(answer.question), QUIET, 2)
    texts = (question, pictures.PictureText(one_line(answer.answer), INK, 3))
    return PictureContent(answer.question, in_time(answer.frames_reference), in_time(answer.frames_candidate), texts)


def in_time(frames: Sequence[FrameRef]) -> list[FrameRef]:
    """Frames in the order of time."""
    return sorted(frames, key=lambda frame: frame.time_s)


class CsvTable(NamedTuple):
    """A table: the name of its file, its head and its rows."""

    name: str
    head: Sequence[str]
    rows: Iterator[Sequence[Cell]]


def table_of(document: AnyStepDocument) -> CsvTable:
    """The document as a table."""
    if isinstance(document, StepAnswerRecord):
        return CsvTable("answer.csv", ANSWER_HEAD, _answer_rows(document))
    if isinstance(document, StepRankingRecord):
        return CsvTable("ranking.csv", RANK_HEAD, _rank_rows(document))
    return CsvTable("differences.csv", DIFFERENCE_HEAD, _difference_rows(document))


def lines_of(document: ComparedSteps) -> tuple[CaptionLine, ...]:
    """The caption of each difference, at the moments that were named."""
    return tuple(
        CaptionLine(
            f"{one_line(difference.difference).rstrip('.')} ({step_text.severity_text(difference)})",
            tuple(frame.time_s for frame in difference.frames_reference),
            tuple(frame.time_s for frame in difference.frames_candidate),
        )
        for difference in (row.difference for row in document.rows())
    )


def _difference_rows(document: ComparedSteps) -> Iterator[Sequence[Cell]]:
    number = 0
    for step in document.step_pairs:
        for category in step.categories:
            if category.failed:
                yield None, step.name, category.category, *[None] * 7, category.error
            for difference in category.differences:
                number += 1
                yield number, step.name, category.category, *_difference_cells(difference)


def _difference_cells(difference: StepDifference) -> Sequence[Cell]:
    check = difference.check
    checked = (check.outcome, check.p_true, check.p_true_swapped) if check else (None, None, None)
    times = _seconds(difference.frames_reference), _seconds(difference.frames_candidate)
    return (difference.difference, difference.severity, *checked, *times, check.error if check else None)


def _answer_rows(document: StepAnswerRecord) -> Iterator[Sequence[Cell]]:
    answer = document.answer
    yield (
        answer.question, answer.answer, "yes" if answer.answerable else "no", answer.confidence, answer.seen_reference,
        answer.seen_candidate, _seconds(answer.frames_reference), _seconds(answer.frames_candidate), answer.error,
    )  # fmt: skip


def _rank_rows(document: StepRankingRecord) -> Iterator[Sequence[Cell]]:
    for place, candidate in enumerate(document.ranked, 1):
        name = document.candidates[candidate.index].name
        yield (
            None if candidate.failed else place,
            name,
            candidate.similarity,
            candidate.grade,
            candidate.reason,
            candidate.error,
        )


def _seconds(frames: Sequence[FrameRef]) -> str:
    return "; ".join(f"{frame.time_s:.3f}" for frame in frames)
