"""The comparison in a terminal. Text from models never becomes markup, a link or an escape sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.formatting import one_line, percent
from viddiff.core.types import Finding
from viddiff.report import formatting
from viddiff.report.terminal.view import Column, table
from viddiff.report.viddiff import comparison_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_STYLES = {
    "a": "bold cyan",
    "b": "bold yellow",
    "c": "default",
    "unsure": "dim",
    "failed": "red",
    "refused": "red",
    "not_measurable": "dim",
}


def comparison_view(comparison: ComparisonRecord) -> tuple[RenderableType, ...]:
    """The table of the differences, and the summary."""
    return comparison_table(comparison), comparison_summary(comparison)


def comparison_table(comparison: ComparisonRecord) -> Table:
    """A row for each difference in reading order: statement, verdict, confidence, where to look in A and in B.

    Below a statement: what was measured, in A and in B, with half of the 95 % interval.

    Times are seconds from the start of each file: of the cited frames, or else of the frames that were looked at.
    """
    # Narrow, so that the statement has the room; what is longer wraps.
    grid = table(
        "difference",
        Column("verdict", max_width=15),
        Column("confidence", justify="right", no_wrap=True),
        Column("look in A, s", max_width=12),
        Column("look in B, s", max_width=12),
        lines=True,
    )
    for finding in formatting.reading_order(comparison.differences):
        grid.add_row(*_cells(finding))
    return grid


def comparison_summary(comparison: ComparisonRecord) -> Text:
    """What is not in the table: outcome, notices, what failed and why, what was asked of the models and its price."""
    lines = [Text(comparison_text.summary_sentence(comparison), style="bold")]
    lines += [_line("Notice: ", notice, "yellow") for notice in comparison_text.all_notices(comparison)]
    for finding in comparison_text.failures(comparison):
        verdict = finding.verdict
        reason = verdict.error or verdict.reason or "no reason given"
        lines.append(_line(f"{verdict.status.capitalize()}: ", f"{finding.difference.statement}: {reason}", "red"))
    lines += [_line("", formatting.usage_text(usage), "dim") for usage in comparison.usage]
    if comparison.usage:
        lines.append(_line("Cost: ", formatting.money(comparison.cost_usd), "dim"))
    return Text("\n").join(lines)


def _cells(finding: Finding) -> tuple[Text, ...]:
    verdict = finding.verdict
    style = _STYLES[formatting.kind_of(verdict)]
    return (
        _statement_cell(finding),
        Text(formatting.verdict_text(verdict), style=style),
        Text(percent(verdict.confidence)),
        Text(formatting.where_to_look(finding.frames_a, verdict.evidence_a)),
        Text(formatting.where_to_look(finding.frames_b, verdict.evidence_b)),
    )


def _statement_cell(finding: Finding) -> Text:
    """The statement, and below it what was measured."""
    text = Text(one_line(finding.difference.statement))
    for measurement in finding.measurements:
        if measurement.a is not None and measurement.b is not None:
            text.append(f"\n{formatting.format_pair(measurement)}", style="dim")
    return text


def _line(label: str, text: str, style: str) -> Text:
    return Text.assemble((label, style), one_line(text)) if label else Text(one_line(text), style=style)
