"""What an optimizer optimizes: a program that asks the model of its role and turns a failed call into a prediction.

An optimizer takes an exception for a score of 0, without a word on why, and loses the example for reflection. So what
one question may meet (an answer that does not parse, a refusal, a timeout) comes back as a prediction with ``error``,
and only what every further call would meet is raised.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import dspy
from dspy.utils.exceptions import LMError

from viddiff.core.types import Difference, Proposal, Verdict
from viddiff.optimize.failed_calls import Role, failure_from
from viddiff.optimize.step_students import StepStudent
from viddiff.programs.differencer import Differencer
from viddiff.programs.predict import AsyncModule
from viddiff.programs.questions import swap_sides
from viddiff.programs.viddiff.finder import Finder
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.planner import MeasurementPlanner
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.signatures.clip import Clip


class BothOrders(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A differencer, asked with the videos as they are and, if wanted, exchanged.

    Args:
        differencer: what is compiled.
        role: puts the vision model in force; default: the LM in force.
        swap: ask in both orders. The exchanged one leaves no trace: an optimizer sees one call for one example.
    """

    def __init__(self, differencer: Differencer, role: Role = contextlib.nullcontext, swap: bool = False) -> None:
        super().__init__()
        self.differencer = differencer
        self.swap = swap
        self.role = role

    @property
    def program(self) -> Differencer:
        """What is compiled."""
        return self.differencer

    def forward(
        self, action: str, video_a: Clip, video_b: Clip, statement: str, measurements: Sequence[str] = ()
    ) -> dspy.Prediction:
        """A prediction with answer, reason, confidence, swapped_answer, error and swapped_error.

        ``swapped_answer`` is in terms of the true A and B; it and ``swapped_error`` are None when the exchanged
        order was not asked, as after a failure of the straight one. ``answer`` is None where ``error`` says why.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        inputs = {"action": action, "statement": statement}
        straight = self.ask(video_a=video_a, video_b=video_b, measurements=list(measurements), **inputs)
        swapped = Verdict(status="answered")
        if self.swap and straight.answer is not None:
            a, b = Clip.of("A", video_b.frames), Clip.of("B", video_a.frames)
            with dspy.context(trace=[]):
                swapped = swap_sides(
                    self.ask(video_a=a, video_b=b, measurements=swap_measurements(measurements), **inputs)
                )
        return dspy.Prediction(
            answer=straight.answer,
            reason=straight.reason,
            confidence=straight.confidence,
            error=straight.error,
            swapped_answer=swapped.answer,
            swapped_error=swapped.error,
        )

    def ask(self, **inputs: Any) -> Verdict:
        """The verdict of one call; a failed one has no answer."""
        try:
            with self.role():
                verdict: Verdict = self.differencer(**inputs).verdict
        except (dspy.AdapterParseError, LMError) as error:
            return failure_from(self, error, inputs).verdict
        return verdict


class ProposerStudent(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A proposer in open mode.

    Args:
        proposer: what is compiled.
        role: puts the text model in force; default: the LM in force.
    """

    def __init__(self, proposer: Proposer, role: Role = contextlib.nullcontext) -> None:
        super().__init__()
        self.proposer = proposer
        self.role = role

    @property
    def program(self) -> Proposer:
        """What is compiled."""
        return self.proposer

    def forward(self, action: str, n_differences: int) -> dspy.Prediction:
        """A prediction with ``proposal``, a Proposal, or None where ``error`` says why.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        inputs = {"action": action, "n_differences": n_differences}
        try:
            with self.role():
                proposal: Proposal = self.proposer(**inputs).proposal
        except (dspy.AdapterParseError, LMError) as error:
            fault = failure_from(self, error, inputs)
            return dspy.Prediction(proposal=None, error=fault.message)
        return dspy.Prediction(proposal=proposal, error=None)


class PlannerStudent(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A planner whose failures count as such: in use the grammar stands in for it.

    Args:
        planner: what is compiled.
        role: puts the text model in force; default: the LM in force.
    """

    def __init__(self, planner: MeasurementPlanner, role: Role = contextlib.nullcontext) -> None:
        super().__init__()
        self.planner = planner
        self.role = role

    @property
    def program(self) -> MeasurementPlanner:
        """What is compiled."""
        return self.planner

    def forward(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> dspy.Prediction:
        """A prediction with ``plans``, difference key -> plan, or None where ``error`` says why.

        ``failures`` holds, by difference key, what was wrong with the entry of a statement that has no plan.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        try:
            with self.role():
                plans, failures = self.planner.ask(action, differences, stages)
        except (dspy.AdapterParseError, LMError) as error:
            statements = [difference.statement for difference in differences]
            fault = failure_from(self, error, {"action": action, "statements": statements})
            return dspy.Prediction(plans=None, failures={}, error=fault.message)
        return dspy.Prediction(plans=plans, failures=failures, error=None)


class VisionStudent(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A finder or a judge.

    Args:
        watcher: what is compiled.
        role: puts the vision model in force; default: the LM in force.
    """

    def __init__(self, watcher: Finder | Judge, role: Role = contextlib.nullcontext) -> None:
        super().__init__()
        self.watcher = watcher
        self.role = role

    @property
    def program(self) -> Finder | Judge:
        """What is compiled."""
        return self.watcher

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """A prediction with ``told``: key of a statement -> an answer of the finder or the judge; None: see ``error``.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        try:
            with self.role():
                prediction = self.watcher(**inputs)
        except (dspy.AdapterParseError, LMError) as error:
            return dspy.Prediction(answer=None, error=failure_from(self, error, inputs).message)
        return dspy.Prediction(
            answer=prediction.moments if isinstance(self.watcher, Finder) else prediction.judged, error=None
        )


#: What an optimizer sees; those of StepDiff are in a module of their own.
Student: TypeAlias = "BothOrders | ProposerStudent | PlannerStudent | VisionStudent | StepStudent"


def student_of(program: AsyncModule, role: Role, swap: bool = False) -> Student:
    """What an optimizer sees of a program.

    Args:
        role: puts the model of its role in force.
        swap: ask a differencer in both orders.
    """
    if isinstance(program, Differencer):
        return BothOrders(program, role, swap)
    if isinstance(program, Proposer):
        return ProposerStudent(program, role)
    if isinstance(program, MeasurementPlanner):
        return PlannerStudent(program, role)
    if isinstance(program, (Finder, Judge)):
        return VisionStudent(program, role)
    return StepStudent(program, role)


def swap_measurements(measurements: Sequence[str]) -> list[str]:
    """Measurements as the differencer gets them, with the videos exchanged; those in other words are left out."""
    swapped = []
    for text in measurements:
        head, second, b = text.rpartition(", video B ")
        name, first, a = head.rpartition(": video A ")
        if first and second:
            swapped.append(f"{name}: video A {b}, video B {a}")
    return swapped
