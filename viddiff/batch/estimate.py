"""What a run would ask, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from viddiff import build
from viddiff.batch.pairs import Pair
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, silent
from viddiff.programs.estimate import CostEstimate, MinimalUsage, RoleEstimate
from viddiff.programs.statements import check_action, parse_differences

_COUNTS = ("calls", "images", "input_tokens", "output_tokens")


class BatchEstimate(NamedTuple):
    """The plans of all pairs as one; how many pairs cannot be compared."""

    total: CostEstimate
    n_failed: int


def plan_batch(pairs: Sequence[Pair], settings: Settings, progress: Progress = silent) -> BatchEstimate:
    """What a batch would ask; clips are read into the cache."""
    store = build.frame_store(settings)
    total, n_failed = (
        CostEstimate(program="measured", roles=(), max_cost_usd=settings.max_cost, max_calls=settings.max_calls),
        0,
    )
    for number, pair in enumerate(pairs, 1):
        try:
            check_action(pair.action)
            differences = parse_differences(pair.differences) if pair.differences is not None else None
            one = build.estimate_comparison(
                settings, *build.read_pair(*pair.paths, settings, store, silent), differences
            )
            total = one.model_copy(update={"roles": add_estimates(total.roles, one.roles)})
        except InputError:
            n_failed += 1
        progress("pairs", number, len(pairs))
    return BatchEstimate(total, n_failed)


def add_estimates(first: Sequence[RoleEstimate], second: Sequence[RoleEstimate]) -> tuple[RoleEstimate, ...]:
    """Two estimates as one, by role and model; an unknown price stays unknown."""
    sums = {(role.role, role.model): role for role in first}
    for role in second:
        earlier = sums.get((role.role, role.model))
        sums[role.role, role.model] = role if earlier is None else _add_roles(earlier, role)
    return tuple(sums.values())


def _add_roles(first: RoleEstimate, second: RoleEstimate) -> RoleEstimate:
    has_price = first.cost_usd is not None and second.cost_usd is not None
    least = None
    if first.least and second.least:
        least = MinimalUsage(**_sums(first.least, second.least))
    cost_usd = (first.cost_usd or 0.0) + (second.cost_usd or 0.0) if has_price else None
    return first.model_copy(update={**_sums(first, second), "cost_usd": cost_usd, "least": least})


def _sums(first: Any, second: Any) -> dict[str, int]:
    return {name: getattr(first, name) + getattr(second, name) for name in _COUNTS}
