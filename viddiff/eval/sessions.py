"""What earlier sessions of a run spent, and what is left for the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from viddiff.core.errors import UsageError
from viddiff.core.record import Record
from viddiff.core.settings import Settings
from viddiff.core.usage import Usage

if TYPE_CHECKING:
    from viddiff.lms import LMs


class EarlierSessions(Record):
    """All sessions of a run before this one."""

    session: int
    """The number of this session, from 1."""
    spent_usd: float
    """As far as prices are known."""
    n_asked: int
    """Calls that no cache answered."""


def earlier_of(records: Iterable[Mapping[str, Any]]) -> EarlierSessions:
    """What a journal says; the last usage record of a session counts."""
    sessions = {record["session"]: record["usage"] for record in records if record["type"] == "usage"}
    usages = [Usage.model_validate(usage) for session in sessions.values() for usage in session]
    return EarlierSessions(
        session=1 + max(sessions, default=0),
        spent_usd=sum(usage.cost_usd or 0.0 for usage in usages),
        n_asked=sum(usage.calls - usage.cached_calls + usage.failed_calls for usage in usages),
    )


def usage_record(lms: LMs, session: int) -> dict[str, Any]:
    """What a session has asked so far, for the journal."""
    return {"type": "usage", "session": session, "usage": [entry.model_dump(mode="json") for entry in lms.usage]}


def affordable(settings: Settings, spent_usd: float, n_asked: int) -> Settings:
    """The settings with what is left of money and calls after earlier sessions.

    Raises:
        UsageError: nothing is left.
    """
    left: dict[str, float] = {}
    if settings.max_cost is not None:
        left["max_cost"] = settings.max_cost - spent_usd
        if left["max_cost"] <= 0:
            raise UsageError(f"--max-cost {settings.max_cost:g} is spent (${spent_usd:.4f}): raise it to go on.")
    if settings.max_calls is not None:
        left["max_calls"] = settings.max_calls - n_asked
        if left["max_calls"] <= 0:
            raise UsageError(f"--max-calls {settings.max_calls} are used up ({n_asked} made): raise it to go on.")
    return settings.model_copy(update=left)
