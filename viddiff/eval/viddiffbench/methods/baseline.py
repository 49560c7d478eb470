"""The baseline: one call with all frames."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Mode
from viddiff.eval.viddiffbench.methods.registry import BASELINE_FPS, MethodContext, WholePair, method
from viddiff.programs.estimate import RoleEstimate, estimate_role, image_tokens
from viddiff.programs.viddiff.tokens import MAX_IMAGES, PROPOSER_ANSWER, QUESTION_TOKENS


def estimate(samples: Sequence[Sample], mode: Mode, settings: Settings) -> list[RoleEstimate]:
    """One call a pair, with as many images as it may hold."""
    n_images = MAX_IMAGES * len(samples)
    tokens = (len(samples) * QUESTION_TOKENS + n_images * image_tokens(settings), len(samples) * PROPOSER_ANSWER)
    return [estimate_role("vision", settings.model_names.vision, len(samples), n_images, tokens, settings)]


@method("baseline", "Baseline", n_images=MAX_IMAGES, fps=BASELINE_FPS, estimate=estimate)
def baseline(context: MethodContext) -> WholePair:
    """One call about each pair."""
    from viddiff.programs.viddiff.baseline import Baseline

    return WholePair(Baseline(context.lms, context.settings.attempts), context.mode)
