"""``viddiff table``: runs side by side, with the published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from viddiff.cli import steps_files
from viddiff.cli.sheets import markdown_of, sheet_of
from viddiff.core.formatting import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viddiff.eval.viddiffbench.table import TableRow


@click.command(short_help="Print runs side by side, with the published figures.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "csv"]),
    default="terminal",
    show_default=True,
    help="Output format.",
)
def table(runs: tuple[str, ...], form: str) -> int:
    """Print the results of run folders side by side: scores in percent over rows with label a or b.

    Files of `viddiff score --out` for StepDiff are printed beside the figures of its paper.
    """
    from pathlib import Path

    from viddiff.eval.viddiffbench.run_comparison import compare_runs
    from viddiff.eval.viddiffbench.table import rows_of
    from viddiff.report.runs.terminal_runs import pairs_view, runs_view
    from viddiff.report.terminal.view import print_view

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
            print_view(runs_view(rows))
        else:
            click.echo(as_markdown(rows) if form == "markdown" else as_csv(rows))
    if form == "terminal":
        print_view(pairs_view(compare_runs(folders)))
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
