"""Runs side by side with the published figures, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from viddiff.core.formatting import NO_VALUE, one_line, percent, percent_interval
from viddiff.eval.viddiffbench.table import HEAD
from viddiff.report.terminal.view import Column, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.eval.viddiffbench.run_comparison import RunPair
    from viddiff.eval.viddiffbench.table import TableRow


def runs_view(rows: Sequence[TableRow]) -> Iterator[RenderableType]:
    """The rows; published ones are dim."""
    figures = (Column(name, justify="right", no_wrap=True) for name in HEAD[4:])
    grid = table(Column("run", min_width=24, max_width=40), *figures)
    for row in rows:
        run, task, data, pairs, *cells = row.cells
        label = f"{run}: {task}" if row.published else f"{run}\n{task}, {data}, {pairs} pairs"
        grid.add_row(*(Text(cell, style="dim" if row.published else "") for cell in (label, *cells)))
    yield grid


def pairs_view(pairs: Sequence[RunPair]) -> Iterator[RenderableType]:
    """Paired tests and swap consistency, a line each."""
    for one in pairs:
        if one.swap is not None:
            share = f"{percent(one.swap.share, 1)} of {one.swap.n} answers"
            stood = f"{share} stay the same (95 %: {percent_interval(one.swap.interval)})"
            yield one_line(f"{one.first}, videos swapped in {one.second}: {stood}")
        for test in one.paired or ():
            p_value = NO_VALUE if test.p_value is None else f"{test.p_value:.3f}"
            interval = percent_interval(test.interval, sign="")
            change = f"{100 * test.difference:+.1f} points (95 %: {interval}; p = {p_value}; {test.n} rows)"
            yield one_line(f"{one.first} against {one.second}, {test.name}: {change}")
