"""Why a performance lost what it lost, in the terminal: the cost of each part, sentences, advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import NO_VALUE, one_line, percent
from viddiff.report import formatting
from viddiff.report.skilldiff.skill_text import (
    NOTHING_CLEAR,
    OWN,
    cost_text,
    has_own,
    headline,
    key_moment,
    measurement_text,
    side_text,
)
from viddiff.report.skilldiff.terminal_distance import distance_summary, score_summary
from viddiff.report.terminal.view import TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.programs.skilldiff.explanation import ExplainedPart, SkillExplanationRecord


def explanation_view(explanation: SkillExplanationRecord) -> Iterator[RenderableType]:
    """The table of parts, the sentences and the advice."""
    yield one_line(f"{explanation.query.name} against {explanation.reference.name}: {headline(explanation)}")
    yield parts_table(explanation)
    yield from sentences(explanation)
    yield from advice(explanation)
    yield from summary(explanation)


def parts_table(explanation: SkillExplanationRecord) -> TextTable:
    """One row for each part; those that the sentences speak of are marked."""
    own = has_own(explanation.parts)
    grid = table("", "part", "#query", "#reference", "#cost", "#±", *(["#" + OWN] if own else []), "#share")
    for part in explanation.parts:
        grid.add_row(
            "*" if part.shown else "",
            one_line(part.name),
            formatting.span(part.start_s, part.stop_s),
            _no_part(explanation, part) or formatting.span(part.reference_start_s, part.reference_stop_s),
            cost_text(part.cost),
            cost_text(part.spread),
            *([cost_text(part.within_reference)] if own else []),
            percent(part.share),
        )
    return grid


def sentences(explanation: SkillExplanationRecord) -> Iterator[str]:
    """Each sentence with its number, what was measured or said of it, and where to look."""
    for number, sentence in enumerate(explanation.findings, 1):
        statement = one_line(sentence.difference.statement)
        yield f"{number}. {statement[:1].upper()}{statement[1:]}{side_text(sentence, explanation.parts)}"
        if sentence.measurements:
            yield f"   {'; '.join(map(measurement_text, sentence.measurements))}"
        if sentence.verdict.swapped_answer:
            yield f"   {one_line(sentence.verdict.reason)}"
        yield f"   {key_moment(sentence, 'a')} of the query, {key_moment(sentence, 'b')} of the reference"
    if not explanation.findings and any(part.shown for part in explanation.parts):
        yield NOTHING_CLEAR


def advice(explanation: SkillExplanationRecord) -> Iterator[str]:
    """What to do, with the numbers of the sentences that it rests on."""
    for one in explanation.advice:
        cited = ", ".join(str(place + 1) for place in one.findings)
        yield one_line(f"-> {one.text} [{cited}]")


def summary(explanation: SkillExplanationRecord) -> Iterator[str]:
    """How sure the cost is, what failed and notices, a line each."""
    if explanation.score:
        yield from score_summary(explanation.score)
    else:
        yield from distance_summary(explanation.distance, notices=False)
    if explanation.n_failed:
        yield f"{explanation.n_failed} calls of the model have no answer."
    for usage in explanation.usage:
        yield formatting.usage_text(usage)
    yield from dict.fromkeys(explanation.notices)


def _no_part(explanation: SkillExplanationRecord, part: ExplainedPart) -> str:
    """Why a part has none in the reference; where no part has, that is printed once below the table."""
    return NO_VALUE if part.reason_unknown and explanation.alignment.health.problems else part.reason_unknown
