"""Token prices of public models, from the price list bundled with dspy; unknown is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass


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


def rates_of(model: str) -> Rates | None:
    """The price of ``provider/name``, or None where the list has none."""
    # dspy prices calls from the same list but hands the price out only with a history entry that holds all images.
    from dspy.clients.model_metadata import model_info, rate

    provider, _, name = model.partition("/")
    info = model_info(provider, name)
    per_input, per_output = rate(info, "input_cost_per_token"), rate(info, "output_cost_per_token")
    if per_input is None or per_output is None:
        return None
    cached = rate(info, "cache_read_input_token_cost")
    return Rates(per_input, per_output, per_input if cached is None else cached)
