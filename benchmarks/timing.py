"""What all benchmarks share: medians and the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One measurement: ours and a reference, both in seconds and from the same run."""

    what: str
    input: str
    ours_s: float
    reference_s: float
    reference: str

    @property
    def ratio(self) -> float:
        """How many times the reference's time ours fits into."""
        return self.reference_s / self.ours_s


def median_s(work: Callable[[], object], repetitions: int) -> float:
    """The median of several timings in seconds, after one that is thrown away."""
    work()
    timings = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        timings.append(time.perf_counter() - start)
    return median(timings)


def show(rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "input", "ours", "reference", "reference is", "ratio")
    for row in rows:
        ours, reference = (f"{1000 * seconds:.3g} ms" for seconds in (row.ours_s, row.reference_s))
        table.add_row(row.what, row.input, ours, reference, row.reference, f"{row.ratio:,.3g}x")
    Console(width=120).print(table)
