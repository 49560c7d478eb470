"""A query against experts in the terminal: how far each part is from theirs, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.motion.measurement.propose import amount

if TYPE_CHECKING:
    from rich.table import Table

    from viddiff.core.skill import MeasuredGap, ReferenceDistance, SkillDistance


def show(found: SkillDistance) -> None:
    """Print a table for each reference and the summary on standard output."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    for one in found.against:
        console.print(f"{found.query.name} against {one.reference.name}")
        console.print(distance_table(one))
    for line in distance_summary(found):
        console.print(line)


def distance_table(one: ReferenceDistance) -> Table:
    """One row for each part of the query."""
    from rich.table import Table

    table = Table(box=None)
    for name in ("part", "query", "reference", "distance", "share", "measured"):
        table.add_column(name, justify="left" if name in ("part", "measured") else "right")
    for part in one.parts:
        table.add_row(
            part.name,
            f"{part.start_s:.2f}-{part.stop_s:.2f} s",
            f"{part.reference_start_s:.2f}-{part.reference_stop_s:.2f} s",
            f"{part.distance:.2f}",
            f"{part.share:.0%}",
            "; ".join(map(gap_words, part.measured)),
        )
    return table


def gap_words(gap: MeasuredGap) -> str:
    """E.g. "knee angle 71 degrees, reference 95 degrees"."""
    return f"{gap.name} {_signed(gap.query, gap.unit)}, reference {_signed(gap.reference, gap.unit)}"


def _signed(value: float, unit: str) -> str:
    return ("-" if value < 0 else "") + amount(abs(value), unit)


def distance_summary(found: SkillDistance) -> Iterator[str]:
    """The whole distance, what it is one of, and notices, a line each."""
    for one in found.against:
        yield (
            f"Distance from {one.reference.name} by {one.features}: {one.distance:.2f}; "
            f"of any two frames: {one.any_frames:.2f}."
        )
        yield from one.notices
    if found.spread is not None:
        yield f"Mean distance {found.distance:.2f}, standard deviation over the references {found.spread:.2f}."
    yield "A distance and no score: it tells where the performances differ, not which is better."
    yield from found.notices
