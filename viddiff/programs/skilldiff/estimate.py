"""What an explanation would ask, at the most."""

from __future__ import annotations

from viddiff.core.settings import Settings
from viddiff.programs.estimate import CostEstimate, check_spending_limit, estimate_role, image_tokens
from viddiff.programs.evidence import SHOWN
from viddiff.programs.skilldiff.fault_proposer import N_FAULTS

#: Rough sizes of our own prompts and answers in tokens, from the text of the signatures.
PROMPT, FAULT_ANSWER, JUDGE_ANSWER, ADVICE_ANSWER = 600, 20, 150, 60


def estimate_explanation(settings: Settings, n_parts: int, n_given: int | None) -> CostEstimate:
    """Faults of each part and advice by the text model, and both orders of each question by the vision model.

    Args:
        n_given: statements that were given; None: they are proposed.

    Raises:
        UsageError: a spending limit that could not be kept.
    """
    if not settings.has_vision:
        return CostEstimate.within_limits("skill_explanation", (), settings)
    text, vision = settings.model_names
    check_spending_limit([text, vision], settings)
    n_statements = n_parts * (N_FAULTS if n_given is None else n_given)
    n_proposals = n_parts if n_given is None else 0
    answers = n_proposals * N_FAULTS * FAULT_ANSWER + n_statements * ADVICE_ANSWER
    n_questions, n_images = 2 * n_statements, 2 * n_statements * 2 * SHOWN
    tokens = (n_questions * PROMPT + n_images * image_tokens(settings), n_questions * JUDGE_ANSWER)
    roles = (
        estimate_role("text", text, n_proposals + 1, 0, ((n_proposals + 1) * PROMPT, answers), settings),
        estimate_role("vision", vision, n_questions, n_images, tokens, settings),
    )
    return CostEstimate.within_limits("skill_explanation", roles, settings)
