"""What a compilation has cost, over all sessions of the same command: one that was killed has spent money, too."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import ValidationError

from viddiff.core.files import write_document
from viddiff.core.record import Record
from viddiff.core.types import Progress
from viddiff.core.usage import cost_of
from viddiff.lms import LMs

#: Seconds between two writings.
_EVERY_S = 0.2


class CompileCost(Record):
    """Calls that a model answered, answers that came from the cache, failed calls; None: no price is known."""

    sessions: int = 0
    """How often the command was started."""
    calls: int = 0
    """Calls that a model answered."""
    cached_calls: int = 0
    """Answers that came from the cache."""
    failed_calls: int = 0
    """Calls without an answer."""
    cost_usd: float | None = 0.0
    """US dollars."""
    seconds: float = 0.0
    """Wall-clock, of all sessions."""

    def __add__(self, other: CompileCost) -> CompileCost:
        costs = (self.cost_usd, other.cost_usd)
        return CompileCost(
            sessions=self.sessions + other.sessions,
            calls=self.calls + other.calls,
            cached_calls=self.cached_calls + other.cached_calls,
            failed_calls=self.failed_calls + other.failed_calls,
            cost_usd=None if costs[0] is None or costs[1] is None else costs[0] + costs[1],
            seconds=self.seconds + other.seconds,
        )


class CostRecord:
    """Counts what a session costs and keeps it, with that of earlier ones, in a file.

    Args:
        folder: of this compilation; None: nothing is kept.
        lms: whose calls are counted from now on.
    """

    def __init__(self, folder: Path | None, lms: LMs) -> None:
        self.path = None if folder is None else folder / "effort.json"
        self.earlier = self._read()
        self._lms, self._used = lms, cost_so_far(lms)
        self._began_s = time.monotonic()
        self._kept_s = 0.0

    def _read(self) -> CompileCost:
        try:
            return CompileCost.model_validate_json(self.path.read_bytes()) if self.path is not None else CompileCost()
        except (OSError, ValidationError):
            return CompileCost()

    @property
    def total(self) -> CompileCost:
        """Of all sessions, this one with them."""
        now, used = cost_so_far(self._lms), self._used
        cost_usd = None if now.cost_usd is None or used.cost_usd is None else now.cost_usd - used.cost_usd
        return self.earlier + CompileCost(
            sessions=1,
            calls=now.calls - used.calls,
            cached_calls=now.cached_calls - used.cached_calls,
            failed_calls=now.failed_calls - used.failed_calls,
            cost_usd=cost_usd,
            seconds=round(time.monotonic() - self._began_s, 1),
        )

    def keep(self, at_once: bool = False) -> None:
        """Write the total, if it is due."""
        now_s = time.monotonic()
        if self.path is not None and (at_once or now_s - self._kept_s >= _EVERY_S):
            self._kept_s = now_s
            write_document(self.path, self.total.model_dump_json())


def cost_so_far(lms: LMs) -> CompileCost:
    """What these models have been asked so far."""
    usage = lms.usage
    n_cached = sum(entry.cached_calls for entry in usage)
    return CompileCost(
        calls=sum(entry.calls for entry in usage) - n_cached,
        cached_calls=n_cached,
        failed_calls=sum(entry.failed_calls for entry in usage),
        cost_usd=cost_of(usage) if usage else 0.0,
    )


def record_cost(cost: CostRecord, progress: Progress) -> Progress:
    """The progress, which also keeps the cost."""

    def report(task: str, done: int, total: int) -> None:
        cost.keep()
        progress(task, done, total)

    return report
