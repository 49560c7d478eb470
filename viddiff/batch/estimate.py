"""What a run would ask, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from viddiff import build
from viddiff.batch.pairs import Pair
from viddiff.core.errors import InputError
from viddiff.core.settings import MODEL_FREE_METHOD, Settings
from viddiff.core.types import Progress, silent
from viddiff.programs.estimate import CostEstimate, add_estimates
from viddiff.programs.statements import check_action, parse_differences


class BatchEstimate(NamedTuple):
    """The estimates of all pairs as one; how many pairs cannot be compared."""

    total: CostEstimate
    n_failed: int


def plan_batch(pairs: Sequence[Pair], settings: Settings, progress: Progress = silent) -> BatchEstimate:
    """What a batch would ask; clips are read into the cache."""
    store = build.frame_store(settings)
    total, n_failed = CostEstimate.within_limits(MODEL_FREE_METHOD, (), settings), 0
    for number, pair in enumerate(pairs, 1):
        try:
            check_action(pair.action)
            differences = parse_differences(pair.differences) if pair.differences is not None else None
            videos = build.read_pair(*pair.paths, settings, store, silent)
            one = build.estimate_comparison(settings, *videos, differences)
            total = one.model_copy(update={"roles": add_estimates(total.roles, one.roles)})
        except InputError:
            n_failed += 1
        progress("pairs", number, len(pairs))
    return BatchEstimate(total, n_failed)
