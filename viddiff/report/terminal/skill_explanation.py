"""Why a performance lost what it lost, in the terminal: the cost of each part, sentences, advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.report import formatting as words
from viddiff.report.skill_words import (
    NOTHING_CLEAR,
    OWN,
    cost_words,
    has_own,
    headline,
    key_moment,
    measurement_words,
    side_words,
)
from viddiff.report.terminal.skill import distance_summary, score_summary

if TYPE_CHECKING:
    from rich.table import Table

    from viddiff.core.skill import ExplainedPart, SkillExplanation


def show(found: SkillExplanation) -> None:
    """Print the table of parts, the sentences and the advice on standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(words.one_line(f"{found.query.name} against {found.reference.name}: {headline(found)}"))
    console.print(parts_table(found))
    for line in (*sentences(found), *advice(found), *summary(found)):
        console.print(line)


def parts_table(found: SkillExplanation) -> Table:
    """One row for each part; those that the sentences speak of are marked."""
    from rich.table import Table

    table = Table(box=None)
    own = has_own(found.parts)
    for name in ("", "part", "query", "reference", "cost", "+-", *([OWN] if own else []), "share"):
        table.add_column(name, justify="left" if name in ("", "part") else "right")
    for part in found.parts:
        table.add_row(
            "*" if part.shown else "",
            part.name,
            words.span(part.start_s, part.stop_s),
            _no_part(found, part) or words.span(part.reference_start_s, part.reference_stop_s),
            cost_words(part.cost),
            cost_words(part.spread),
            *([cost_words(part.own)] if own else []),
            words.percent(part.share),
        )
    return table


def sentences(found: SkillExplanation) -> Iterator[str]:
    """Each sentence with its number, what was measured or said of it, and where to look."""
    for number, one in enumerate(found.sentences, 1):
        statement = words.one_line(one.difference.statement)
        yield f"{number}. {statement[:1].upper()}{statement[1:]}{side_words(one)}"
        if one.measurements:
            yield f"   {'; '.join(map(measurement_words, one.measurements))}"
        if one.verdict.swapped_answer:
            yield f"   {words.one_line(one.verdict.reason)}"
        yield f"   {key_moment(one, 'a')} of the query, {key_moment(one, 'b')} of the reference"
    if not found.sentences and any(part.shown for part in found.parts):
        yield NOTHING_CLEAR


def advice(found: SkillExplanation) -> Iterator[str]:
    """What to do, with the numbers of the sentences that it rests on."""
    for one in found.advice:
        cited = ", ".join(str(place + 1) for place in one.sentences)
        yield words.one_line(f"-> {one.text} [{cited}]")


def summary(found: SkillExplanation) -> Iterator[str]:
    """How sure the cost is, what failed and notices, a line each."""
    if found.score:
        yield from score_summary(found.score)
    else:
        yield from distance_summary(found.distance, notices=False)
    if found.n_failed:
        yield f"{found.n_failed} calls of the model have no answer."
    for usage in found.usage:
        yield words.usage_words(usage)
    yield from dict.fromkeys(found.notices)


def _no_part(found: SkillExplanation, part: ExplainedPart) -> str:
    """Why a part has none in the reference; where no part has, that is told once below the table."""
    return "–" if part.doubt and found.alignment.health.faults else part.doubt
