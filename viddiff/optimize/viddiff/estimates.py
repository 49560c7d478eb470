"""What compiling a component of this task would ask, roughly."""

from __future__ import annotations

from viddiff.localizer.frame_selection import PAPER_FRAMES, SPAN_FRAMES
from viddiff.optimize.example_calls import ExampleCalls
from viddiff.programs.estimate import RoleEstimate
from viddiff.programs.viddiff.effort import EFFORTS
from viddiff.programs.viddiff.estimate_looks import PairSize, tokens_of
from viddiff.programs.viddiff.tokens import (
    PLANNER_ANSWER,
    PLANNER_TOKENS,
    PROPOSER_ANSWER,
    PROPOSER_TOKENS,
    QUESTION_ANSWER,
    QUESTION_TOKENS,
    STATEMENT_TOKENS,
)

#: Calls of the proposer for one action in open mode.
PROPOSER_CALLS = 4
#: Statements that are asked about together, about.
STATEMENTS = 10
#: Rough sizes in tokens, from the text of what is asked.
JUDGE_TOKENS, JUDGE_ANSWER = 700, 250


def differencer_estimate(calls: ExampleCalls) -> tuple[RoleEstimate, ...]:
    """A call for each question, while compiling in both orders."""
    n_calls = calls.compiling * (2 if calls.request.swap_feedback else 1) + calls.scoring
    n_images = n_calls * 2 * (PAPER_FRAMES if calls.settings.frames == "paper" else SPAN_FRAMES)
    return (calls.role("vision", n_calls, QUESTION_TOKENS, QUESTION_ANSWER, n_images),)


def proposer_estimate(calls: ExampleCalls) -> tuple[RoleEstimate, ...]:
    """The calls for each action, and those of the judge."""
    own = calls.role("text", PROPOSER_CALLS * calls.total, PROPOSER_TOKENS, PROPOSER_ANSWER)
    if calls.request.judge != "lm":
        return (own,)
    # Which statements match, and which of these are opposites.
    return own, calls.role("judge", 2 * calls.total, JUDGE_TOKENS, JUDGE_ANSWER)


def planner_estimate(calls: ExampleCalls) -> tuple[RoleEstimate, ...]:
    """A call for each action, with all its statements."""
    asked, answered = PLANNER_TOKENS + STATEMENTS * STATEMENT_TOKENS, STATEMENTS * PLANNER_ANSWER
    return (calls.role("text", calls.total, asked, answered),)


def finder_estimate(calls: ExampleCalls) -> tuple[RoleEstimate, ...]:
    """A call for each pair, with all its statements and an overview of both videos."""
    effort = EFFORTS[calls.settings.effort]
    return (vision_role(calls, 2 * effort.overview_frames, effort.overview_side),)


def judge_estimate(calls: ExampleCalls) -> tuple[RoleEstimate, ...]:
    """A call for each pair, with all its statements and close frames of both videos."""
    effort = EFFORTS[calls.settings.effort]
    return (vision_role(calls, effort.close_frames, effort.close_side),)


def vision_role(calls: ExampleCalls, n_images: int, side: int) -> RoleEstimate:
    """The vision role, a call for each pair with so many images of so many pixels on the longer side."""
    asked, per_image = QUESTION_TOKENS + STATEMENTS * STATEMENT_TOKENS, tokens_of(side, PairSize(n_statements=0))
    return calls.role(
        "vision", calls.total, asked, STATEMENTS * QUESTION_ANSWER, calls.total * n_images, tokens_per_image=per_image
    )
