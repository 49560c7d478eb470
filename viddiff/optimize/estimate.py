"""What a compilation would ask, roughly, before anything is sent."""

from __future__ import annotations

from viddiff.lms.roles import Role
from viddiff.localizer.frame_selection import PAPER_FRAMES, SPAN_FRAMES
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.registry import Workload
from viddiff.optimize.step_judge import asks_judge
from viddiff.optimize.step_source import TASK_OF, n_clips
from viddiff.programs.estimate import CostEstimate, RoleEstimate, estimate_role, image_tokens
from viddiff.programs.stepdiff.clips import FRAMES
from viddiff.programs.stepdiff.estimate import CATEGORY_ANSWER, PROMPT
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
_PROPOSER_CALLS = 4
#: Calls for a row of StepDiff.
N_CALLS = {"captioner": 1, "verifier": 4, "ranker": 4, "comparer": 6}
#: Statements that are asked about together, about.
STATEMENTS = 10
#: Rough sizes in tokens, from the text of what is asked.
JUDGE_TOKENS, JUDGE_ANSWER = 700, 250
REFLECTION_TOKENS, REFLECTION_ANSWER = 2500, 500


def plan_of(compilation: Compilation) -> CostEstimate:
    """Calls, images, tokens and price of the model that is compiled for, of the judge and of the reflection model."""
    request, counts = compilation.request, compilation.source.counts
    arguments = compilation.optimizer.arguments(request.budget, request.options)
    n_predictors = _PROPOSER_CALLS if request.component == "proposer" else 1
    work = Workload(counts["train"], counts["val"], n_predictors, arguments)
    n_compiling = compilation.optimizer.calls(work)
    n_scoring = 2 * (counts["val"] + counts["test"])
    roles = [own_role(compilation, n_compiling, n_scoring)]
    if request.component == "proposer" and request.judge == "lm":
        # Which statements match, and which of these are opposites.
        roles.append(text_role(compilation, "judge", 2 * (n_compiling + n_scoring), JUDGE_TOKENS, JUDGE_ANSWER))
    if asks_judge(request):
        roles.append(text_role(compilation, "judge", n_compiling + n_scoring, JUDGE_TOKENS, JUDGE_ANSWER))
    if compilation.optimizer.reflects:
        n_reflections = compilation.optimizer.reflections(work, n_compiling)
        roles.append(text_role(compilation, "reflection", n_reflections, REFLECTION_TOKENS, REFLECTION_ANSWER))
    return CostEstimate.within_limits("compile", roles, compilation.settings)


def own_role(compilation: Compilation, n_compiling: int, n_scoring: int) -> RoleEstimate:
    """The model that is compiled for."""
    request, settings = compilation.request, compilation.settings
    if request.component == "proposer":
        n_calls = _PROPOSER_CALLS * (n_compiling + n_scoring)
        return text_role(compilation, "text", n_calls, PROPOSER_TOKENS, PROPOSER_ANSWER)
    if request.component == "planner":
        n_asked, n_answered = PLANNER_TOKENS + STATEMENTS * STATEMENT_TOKENS, STATEMENTS * PLANNER_ANSWER
        return text_role(compilation, "text", n_compiling + n_scoring, n_asked, n_answered)
    if request.component in ("finder", "judge"):
        return looking_role(compilation, n_compiling + n_scoring)
    if request.component in TASK_OF:
        n_calls = N_CALLS[request.component] * (n_compiling + n_scoring)
        n_images = n_clips(request.component) * FRAMES[settings.effort] * n_calls
        tokens = (n_calls * PROMPT + n_images * image_tokens(settings), n_calls * CATEGORY_ANSWER)
        return estimate_role("vision", compilation.lms.lms["vision"].model, n_calls, n_images, tokens, settings)
    n_calls = n_compiling * (2 if request.swap_feedback else 1) + n_scoring
    n_images = n_calls * 2 * (PAPER_FRAMES if settings.frames == "paper" else SPAN_FRAMES)
    tokens = (n_calls * QUESTION_TOKENS + n_images * image_tokens(settings), n_calls * QUESTION_ANSWER)
    model = compilation.lms.lms["vision"].model
    return estimate_role("vision", model, n_calls, n_images, tokens, settings)


def looking_role(compilation: Compilation, n_calls: int) -> RoleEstimate:
    """A finder or a judge: a call for each pair, with all its statements."""
    settings, effort = compilation.settings, EFFORTS[compilation.settings.effort]
    finds = compilation.request.component == "finder"
    n_images = n_calls * (2 * effort.overview_frames if finds else effort.close_frames)
    side = effort.overview_side if finds else effort.close_side
    input_tokens = n_calls * (QUESTION_TOKENS + STATEMENTS * STATEMENT_TOKENS) + n_images * tokens_of(
        side, PairSize(n_statements=0)
    )
    model = compilation.lms.lms["vision"].model
    return estimate_role(
        "vision", model, n_calls, n_images, (input_tokens, n_calls * STATEMENTS * QUESTION_ANSWER), settings
    )


def text_role(compilation: Compilation, role: Role, n_calls: int, n_asked: int, n_answered: int) -> RoleEstimate:
    """A role that reads text; tokens are those of one call."""
    model = compilation.lms.lms[role].model
    tokens = (n_calls * n_asked, n_calls * n_answered)
    return estimate_role(role, model, n_calls, 0, tokens, compilation.settings)
