"""What a run would ask at the most, before anything is sent; videos are not read for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from viddiff.core.settings import Settings
from viddiff.eval.dataset import Sample
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.evaluate import Options, chosen
from viddiff.eval.viddiffbench.methods import given
from viddiff.localizer.frame_selection import PAPER_FRAMES, SPAN_FRAMES
from viddiff.programs.viddiff.baseline import MAX_IMAGES
from viddiff.programs.viddiff.estimate import (
    PIXELS_PER_TOKEN,
    PROPOSER_ANSWER,
    PROPOSER_TOKENS,
    QUESTION_ANSWER,
    QUESTION_TOKENS,
    Plan,
    RoleEstimate,
    check_plan,
    least,
    planned_role,
)


def plan_run(options: Options, settings: Settings) -> Plan:
    """The plan of a run: calls, images, rough tokens and price by role.

    Raises:
        UsageError, InputError, BackendError: as the run itself would.
    """
    samples = chosen(load_data(options.data, Path(options.videos) if options.videos else None), options)
    roles: list[RoleEstimate] = []
    if options.method != "measured":
        roles.extend(asked_of_models(options, settings, samples))
    if options.mode == "open" and options.judge == "lm":
        n_calls = 2 * len(samples)
        tokens = (n_calls * PROPOSER_TOKENS, n_calls * QUESTION_ANSWER)
        judge = settings.judge_lm or settings.model_names[0]
        roles.append(planned_role("judge", judge, n_calls, 0, tokens, settings))
    check_plan([role.model for role in roles], settings)
    return Plan(
        program=options.method, roles=tuple(roles), max_cost_usd=settings.max_cost, max_calls=settings.max_calls
    )


def asked_of_models(options: Options, settings: Settings, samples: Sequence[Sample]) -> list[RoleEstimate]:
    """What the method asks."""
    text, vision = settings.model_names
    # A wide picture of the largest size that is sent.
    image_tokens = settings.max_side * settings.max_side * 9 // 16 // PIXELS_PER_TOKEN
    if options.method == "baseline":
        n_images = MAX_IMAGES * len(samples)
        tokens = (len(samples) * QUESTION_TOKENS + n_images * image_tokens, len(samples) * PROPOSER_ANSWER)
        return [planned_role("vision", vision, len(samples), n_images, tokens, settings)]
    if options.mode == "closed":
        statements = [len(given(sample, "closed") or ()) for sample in samples]
        n_proposals = 3 * len({sample.action_key for sample in samples})
    else:
        statements = [sample.n_differences_open for sample in samples]
        n_proposals = 4 * len({(sample.action_key, sample.n_differences_open) for sample in samples})
    of_pairs = [n * (2 if settings.swap else 1) for n in statements]
    n_questions = sum(of_pairs)
    shown = 2 * (PAPER_FRAMES if settings.frames == "paper" else SPAN_FRAMES)
    n_images = n_questions * shown
    proposing = (n_proposals * PROPOSER_TOKENS, n_proposals * PROPOSER_ANSWER)
    asking = (n_questions * QUESTION_TOKENS + n_images * image_tokens, n_questions * QUESTION_ANSWER)
    vision_role = planned_role("vision", vision, n_questions, n_images, asking, settings)
    if settings.batch_questions:
        together = least(settings, of_pairs, shown, shown * image_tokens)
        vision_role = vision_role.model_copy(update={"least": together})
    return [planned_role("text", text, n_proposals, 0, proposing, settings), vision_role]
