"""What a run would ask at the most, before anything is sent; videos are not read for it."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.options import EvalOptions, choose_samples, method_of
from viddiff.programs.estimate import CostEstimate, check_spending_limit, estimate_role
from viddiff.programs.viddiff.tokens import PROPOSER_TOKENS, QUESTION_ANSWER


def estimate_run(options: EvalOptions, settings: Settings) -> CostEstimate:
    """The cost of a run: calls, images, rough tokens and price by role.

    Raises:
        UsageError, InputError, BackendError: as the run itself would.
    """
    samples = choose_samples(load_data(options.data, Path(options.videos) if options.videos else None), options)
    method = method_of(options, settings)
    located = settings.model_copy(update={"localizer": method.localizer(options.localizer, settings)})
    roles = method.estimate(samples, options.mode, located)
    if options.mode == "open" and options.judge == "lm":
        n_calls = 2 * len(samples)
        tokens = (n_calls * PROPOSER_TOKENS, n_calls * QUESTION_ANSWER)
        judge = settings.judge_lm or settings.model_names.text
        roles.append(estimate_role("judge", judge, n_calls, 0, tokens, settings))
    check_spending_limit([role.model for role in roles], settings)
    return CostEstimate.within_limits(method.name, roles, settings)
