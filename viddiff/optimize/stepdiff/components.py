"""The components of the programs on steps, as compiling knows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from viddiff.eval.stepdiff.items import Task
from viddiff.optimize.components import COMPILABLE, Compilable
from viddiff.optimize.example_calls import ExampleCalls
from viddiff.optimize.feedback import Metric
from viddiff.optimize.stepdiff import feedback, students
from viddiff.optimize.stepdiff.judge import JUDGE_ANSWER, JUDGE_TOKENS, caption_metric
from viddiff.optimize.stepdiff.source import source_of_rows
from viddiff.optimize.student import Student
from viddiff.programs.estimate import RoleEstimate
from viddiff.programs.stepdiff.clips import FRAMES
from viddiff.programs.stepdiff.estimate import CATEGORY_ANSWER, PROMPT

if TYPE_CHECKING:
    from viddiff.core.settings import Settings
    from viddiff.lms import LMs
    from viddiff.optimize.request import Request

    MetricOf = Callable[[Request, Settings, LMs], Metric]


def register(
    name: str,
    task: Task,
    ask: Callable[..., dict[str, Any]],
    asks_about: str,
    label: str,
    metric: MetricOf,
    score: str,
    n_calls: int,
    n_clips: int = 2,
    judged: bool = False,
) -> None:
    """Register a component that learns from rows of StepDiff.

    Args:
        task: of the rows.
        asks_about: the field of a row that is asked beside its step.
        n_calls: calls for a row.
        n_clips: clips that a call shows.
        judged: whether a model may judge what it answers.
    """

    def estimate(calls: ExampleCalls) -> tuple[RoleEstimate, ...]:
        n_asked = n_calls * calls.total
        n_images = n_clips * FRAMES[calls.settings.effort] * n_asked
        own = calls.role("vision", n_asked, PROMPT, CATEGORY_ANSWER, n_images)
        if not judged or calls.request.judge != "lm":
            return (own,)
        return own, calls.role("judge", calls.total, JUDGE_TOKENS, JUDGE_ANSWER)

    COMPILABLE.add(
        name,
        Compilable(
            role="vision",
            inputs=("step", "pairs", asks_about),
            label=label,
            source=partial(source_of_rows, task, n_clips),
            student=lambda program, role, swap: Student(program, role, ask),
            metric=metric,
            score=score,
            estimate=estimate,
        ),
    )


register(
    "captioner",
    "diffcap",
    students.ask_captioner,
    asks_about="category",
    label="captions",
    metric=caption_metric,
    score="ROUGE-L",
    n_calls=1,
    judged=True,
)
register(
    "verifier",
    "diffmcq",
    students.ask_verifier,
    asks_about="difference",
    label="answer",
    metric=lambda *_: feedback.choice_feedback,
    score="accuracy of choices",
    n_calls=4,
)
register(
    "ranker",
    "diffrank",
    students.ask_ranker,
    asks_about="category",
    label="scores",
    metric=lambda *_: feedback.rank_feedback,
    score="(1 + tau-b) / 2",
    n_calls=4,
)
register(
    "comparer",
    "diffrank",
    students.ask_comparer,
    asks_about="category",
    label="scores",
    metric=lambda *_: feedback.compare_feedback,
    score="(1 + tau-b) / 2",
    # Every two of four candidates.
    n_calls=6,
    n_clips=3,
)
