"""A session of a run: one process that answers what the journal does not hold yet, and what all sessions spent.

What decides the result stands in the manifest; every answer is in the journal before the next question is asked; the
result is computed from the journal alone. So a run that was killed goes on with the same command and ends in the same
result, and at most the questions in flight are asked again.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from viddiff.core.errors import UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.record import Record
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.core.usage import Usage
from viddiff.eval.journal import Journal

if TYPE_CHECKING:
    from viddiff.lms import LMs

T = TypeVar("T")


class Session:
    """A session of the run that a journal is of.

    Args:
        journal: held by this process.
        progress: called with (task, done, total).

    Attributes:
        records: what earlier sessions left in the journal.
        lms: the models whose usage is kept; None: none are asked.
    """

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self.journal, self.progress = journal, progress
        self.records = journal.read()
        self.lms: LMs | None = None
        self._usages = _usage_by_session(self.records)
        self._began_s = time.monotonic()

    def settings_within_budget(self, settings: Settings) -> Settings:
        """The settings with what is left of money and calls after earlier sessions.

        Raises:
            UsageError: nothing is left.
        """
        usages = [usage for session in self._usages.values() for usage in session]
        # As far as prices are known.
        spent_usd = sum(usage.cost_usd or 0.0 for usage in usages)
        n_asked = sum(usage.calls - usage.cached_calls + usage.failed_calls for usage in usages)
        left: dict[str, float] = {}
        if settings.max_cost is not None:
            left["max_cost"] = settings.max_cost - spent_usd
            if left["max_cost"] <= 0:
                raise UsageError(f"--max-cost {settings.max_cost:g} is spent (${spent_usd:.4f}): raise it to continue.")
        if settings.max_calls is not None:
            left["max_calls"] = settings.max_calls - n_asked
            if left["max_calls"] <= 0:
                raise UsageError(
                    f"--max-calls {settings.max_calls} are used up ({n_asked} made): raise it to continue."
                )
        return settings.model_copy(update=left)

    def answer_items(
        self,
        unit: str,
        items: Sequence[T],
        key_of: Callable[[T], str],
        settled: Container[str],
        answer: Callable[[T], None],
        n_threads: int,
    ) -> None:
        """Answer every item that is not settled, several at a time; items of one key once.

        Args:
            unit: what progress calls the items, e.g. "pairs".
            settled: keys of items that need no more work.
            answer: answers one item; when it returns, the answer is in the journal.

        Raises:
            VidDiffError: what ``answer`` raised; the same command goes on.
        """
        pending = {key: item for item in items if (key := key_of(item)) not in settled}
        jobs = [functools.partial(answer, item) for item in pending.values()]
        self.run(unit, jobs, n_threads, len(items) - len(jobs))

    def run(self, unit: str, jobs: Sequence[Callable[[], T]], n_threads: int, n_done: int = 0) -> list[T]:
        """What the jobs return, in their order; usage is kept after each, and when one fails.

        Args:
            n_done: how many were done before, for progress.
        """
        total = n_done + len(jobs)
        self.progress(unit, n_done, total)

        def on_done(n_more: int) -> None:
            self.progress(unit, n_done + n_more, total)
            self.keep_usage()

        try:
            return in_parallel(jobs, n_threads, on_done)
        finally:
            self.keep_usage()

    def keep_usage(self) -> None:
        """Keep what this session asked and how long it has taken; the last such record of a session counts."""
        usage = [] if self.lms is None else [entry.model_dump(mode="json") for entry in self.lms.usage]
        seconds = round(time.monotonic() - self._began_s, 1)
        number = 1 + max(self._usages, default=0)
        self.journal.append({"type": "usage", "session": number, "usage": usage, "seconds": seconds})
        if self.lms is not None and self.lms.spent_usd:
            budget = round(100 * (self.lms.budget_usd or 0))
            self.progress("spent, US cents", round(100 * self.lms.spent_usd), budget)


class RunUsage(Record):
    """What a run cost, summed over its sessions."""

    sessions: int
    """How often the command was started."""
    seconds: float
    """Wall-clock seconds of all sessions."""
    usage: tuple[Usage, ...]
    """What was asked of each model."""


def usage_of(records: Iterable[Mapping[str, Any]]) -> RunUsage:
    """What all sessions of a run asked."""
    records = list(records)
    sessions = _usage_by_session(records)
    # Runs on StepDiff did not keep their time in earlier versions.
    seconds = {record["session"]: record.get("seconds", 0.0) for record in records if record["type"] == "usage"}
    totals: dict[str, Usage] = {}
    for usage in (usage for session in sessions.values() for usage in session):
        totals[usage.role] = add_usage(totals[usage.role], usage) if usage.role in totals else usage
    return RunUsage(sessions=len(sessions), seconds=round(sum(seconds.values()), 1), usage=tuple(totals.values()))


def _usage_by_session(records: Iterable[Mapping[str, Any]]) -> dict[int, list[Usage]]:
    """Number of a session -> what it asked; its last record counts."""
    last = {record["session"]: record["usage"] for record in records if record["type"] == "usage"}
    return {session: [Usage.model_validate(usage) for usage in usages] for session, usages in last.items()}


def add_usage(first: Usage, second: Usage) -> Usage:
    """Two usages of one role as one; an unknown price stays unknown."""
    counts = ("calls", "cached_calls", "failed_calls", "images", "input_tokens", "output_tokens")
    sums: dict[str, Any] = {name: getattr(first, name) + getattr(second, name) for name in counts}
    costs = (first.cost_usd, second.cost_usd)
    sums["cost_usd"] = None if None in costs else sum(cost for cost in costs if cost is not None)
    return first.model_copy(update=sums)
