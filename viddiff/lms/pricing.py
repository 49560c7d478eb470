"""Token prices of public models, from the price list bundled with dspy; unknown is None, never zero."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from viddiff.core.errors import UsageError
from viddiff.core.settings import Price


@dataclass(frozen=True)
class Rates:
    """US dollars for a token."""

    input: float
    output: float
    cached_input: float

    def cost(self, input_tokens: int, output_tokens: int, cached_input_tokens: int = 0) -> float:
        """Dollars; ``cached_input_tokens`` are part of ``input_tokens``."""
        fresh = input_tokens - cached_input_tokens
        return fresh * self.input + cached_input_tokens * self.cached_input + output_tokens * self.output


#: Part of the ordinary price that questions in a batch cost, at all providers whose batches are spoken.
BATCH_SHARE = 0.5


def rates_of(model: str, price: Price | None = None, hosted: bool = True, batched: bool = False) -> Rates | None:
    """The price of ``provider/name``, or None where it is not known.

    Args:
        model: the model string.
        price: what the user says it costs; wins over the list.
        hosted: False for a server of the user's, whose models may bear any name: then the list does not count.
        batched: whether it is asked through the provider's batches, for a part of this price.
    """
    if price is not None:
        rates: Rates | None = Rates(price.input / 1e6, price.output / 1e6, price.input / 1e6)
    else:
        rates = rates_in_list(model) if hosted else None
    if rates is None or not batched:
        return rates
    return Rates(*(BATCH_SHARE * rate for rate in (rates.input, rates.output, rates.cached_input)))


@functools.cache
def rates_in_list(model: str) -> Rates | None:
    """The price in the list."""
    # dspy prices calls from the same list but hands the price out only with a history entry that holds all images.
    from dspy.clients.model_metadata import model_info, rate

    provider, _, name = model.partition("/")
    info = model_info(provider, name)
    per_input, per_output = rate(info, "input_cost_per_token"), rate(info, "output_cost_per_token")
    if per_input is None or per_output is None:
        return None
    cached = rate(info, "cache_read_input_token_cost")
    return Rates(per_input, per_output, per_input if cached is None else cached)


def check_limit(
    models: Iterable[str], budget_usd: float | None, max_calls: int | None, price: Price | None, hosted: bool
) -> None:
    """Refuse a spending limit that could not hold; ``price`` and ``hosted``: see ``rates_of``.

    Raises:
        UsageError: a model has no known price, and the calls are not limited either.
    """
    if budget_usd is None or max_calls is not None:
        return
    for model in models:
        # What runs in this process costs nothing.
        if rates_of(model, price, hosted) is None and not model.startswith("local/"):
            raise UsageError(
                f"--max-cost {budget_usd:g} cannot be enforced: no price is known for {model!r}. "
                "Give --price IN,OUT (US dollars per million tokens) or --max-calls N."
            )
