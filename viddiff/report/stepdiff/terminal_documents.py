"""Differences of steps, answers and rankings in the terminal. Text from models never becomes markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from viddiff.core.formatting import one_line, percent
from viddiff.core.types import FrameRef
from viddiff.programs.stepdiff.results import (
    CategoryDifferences,
    ComparedSteps,
    InstructionComparison,
    PairedStep,
    StepAnswer,
    StepDocument,
    StepRanking,
)
from viddiff.report import formatting
from viddiff.report.stepdiff.step_text import brief_check, summary_sentence, where_text

#: Columns of sentences, which have the room, and the most that others take: 80 characters are enough for a row.
_WIDE = ("candidate, compared with the reference", "why")
_MOST = {"category": 15, "candidate": 24}


def show(document: StepDocument) -> None:
    """Print a document on standard output."""
    console = Console(highlight=False, markup=False)
    for part in parts_of(document):
        console.print(part)


def parts_of(document: StepDocument) -> Iterator[RenderableType]:
    """The table or the answer, then notices, failures and what was paid."""
    if isinstance(document, ComparedSteps):
        yield of_comparison(document)
        yield Text(summary_sentence(document), style="bold")
    elif isinstance(document, StepAnswer):
        yield from of_answer(document)
    elif isinstance(document, StepRanking):
        yield of_ranking(document)
    for notice in document.notices:
        yield Text(f"Notice: {one_line(notice)}", style="yellow")
    for error in dict.fromkeys(one.error for one in document.answers if one.error):
        yield Text(f"Failed: {one_line(error)}", style="red")
    for usage in document.usage:
        yield Text(formatting.usage_text(usage), style="dim")
    if document.usage:
        yield Text(f"Cost: {formatting.money(document.cost_usd)}", style="dim")


def of_comparison(document: ComparedSteps) -> Table:
    """A row for each difference, and one for each category without any; a step begins with a row of its own."""
    table = _table("category", "candidate, compared with the reference", "severity", "check", "seen at, s")
    for number, step in enumerate(document.paired, 1):
        if isinstance(document, InstructionComparison):
            where = where_text(step)
            text = one_line(step.name) + (f": {where}" if where else "")
            table.add_row(Text(f"step {number}", style="bold"), Text(text, style="bold"), "", "", Text(_spans(step)))
        for category in step.categories:
            for row in _rows(category):
                table.add_row(*map(Text, row))
    return table


def _spans(step: PairedStep) -> str:
    both = (("ref.", step.reference), ("cand.", step.candidate))
    return "\n".join(f"{side} {where.start_s:.0f}–{where.stop_s:.0f}" for side, where in both if where)


def _rows(category: CategoryDifferences) -> Iterator[Sequence[str]]:
    name = one_line(category.category)
    if not category.differences:
        yield name, _without(category), "", "", ""
    for difference in category.differences:
        times = f"ref. {_seconds(difference.frames_reference)}\ncand. {_seconds(difference.frames_candidate)}"
        yield (
            name,
            one_line(difference.difference),
            f"{difference.severity} of 5",
            brief_check(difference.check) or "–",
            times,
        )
        name = ""


def of_answer(document: StepAnswer) -> Iterator[Text]:
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


def of_ranking(document: StepRanking) -> Table:
    """A row for each candidate, the closest first."""
    table = _table("", "candidate", "similarity", "grade alone", "why")
    for place, candidate in enumerate(document.ranked, 1):
        name = one_line(document.candidates[candidate.index].name)
        figures = (percent(candidate.similarity), percent(candidate.grade))
        reason = "failed" if candidate.failed else one_line(candidate.reason)
        table.add_row(*map(Text, ("–" if candidate.failed else str(place), name, *figures, reason)))
    return table


def _without(category: CategoryDifferences) -> str:
    return "failed" if category.failed else "no difference seen"


def _seconds(frames: Sequence[FrameRef]) -> str:
    return formatting.where_to_look(frames, range(len(frames)))


def _table(*head: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        wide = name in _WIDE
        most = None if wide else _MOST.get(name, 12)
        table.add_column(Text(name), overflow="fold", min_width=20 if wide else 3, max_width=most)
    return table
