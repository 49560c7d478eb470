"""What a comparison would ask, before anything is sent: calls by role, images, rough tokens and price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from viddiff.core.settings import Settings
from viddiff.core.types import Difference
from viddiff.localizer.frame_selection import PAPER_FRAMES, SPAN_FRAMES
from viddiff.localizer.strategies import DEFAULT_STRATEGY, STRATEGIES
from viddiff.programs.estimate import (
    PIXELS_PER_TOKEN,
    CostEstimate,
    MinimalUsage,
    RoleEstimate,
    add_roles,
    check_spending_limit,
    estimate_role,
)
from viddiff.programs.viddiff.tokens import (
    PLANNER_ANSWER,
    PLANNER_TOKENS,
    PROPOSER_ANSWER,
    PROPOSER_TOKENS,
    QUESTION_ANSWER,
    QUESTION_TOKENS,
    STATEMENT_TOKENS,
)
from viddiff.video.loaded import LoadedVideo


def localizer_asks(settings: Settings) -> bool:
    """Whether the localizer may ask the vision model about each statement."""
    strategy = STRATEGIES.get(settings.localizer or DEFAULT_STRATEGY)
    return strategy is not None and strategy.asks


def estimate_planner(settings: Settings, n_statements: int) -> tuple[RoleEstimate, ...]:
    """The call that plans what is measured, where a model does."""
    if settings.plans != "model":
        return ()
    text = settings.model_names.text
    check_spending_limit([text], settings)
    tokens = PLANNER_TOKENS + n_statements * STATEMENT_TOKENS, n_statements * PLANNER_ANSWER
    return (estimate_role("text", text, 1, 0, tokens, settings),)


def estimate_questions(
    settings: Settings, video_a: LoadedVideo, video_b: LoadedVideo, differences: Sequence[Difference] | None
) -> CostEstimate:
    """The estimate of a comparison by the method viddiff."""
    text, vision = settings.model_names
    n_questions = (settings.n_differences if differences is None else len(differences)) * (2 if settings.swap else 1)
    n_proposals = 4 if differences is None else 3
    images, image_tokens = per_question(settings, video_a, video_b, differences)

    check_spending_limit([text, vision], settings)
    proposing = (n_proposals * PROPOSER_TOKENS, n_proposals * PROPOSER_ANSWER)
    asking = (n_questions * (QUESTION_TOKENS + image_tokens), n_questions * QUESTION_ANSWER)
    vision_role = estimate_role("vision", vision, n_questions, n_questions * images, asking, settings)
    if settings.batch_questions:
        vision_role = vision_role.model_copy(update={"least": least(settings, [n_questions], images, image_tokens)})
    if localizer_asks(settings):
        from viddiff.programs.viddiff.estimate_looks import estimate_finder, pair_size

        n_statements = n_questions // (2 if settings.swap else 1)
        overview = estimate_finder([pair_size(video_a, video_b, n_statements, finds=True)], settings)
        vision_role = add_roles(vision_role, overview)
    return CostEstimate.within_limits(
        "viddiff", (estimate_role("text", text, n_proposals, 0, proposing, settings), vision_role), settings
    )


def estimate_two_looks(
    settings: Settings, video_a: LoadedVideo, video_b: LoadedVideo, differences: Sequence[Difference] | None
) -> CostEstimate:
    """The estimate of a comparison by the method two_looks."""
    from viddiff.programs.viddiff.estimate_looks import estimate_looks, estimate_text_proposer, pair_size

    n_statements = settings.n_differences if differences is None else len(differences)
    finds = differences is not None or settings.proposer == "text"
    text = estimate_text_proposer(1, settings) if differences is None else ()
    check_spending_limit([*(role.model for role in text), settings.model_names.vision], settings)
    looks = estimate_looks([pair_size(video_a, video_b, n_statements, finds)], settings)
    return CostEstimate.within_limits("two_looks", (*text, looks), settings)


def least(settings: Settings, of_pairs: Sequence[int], images: int, image_tokens: int) -> MinimalUsage:
    """What is asked where all statements of a pair show in the same frames.

    Args:
        of_pairs: questions of each pair, both orders counted; the two orders of a question never share a call.
        images, image_tokens: of one question.
    """
    from viddiff.signatures.viddiff.batch import MAX_STATEMENTS

    orders = 2 if settings.swap else 1
    n_questions = sum(of_pairs)
    n_calls = sum(orders * math.ceil(n / orders / MAX_STATEMENTS) for n in of_pairs)
    return MinimalUsage(
        calls=n_calls,
        images=n_calls * images,
        input_tokens=n_calls * (QUESTION_TOKENS + image_tokens) + n_questions * STATEMENT_TOKENS,
        output_tokens=n_questions * QUESTION_ANSWER,
    )


class QuestionImages(NamedTuple):
    """Images of one question, and the tokens for them."""

    n_images: int
    n_tokens: int


def per_question(
    settings: Settings, video_a: LoadedVideo, video_b: LoadedVideo, differences: Sequence[Difference] | None
) -> QuestionImages:
    """The images of one question, at the most frames that a question may show."""
    several = differences is None or any(difference.num_frames == "gt_1" for difference in differences)
    most = (PAPER_FRAMES if settings.frames == "paper" else SPAN_FRAMES) if several else 1
    images, tokens = 0, 0
    for video in (video_a, video_b):
        n_frames = min(most, len(video.sequence))
        images += n_frames
        tokens += n_frames * (video.sequence.width * video.sequence.height // PIXELS_PER_TOKEN)
    return QuestionImages(images, tokens)
