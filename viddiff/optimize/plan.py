"""What a compilation would ask, roughly, before anything is sent."""

from __future__ import annotations

from typing import Any

from viddiff.localizer.select import PAPER_FRAMES, SPAN_FRAMES
from viddiff.optimize.optimizers import metric_calls
from viddiff.optimize.protocol import Compilation
from viddiff.programs.plan import (
    PIXELS_PER_TOKEN,
    PROPOSER_ANSWER,
    PROPOSER_TOKENS,
    QUESTION_ANSWER,
    QUESTION_TOKENS,
    Plan,
    planned_role,
)

#: Calls of the proposer for one action in open mode.
_PROPOSER_CALLS = 4


def plan_of(compilation: Compilation) -> Plan:
    """Calls, images, tokens and price of the stage's own model; reflection adds some calls of text."""
    request, settings, counts = compilation.request, compilation.settings, compilation.counts
    differencer = request.stage == "differencer"
    arguments = compilation.optimizer.arguments(request.budget, request.options)
    n_compiling = metric_calls(
        request.optimizer, counts["train"], counts["val"], arguments, 1 if differencer else _PROPOSER_CALLS
    )
    limits: dict[str, Any] = {"max_cost_usd": settings.max_cost, "max_calls": settings.max_calls}
    n_scoring = 2 * (counts["val"] + counts["test"])
    if not differencer:
        n_calls = _PROPOSER_CALLS * (n_compiling + n_scoring)
        tokens = (n_calls * PROPOSER_TOKENS, n_calls * PROPOSER_ANSWER)
        model = compilation.lms.lms["text"].model
        return Plan(program="compile", roles=(planned_role("text", model, n_calls, 0, tokens, settings),), **limits)
    n_calls = n_compiling * (2 if request.swap_feedback else 1) + n_scoring
    n_images = n_calls * 2 * (PAPER_FRAMES if settings.frames == "paper" else SPAN_FRAMES)
    image_tokens = settings.max_side * settings.max_side * 9 // 16 // PIXELS_PER_TOKEN
    tokens = (n_calls * QUESTION_TOKENS + n_images * image_tokens, n_calls * QUESTION_ANSWER)
    model = compilation.lms.lms["vision"].model
    return Plan(
        program="compile", roles=(planned_role("vision", model, n_calls, n_images, tokens, settings),), **limits
    )
