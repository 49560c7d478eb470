"""What a data set of scored performances holds, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import one_line
from viddiff.eval.skilldiff.check import SkillReport
from viddiff.report.terminal.view import table

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST = 50


def data_view(report: SkillReport) -> Iterator[RenderableType]:
    """Counts, then what is wrong or missing, a line each."""
    grid = table("", "")
    facts = {
        "performances": report.n_items,
        "with a score": report.n_scored,
        "labelled pairs": report.n_pairs,
        "known performers": report.n_performers,
        "references": report.n_references,
        "scored segments": report.n_segments,
        **{f"activity {one_line(name)}": n for name, n in report.activities.items()},
        **{f"part {name}" if name else "in no part": n for name, n in report.splits.items()},
        "files that are missing": len(report.missing),
        "content": report.content_hash[:12],
    }
    for name, value in facts.items():
        grid.add_row(name, str(value))
    yield grid
    for row in report.bad_rows[:_MOST]:
        yield f"{row.file}, line {row.line}: {one_line(row.reason)}"
    for path in report.missing[:_MOST]:
        yield f"missing: {one_line(path)}"
    left_out = max(0, len(report.bad_rows) - _MOST) + max(0, len(report.missing) - _MOST)
    if left_out:
        yield f"... and {left_out} more; --json has all."
    for notice in report.notices:
        yield one_line(notice)
