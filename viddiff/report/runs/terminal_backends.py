"""Models side by side on the same labelled pairs, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import NO_VALUE, one_line, percent, percent_interval
from viddiff.report.formatting import money
from viddiff.report.terminal.view import Column, TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.eval.viddiffbench.backends import Backends


def backends_view(compared: Backends) -> Iterator[RenderableType]:
    """The table, what it rests on and what went wrong."""
    yield backends_table(compared)
    stages = f"stages of {compared.text_lm} for all" if compared.text_lm else "stages of each model's own"
    yield one_line(f"{compared.data}, {compared.n_pairs} pairs, both orders asked, {stages}")
    yield from (one_line(f"{row.model}: {row.fault}") for row in compared.rows if row.fault)


def backends_table(compared: Backends) -> TextTable:
    """A row for each model: the interval stands under the accuracy; one that came to nothing has no figures."""
    names = ("#accuracy %", "#swap %", "#failed", "#images", "#tokens", "#cost", "#s/pair")
    grid = table(Column("model", min_width=16), *names)
    for row in compared.rows:
        if row.score is None:
            grid.add_row(one_line(row.model), *[NO_VALUE] * len(names))
            continue
        grid.add_row(
            one_line(row.model),
            f"{percent(row.score.score, 1, sign='')}\n{percent_interval(row.score.interval, sign='')}",
            percent(row.swap.share if row.swap else None, 1, sign=""),
            f"{row.n_failed}/{row.n_questions}",
            f"{row.images:,}",
            f"{row.input_tokens + row.output_tokens:,}",
            money(row.cost_usd),
            NO_VALUE if row.seconds_per_pair is None else f"{row.seconds_per_pair:.1f}",
        )
    return grid
