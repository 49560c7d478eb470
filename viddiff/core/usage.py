"""What models were asked, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from viddiff.core.record import Document, Record


class Usage(Record):
    """What one role of the program asked of its model."""

    role: str
    """What the model is asked for."""
    model: str
    """The model string."""
    calls: int = 0
    """Requests, those answered from the cache included."""
    cached_calls: int = 0
    """Requests that were answered from the cache."""
    failed_calls: int = 0
    """Requests without a usable answer."""
    images: int = 0
    """Images in all requests."""
    input_tokens: int = 0
    """Tokens of all requests."""
    output_tokens: int = 0
    """Tokens of all answers."""
    cost_usd: float | None = None
    """None where no price is known for the model."""


class _HasUsage(Protocol):
    @property
    def usage(self) -> tuple[Usage, ...]: ...


class PaidDocument(Document):
    """A document with what was asked of each model, in ``usage``."""

    @property
    def cost_usd(self: _HasUsage) -> float | None:
        """What was paid, or None where a role that asked something has no known price."""
        return cost_of(self.usage)


def cost_of(usages: Iterable[Usage]) -> float | None:
    """Dollars that were paid, or None where a role that asked something has no known price."""
    costs = [usage.cost_usd for usage in usages if usage.calls > usage.cached_calls]
    known_costs = [cost for cost in costs if cost is not None]
    return sum(known_costs) if len(known_costs) == len(costs) else None
