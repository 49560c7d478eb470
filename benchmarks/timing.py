"""Shared by all benchmarks: medians, rows, and the table."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Row:
    """One measurement: ours and a reference, both in seconds and from the same run.

    Attributes:
        share: of what the machine could do at the most, 0 to 1; ``limit`` says what that is. None: not told.
        peak_mb: memory that ours adds at its peak; ``reference_peak_mb`` the same of the reference.
    """

    what: str
    input: str
    ours_s: float
    reference_s: float
    reference: str
    share: float | None = None
    limit: str = ""
    peak_mb: float | None = None
    reference_peak_mb: float | None = None

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


def high_water_mb() -> float:
    """The peak memory of this process so far, in MB; NaN where the system does not tell."""
    # Not getrusage: its peak is inherited from the process that started this one.
    status = Path("/proc/self/status")
    match = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(match[1]) / 1024 if match else float("nan")


def print_rows(rows: Sequence[Row]) -> None:
    """Print rows as a table, or write them to the file behind ``--json``."""
    if "--json" in sys.argv:
        path = Path(sys.argv[sys.argv.index("--json") + 1])
        path.write_text(json.dumps([asdict(row) for row in rows]))
    else:
        show(rows)


def show(rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "input", "ours", "reference", "reference is", "ratio", "share of", "peak MB", box=None)
    for row in rows:
        share = "" if row.share is None else f"{row.share:.0%} {row.limit}"
        peaks = [f"{mb:.0f}" for mb in (row.peak_mb, row.reference_peak_mb) if mb is not None and not math.isnan(mb)]
        times = (duration(row.ours_s), duration(row.reference_s))
        table.add_row(row.what, row.input, *times, row.reference, f"{row.ratio:,.3g}x", share, " / ".join(peaks))
    Console(width=150).print(table)


def duration(seconds: float) -> str:
    """A time with three digits, in a unit that fits."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1 or unit == "us":
            return f"{seconds * factor:.3g} {unit}" if seconds * factor < 1000 else f"{seconds * factor:,.0f} {unit}"
    raise AssertionError
