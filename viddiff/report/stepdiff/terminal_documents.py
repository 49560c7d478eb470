"""Differences of steps, answers and rankings in the terminal. Text from models never becomes markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from viddiff.core.formatting import NO_VALUE, one_line, percent
from viddiff.core.types import FrameRef
from viddiff.programs.stepdiff.results import (
    CategoryDifferences,
    ComparedSteps,
    InstructionComparisonRecord,
    PairedStep,
    StepAnswerRecord,
    StepDocumentRecord,
    StepRankingRecord,
)
from viddiff.report import formatting
from viddiff.report.stepdiff.step_text import brief_check, summary_sentence, where_text
from viddiff.report.terminal.view import Column, TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Columns of sentences, which have the room, and the most that others take: 80 characters are enough for a row.
_WIDE = ("candidate, compared with the reference", "why")
_MOST = {"category": 15, "candidate": 24}


def document_view(document: StepDocumentRecord) -> Iterator[RenderableType]:
    """The table or the answer, then notices, failures and what was paid."""
    if isinstance(document, ComparedSteps):
        yield of_comparison(document)
        yield Text(summary_sentence(document), style="bold")
    elif isinstance(document, StepAnswerRecord):
        yield from of_answer(document)
    elif isinstance(document, StepRankingRecord):
        yield of_ranking(document)
    for notice in document.notices:
        yield Text(f"Notice: {one_line(notice)}", style="yellow")
    for error in dict.fromkeys(one.error for one in document.answers if one.error):
        yield Text(f"Failed: {one_line(error)}", style="red")
    for usage in document.usage:
        yield Text(formatting.usage_text(usage), style="dim")
    if document.usage:
        yield Text(f"Cost: {formatting.money(document.cost_usd)}", style="dim")


def of_comparison(document: ComparedSteps) -> TextTable:
    """A row for each difference, and one for each category without any; a step begins with a row of its own."""
    grid = _table("category", "candidate, compared with the reference", "severity", "check", "seen at, s")
    for number, step in enumerate(document.step_pairs, 1):
        if isinstance(document, InstructionComparisonRecord):
            where = where_text(step)
            text = one_line(step.name) + (f": {where}" if where else "")
            grid.add_row(Text(f"step {number}", style="bold"), Text(text, style="bold"), "", "", _spans(step))
        for category in step.categories:
            for row in _rows(category):
                grid.add_row(*row)
    return grid


def _spans(step: PairedStep) -> str:
    both = (("ref.", step.reference), ("cand.", step.candidate))
    return "\n".join(f"{side} {where.start_s:.0f}–{where.stop_s:.0f}" for side, where in both if where)


def _rows(category: CategoryDifferences) -> Iterator[Sequence[str]]:
    name = one_line(category.category)
    if not category.differences:
        yield name, _empty_category_text(category), "", "", ""
    for difference in category.differences:
        times = f"ref. {_seconds(difference.frames_reference)}\ncand. {_seconds(difference.frames_candidate)}"
        yield (
            name,
            one_line(difference.difference),
            f"{difference.severity} of 5",
            brief_check(difference.check) or NO_VALUE,
            times,
        )
        name = ""


def of_answer(document: StepAnswerRecord) -> Iterator[Text]:
    """The answer and what it rests on."""
    answer = document.answer
    if answer.failed:
        return
    sure = "" if answer.answerable else " (the frames do not tell)"
    yield Text(one_line(answer.answer) + sure, style="bold")
    yield Text(f"Confidence: {percent(answer.confidence)}")
    for side, seen, frames in (
        ("reference", answer.seen_reference, answer.frames_reference),
        ("candidate", answer.seen_candidate, answer.frames_candidate),
    ):
        yield Text(f"In the {side}: {one_line(seen)} (at {_seconds(frames)} s)")


def of_ranking(document: StepRankingRecord) -> TextTable:
    """A row for each candidate, the closest first."""
    grid = _table("", "candidate", "similarity", "grade alone", "why")
    for place, candidate in enumerate(document.ranked, 1):
        name = one_line(document.candidates[candidate.index].name)
        figures = (percent(candidate.similarity), percent(candidate.grade))
        reason = "failed" if candidate.failed else one_line(candidate.reason)
        grid.add_row(NO_VALUE if candidate.failed else str(place), name, *figures, reason)
    return grid


def _empty_category_text(category: CategoryDifferences) -> str:
    return "failed" if category.failed else "no difference seen"


def _seconds(frames: Sequence[FrameRef]) -> str:
    return formatting.where_to_look(frames, range(len(frames)))


def _table(*head: str) -> TextTable:
    columns = [
        Column(name, min_width=20) if name in _WIDE else Column(name, min_width=3, max_width=_MOST.get(name, 12))
        for name in head
    ]
    return table(*columns, lines=True)
