"""What the programs of this task would ask, at the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viddiff.core.settings import Settings
from viddiff.lms.roles import Role
from viddiff.programs.estimate import CostEstimate, check_spending_limit, estimate_role, image_tokens
from viddiff.programs.stepdiff.clips import FRAMES
from viddiff.programs.stepdiff.finder import FRAMES_OF_A_WINDOW, MOST_LINES, MOST_STEPS, MOST_WINDOWS
from viddiff.programs.stepdiff.ranker import n_comparisons

#: Rough sizes of our own prompts and answers in tokens, from the text of the signatures.
PROMPT, CATEGORY_ANSWER, CHECK_ANSWER, ANSWER, GRADE_ANSWER = 800, 120, 60, 200, 80
#: The same for the caption of a part of a video, a line of a transcript, a step.
WINDOW_ANSWER, LINE, STEP_ANSWER = 40, 30, 40


@dataclass(frozen=True)
class Calls:
    """Calls that are alike.

    Attributes:
        n: how many.
        n_clips: clips that each shows.
        answer: rough tokens of one answer.
        n_frames: of a clip; None: as the settings say.
        prompt: rough tokens of the text of one request.
    """

    n: int
    n_clips: int
    answer: int
    n_frames: int | None = None
    prompt: int = PROMPT


def estimate_captions(settings: Settings, n_categories: int, checks: bool) -> CostEstimate:
    """A comparison: one call, and two where differences are checked."""
    calls = [Calls(1, 2, n_categories * CATEGORY_ANSWER)]
    if checks:
        calls.append(Calls(2, 2, n_categories * CHECK_ANSWER))
    return estimate_calls("step_comparison", calls, settings)


def estimate_instruction(settings: Settings, n_categories: int, checks: bool, n_transcripts: int) -> CostEstimate:
    """Whole videos: captions of their parts where there is no transcript, and every step compared."""
    compared = [Calls(MOST_WINDOWS * (2 - n_transcripts), 1, WINDOW_ANSWER, FRAMES_OF_A_WINDOW)]
    compared.append(Calls(MOST_STEPS, 2, n_categories * CATEGORY_ANSWER))
    if checks:
        compared.append(Calls(2 * MOST_STEPS, 2, n_categories * CHECK_ANSWER))
    n_lines = MOST_LINES if n_transcripts else MOST_WINDOWS
    calls = [Calls(3, 0, MOST_STEPS * STEP_ANSWER, prompt=PROMPT + n_lines * LINE)]
    return estimate_roles("instruction_comparison", {"text": calls, "vision": compared}, settings)


def estimate_answer(settings: Settings) -> CostEstimate:
    """One question."""
    return estimate_calls("step_answer", [Calls(1, 2, ANSWER)], settings)


def estimate_ranking(settings: Settings, n_candidates: int, compares: bool) -> CostEstimate:
    """A grade for each candidate, and comparisons in both orders."""
    calls = [Calls(n_candidates, 2, GRADE_ANSWER)]
    if compares:
        calls.append(Calls(n_comparisons(n_candidates), 3, GRADE_ANSWER))
    return estimate_calls("step_ranking", calls, settings)


def estimate_calls(program: str, calls: Sequence[Calls], settings: Settings) -> CostEstimate:
    """The estimate of calls to the vision model, with frames of the largest size that is sent.

    Raises:
        UsageError: a spending limit that could not be kept. BackendError: no model is configured.
    """
    return estimate_roles(program, {"vision": calls}, settings)


def estimate_descriptions(
    describe_calls: Calls, compared: Sequence[Calls], role: Role, settings: Settings
) -> CostEstimate:
    """Clips described one by one by the vision model, and descriptions compared by the model of a role."""
    calls_of_role: dict[Role, list[Calls]] = {"vision": [describe_calls] if describe_calls.n else []}
    calls_of_role[role] = [*calls_of_role.get(role, []), *compared]
    return estimate_roles("descriptions", {name: calls for name, calls in calls_of_role.items() if calls}, settings)


def estimate_roles(program: str, calls_of_role: Mapping[Role, Sequence[Calls]], settings: Settings) -> CostEstimate:
    """The estimate of calls by role; raises as ``estimate_calls``."""
    names = settings.model_names._asdict()
    check_spending_limit([names[role] for role in calls_of_role], settings)
    roles = []
    for role, calls in calls_of_role.items():
        n_calls = sum(call.n for call in calls)
        n_images = sum(call.n * call.n_clips * (call.n_frames or FRAMES[settings.effort]) for call in calls)
        n_asked = sum(call.n * call.prompt for call in calls) + n_images * image_tokens(settings)
        tokens = n_asked, sum(call.n * call.answer for call in calls)
        roles.append(estimate_role(role, names[role], n_calls, n_images, tokens, settings))
    return CostEstimate.within_limits(program, roles, settings)
