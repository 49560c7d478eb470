"""What programs would ask, before anything is sent: calls by role, images, rough tokens and price."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.core.record import Record
from viddiff.core.settings import Settings

#: A frame costs about its pixels / 750 tokens (Anthropic's published rule; OpenAI's and Gemini's lie within a factor
#: of two for frames of this size).
PIXELS_PER_TOKEN = 750


def image_tokens(settings: Settings) -> int:
    """Rough tokens of a wide picture of the largest size that is sent."""
    return settings.max_side * settings.max_side * 9 // 16 // PIXELS_PER_TOKEN


class MinimalUsage(Record):
    """What one role would be asked at the least."""

    calls: int
    """Requests, those answered from the cache included."""
    images: int
    """Images in all requests."""
    input_tokens: int
    """Tokens of all requests."""
    output_tokens: int
    """Tokens of all answers."""


class RoleEstimate(Record):
    """What one role would be asked; every number is a maximum, for caches and short clips ask less.

    With ``--batch-questions``, too: which statements share a call is known only when their stages are, so the maximum
    is that of a proposal where none do, and ``least`` is that of one where as many do as may.
    """

    role: str
    """What the model is asked for."""
    model: str
    """The model string."""
    calls: int
    """Requests, those answered from the cache included."""
    images: int
    """Images in all requests."""
    input_tokens: int
    """Tokens of all requests."""
    output_tokens: int
    """Tokens of all answers."""
    cost_usd: float | None
    """US dollars; None where no price is known for the model."""
    least: MinimalUsage | None = None
    """None: nothing can be asked together."""


class CostEstimate(Record):
    """What a comparison would ask; nothing was sent."""

    program: str
    """The program or method."""
    roles: tuple[RoleEstimate, ...]
    """One entry for each role."""
    max_cost_usd: float | None = None
    """Where asking stops."""
    max_calls: int | None = None
    """The limit on calls; None: no limit."""

    @classmethod
    def within_limits(cls, program: str, roles: Sequence[RoleEstimate], settings: Settings) -> CostEstimate:
        """An estimate with the spending limits of the settings."""
        return cls(program=program, roles=tuple(roles), max_cost_usd=settings.max_cost, max_calls=settings.max_calls)

    @property
    def cost_usd(self) -> float | None:
        """The rough price, or None where one is not known."""
        costs = [role.cost_usd for role in self.roles]
        costs_known = [cost for cost in costs if cost is not None]
        return sum(costs_known) if len(costs_known) == len(costs) else None


def add_roles(one: RoleEstimate, other: RoleEstimate) -> RoleEstimate:
    """What two parts of a program, or two programs, ask of the same role; an unknown price stays unknown."""
    cost_usd = None if one.cost_usd is None or other.cost_usd is None else one.cost_usd + other.cost_usd
    least = None
    if one.least or other.least:
        # What has no least cannot be asked together with other questions.
        least = MinimalUsage(**_sums(one.least or one, other.least or other))
    return one.model_copy(update={**_sums(one, other), "cost_usd": cost_usd, "least": least})


def add_estimates(first: Sequence[RoleEstimate], second: Sequence[RoleEstimate]) -> tuple[RoleEstimate, ...]:
    """Two estimates as one, by role and model."""
    sums = {(role.role, role.model): role for role in first}
    for role in second:
        earlier = sums.get((role.role, role.model))
        sums[role.role, role.model] = role if earlier is None else add_roles(earlier, role)
    return tuple(sums.values())


def _sums(one: object, other: object) -> dict[str, int]:
    return {name: getattr(one, name) + getattr(other, name) for name in MinimalUsage.model_fields}


def check_spending_limit(models: Sequence[str], settings: Settings) -> None:
    """Raise UsageError where asking these models would: a spending limit that could not be kept."""
    from viddiff.lms.pricing import check_limit

    check_limit(models, settings.max_cost, settings.max_calls, settings.price, settings.api_base is None)


def estimate_role(
    name: str, model: str, calls: int, images: int, tokens: tuple[int, int], settings: Settings
) -> RoleEstimate:
    """A role with its rough price; ``tokens`` are those asked and those answered."""
    from viddiff.lms.pricing import rates_of

    rates = rates_of(model, settings.price, settings.api_base is None, settings.provider_batch)
    return RoleEstimate(
        role=name,
        model=model,
        calls=calls,
        images=images,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost_usd=None if rates is None else round(rates.cost(*tokens), 6),
    )
