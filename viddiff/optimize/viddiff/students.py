"""How the components of this task are asked about an example, see ``viddiff.optimize.student.Student``."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import dspy

from viddiff.core.types import Difference, Measurement, Verdict
from viddiff.optimize.student import FailedCallError, Role, Student
from viddiff.programs.predict import AsyncModule
from viddiff.programs.questions import swap_sides
from viddiff.programs.viddiff.planner import CheckedEntries, MeasurementPlanner
from viddiff.signatures.clip import Clip


def both_orders(program: AsyncModule, role: Role = contextlib.nullcontext, swap: bool = False) -> Student:
    """A differencer, asked with the videos as they are and, if wanted, swapped.

    Args:
        program: what is compiled.
        role: puts the vision model in force; default: the LM in force.
        swap: ask in both orders. The swapped one leaves no trace: an optimizer sees one call for one example.
    """
    return Student(program, role, functools.partial(ask_differencer, swap=swap))


def ask_differencer(
    student: Student,
    action: str,
    video_a: Clip,
    video_b: Clip,
    statement: str,
    measurements: Sequence[Measurement | str] = (),
    swap: bool = False,
) -> dict[str, Any]:
    """answer, reason, confidence, swapped_answer, error and swapped_error.

    ``swapped_answer`` is in terms of the true A and B; it and ``swapped_error`` are None when the swapped order was
    not asked, as after a failure of the straight one. ``answer`` is None where ``error`` says why.

    Measurements in words are left out of the swapped order: words cannot be swapped, and a number that is told of
    the wrong video would teach a wrong answer, while one that is missing is only missed.
    """
    inputs = {"action": action, "statement": statement}
    straight = verdict_of(student, video_a=video_a, video_b=video_b, measurements=list(measurements), **inputs)
    swapped = Verdict(status="answered")
    if swap and straight.answer is not None:
        a, b = Clip.of("A", video_b.frames), Clip.of("B", video_a.frames)
        swapped_measurements = [one.swap_sides() for one in measurements if isinstance(one, Measurement)]
        with dspy.context(trace=[]):
            swapped = swap_sides(verdict_of(student, video_a=a, video_b=b, measurements=swapped_measurements, **inputs))
    return {
        "answer": straight.answer,
        "reason": straight.reason,
        "confidence": straight.confidence,
        "error": straight.error,
        "swapped_answer": swapped.answer,
        "swapped_error": swapped.error,
    }


def verdict_of(student: Student, **inputs: Any) -> Verdict:
    """The verdict of one call; a failed one has no answer."""
    try:
        verdict: Verdict = student.call(student.program, **inputs).verdict
    except FailedCallError as error:
        return error.failure.verdict
    return verdict


def ask_proposer(student: Student, action: str, n_differences: int) -> dict[str, Any]:
    """``proposal``: a Proposal, in open mode."""
    return {"proposal": student.call(student.program, action=action, n_differences=n_differences).proposal}


def ask_planner(
    student: Student, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()
) -> dict[str, Any]:
    """``plans``, difference key -> plan, and ``failures``, difference key -> what was wrong with its entry.

    Failures count as such: in use the grammar stands in for the model.
    """
    planner = student.program
    assert isinstance(planner, MeasurementPlanner)

    def ask(action: str, statements: Sequence[str]) -> CheckedEntries:
        return planner.ask(action, differences, stages)

    plans, failures = student.call(ask, action=action, statements=[difference.statement for difference in differences])
    return {"plans": plans, "failures": failures}


def ask_finder(student: Student, **inputs: Any) -> dict[str, Any]:
    """``answer``: key of a statement -> FinderAnswer."""
    answers: Mapping[str, Any] = student.call(student.program, **inputs).moments
    return {"answer": answers}


def ask_judge(student: Student, **inputs: Any) -> dict[str, Any]:
    """``answer``: key of a statement -> JudgeAnswer."""
    answers: Mapping[str, Any] = student.call(student.program, **inputs).judged
    return {"answer": answers}
