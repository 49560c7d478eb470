"""An alignment in the terminal: what each part of A is aligned with and costs, and whether to believe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from viddiff.core.alignment import Alignment


def show(alignment: Alignment) -> None:
    """Print the table and the summary on standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(alignment_table(alignment))
    for line in alignment_summary(alignment):
        console.print(line)


def alignment_table(alignment: Alignment) -> Table:
    """One row for each part of A."""
    from rich.table import Table

    table = Table(box=None)
    for name in ("A", "B", "B is", "cost", "share of cost"):
        table.add_column(name, justify="left" if name == "share of cost" else "right")
    for part in alignment.parts:
        lasts_a_s, lasts_b_s = part.stop_a_s - part.start_a_s, part.stop_b_s - part.start_b_s
        pace = f"{lasts_a_s / lasts_b_s:.2f}x as fast" if min(lasts_a_s, lasts_b_s) > 0 else "still"
        table.add_row(
            f"{part.start_a_s:.2f}-{part.stop_a_s:.2f} s",
            f"{part.start_b_s:.2f}-{part.stop_b_s:.2f} s",
            pace,
            f"{part.cost:.2f}",
            f"{part.share:4.0%} {'#' * round(20 * part.share)}",
        )
    return table


def alignment_summary(alignment: Alignment) -> list[str]:
    """Features, health and notices, a line each."""
    health = alignment.health
    spread_s = sum(alignment.spread_s) / len(alignment.spread_s)
    lines = [
        f"Aligned by {alignment.features}: {len(alignment.times_a_s)} frames of A with {len(alignment.times_b_s)} "
        f"of B, each to about {spread_s:.2f} s.",
        f"Distance along the alignment {health.on_path:.2f}, of any two frames {health.off_path:.2f}.",
    ]
    return [*lines, *alignment.notices]
