"""What the programs of this task would ask, at the most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viddiff.core.settings import Settings
from viddiff.programs.estimate import Plan, check_plan, image_tokens, planned_role
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
    """

    n: int
    n_clips: int
    answer: int
    n_frames: int | None = None


def plan_captions(settings: Settings, n_categories: int, checks: bool) -> Plan:
    """A comparison: one call, and two where differences are checked."""
    asked = [Calls(1, 2, n_categories * CATEGORY_ANSWER)]
    if checks:
        asked.append(Calls(2, 2, n_categories * CHECK_ANSWER))
    return plan_calls("step_comparison", asked, settings)


def plan_instruction(settings: Settings, n_categories: int, checks: bool, n_transcripts: int) -> Plan:
    """Whole videos: captions of their parts where there is no transcript, and every step compared."""
    n_captioned = MOST_WINDOWS * (2 - n_transcripts)
    asked = [Calls(n_captioned, 1, WINDOW_ANSWER, FRAMES_OF_A_WINDOW)]
    asked.append(Calls(MOST_STEPS, 2, n_categories * CATEGORY_ANSWER))
    if checks:
        asked.append(Calls(2 * MOST_STEPS, 2, n_categories * CHECK_ANSWER))
    n_lines = MOST_LINES if n_transcripts else MOST_WINDOWS
    tokens = (3 * PROMPT + 2 * n_lines * LINE, 3 * MOST_STEPS * STEP_ANSWER)
    text = planned_role("text", settings.model_names[0], 3, 0, tokens, settings)
    planned = plan_calls("instruction_comparison", asked, settings)
    check_plan(settings.model_names, settings)
    return planned.model_copy(update={"roles": (text, *planned.roles)})


def plan_answer(settings: Settings) -> Plan:
    """One question."""
    return plan_calls("step_answer", [Calls(1, 2, ANSWER)], settings)


def plan_ranking(settings: Settings, n_candidates: int, compares: bool) -> Plan:
    """A grade for each candidate, and comparisons in both orders."""
    asked = [Calls(n_candidates, 2, GRADE_ANSWER)]
    if compares:
        asked.append(Calls(n_comparisons(n_candidates), 3, GRADE_ANSWER))
    return plan_calls("step_ranking", asked, settings)


def plan_calls(program: str, asked: Sequence[Calls], settings: Settings) -> Plan:
    """The plan of calls to the vision model, with frames of the largest size that is sent.

    Raises:
        UsageError: a spending limit that could not be kept. BackendError: no model is configured.
    """
    vision = settings.model_names[1]
    check_plan([vision], settings)
    per_clip = FRAMES[settings.effort]
    n_calls = sum(calls.n for calls in asked)
    n_images = sum(calls.n * calls.n_clips * (calls.n_frames or per_clip) for calls in asked)
    tokens = (
        n_calls * PROMPT + n_images * image_tokens(settings),
        sum(calls.n * calls.answer for calls in asked),
    )
    role = planned_role("vision", vision, n_calls, n_images, tokens, settings)
    return Plan(program=program, roles=(role,), max_cost_usd=settings.max_cost, max_calls=settings.max_calls)
