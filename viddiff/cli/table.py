"""``viddiff table``: runs side by side, with the published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from viddiff.cli import steps_files
from viddiff.cli.sheets import markdown_of, sheet_of
from viddiff.core.formatting import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viddiff.eval.viddiffbench.run_comparison import RunPair
    from viddiff.eval.viddiffbench.table import TableRow


@click.command(short_help="Put runs side by side, with the published figures.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--format", "form", type=click.Choice(["terminal", "markdown", "csv"]), default="terminal", show_default=True
)
def table(runs: tuple[str, ...], form: str) -> int:
    """Put the results of run folders side by side: scores in percent over rows with label a or b.

    Files that `viddiff score --out` wrote for StepDiff are put beside the figures of its paper.
    """
    from pathlib import Path

    from viddiff.eval.viddiffbench.run_comparison import compare_runs
    from viddiff.eval.viddiffbench.table import rows_of

    files = [Path(run) for run in runs if Path(run).is_file()]
    if files:
        steps_files.table(files, form)
    folders = [Path(run) for run in runs if Path(run) not in files]
    for mode in ("closed", "open"):
        rows = clean(rows_of(folders, "closed" if mode == "closed" else "open"))
        if not rows:
            continue
        click.echo(f"{mode} mode")
        if form == "terminal":
            show(rows)
        else:
            click.echo(as_markdown(rows) if form == "markdown" else as_csv(rows))
    lines = comparison_lines(compare_runs(folders))
    if lines and form == "terminal":
        click.echo(lines)
    return 0


def clean(rows: Sequence[TableRow]) -> list[TableRow]:
    """The rows without what acts on a terminal or reorders a line, each cell on one line."""

    return [row.model_copy(update={"cells": tuple(map(one_line, row.cells))}) for row in rows]


def as_markdown(rows: Sequence[TableRow]) -> str:
    """A Markdown table of clean rows."""
    from viddiff.eval.viddiffbench.table import HEAD

    return markdown_of(HEAD, [row.cells for row in rows])


def as_csv(rows: Sequence[TableRow]) -> str:
    """CSV of clean rows."""
    from viddiff.eval.viddiffbench.table import HEAD

    return sheet_of(HEAD, [row.cells for row in rows])


def show(rows: Sequence[TableRow]) -> None:
    """The rows in the terminal; published ones are dim."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from viddiff.eval.viddiffbench.table import HEAD

    grid = Table(box=None, header_style="bold", pad_edge=False)
    grid.add_column("run", min_width=24, max_width=40, overflow="fold")
    for name in HEAD[4:]:
        grid.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        run, task, data, pairs, *figures = row.cells
        label = f"{run}: {task}" if row.published else f"{run}\n{task}, {data}, {pairs} pairs"
        grid.add_row(*(Text(cell, style="dim" if row.published else "") for cell in (label, *figures)))
    Console(highlight=False).print(grid)


def comparison_lines(pairs: Sequence[RunPair]) -> str:
    """Paired tests and swap consistency in lines."""
    from viddiff.eval.viddiffbench.table import in_percent
    from viddiff.report.runs.terminal_scores import printable, span

    lines = []
    for one in pairs:
        if one.swap is not None:
            share = f"{in_percent(one.swap.share)} % of {one.swap.n} answers"
            stood = f"{share} stay the same (95 %: {span(one.swap.interval)})"
            lines.append(printable(f"{one.first}, videos exchanged in {one.second}: {stood}"))
        for test in one.paired or ():
            p_value = "-" if test.p_value is None else f"{test.p_value:.3f}"
            change = f"{100 * test.difference:+.1f} points (95 %: {span(test.interval)}; p = {p_value}; {test.n} rows)"
            lines.append(printable(f"{one.first} against {one.second}, {test.name}: {change}"))
    return "\n".join(lines)
