"""An alignment in the terminal: what each part of A is aligned with and costs, and whether to believe it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import percent
from viddiff.report.formatting import span
from viddiff.report.terminal.view import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.core.alignment import Alignment


def alignment_view(alignment: Alignment) -> Iterator[RenderableType]:
    """A row for each part of A, then features, health and notices, a line each."""
    grid = table("#A", "#B", "#B is", "#cost", "share of cost")
    for part in alignment.parts:
        lasts_a_s, lasts_b_s = part.stop_a_s - part.start_a_s, part.stop_b_s - part.start_b_s
        grid.add_row(
            span(part.start_a_s, part.stop_a_s),
            span(part.start_b_s, part.stop_b_s),
            f"{lasts_a_s / lasts_b_s:.2f}x as fast" if min(lasts_a_s, lasts_b_s) > 0 else "still",
            f"{part.cost:.2f}",
            f"{percent(part.share):>5} {'#' * round(20 * part.share)}",
        )
    yield grid
    health = alignment.health
    spread_s = sum(alignment.spread_s) / len(alignment.spread_s)
    yield (
        f"Aligned by {alignment.features}: {len(alignment.times_a_s)} frames of A with {len(alignment.times_b_s)} "
        f"of B, each to about {spread_s:.2f} s."
    )
    yield f"Distance along the alignment {health.on_path:.2f}, of any two frames {health.off_path:.2f}."
    yield from alignment.notices
