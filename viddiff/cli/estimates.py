"""What a command would ask, printed in place of asking (``--dry-run``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from viddiff.programs.estimate import CostEstimate


def print_estimate(estimate: CostEstimate, as_json: bool) -> int:
    """Print what would be asked, in lines or as JSON; the exit code."""
    click.echo(estimate.model_dump_json(indent=2) if as_json else estimate_text(estimate))
    return 0


def estimate_text(estimate: CostEstimate) -> str:
    """An estimate in lines."""
    if not estimate.roles:
        return "No model is configured: the measured program asks nothing and costs nothing."
    lines = ["At most this would be asked (nothing was sent):"]
    for role in estimate.roles:
        price = "no price known" if role.cost_usd is None else f"about ${role.cost_usd:.4f}"
        lines.append(
            f"  {role.role:7} {role.model}: {role.calls} calls, {role.images} images, "
            f"about {role.input_tokens + role.output_tokens:,} tokens, {price}"
        )
        if role.least:
            least = f"{role.least.calls} calls, {role.least.images} images"
            lines.append(f"          at least {least}, where all statements that may share frames do")
    total = estimate.cost_usd
    lines.append("Total: " + ("no price known" if total is None else f"about ${total:.4f}"))
    if estimate.max_cost_usd is not None:
        lines.append(f"Asking stops when ${estimate.max_cost_usd:g} are spent (--max-cost).")
    if estimate.max_calls is not None:
        lines.append(f"Asking stops after {estimate.max_calls} calls (--max-calls).")
    return "\n".join(lines)
