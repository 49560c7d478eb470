"""What an optimizer optimizes: a program that asks the model of its role and turns a failed call into a prediction.

An optimizer takes an exception for a score of 0, without a word on why, and loses the example for reflection. So what
one question may meet (an answer that does not parse, a refusal, a timeout) comes back as a prediction with ``error``,
and only what every further call would meet is raised.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import dspy
from dspy.utils.exceptions import LMError

from viddiff.core.errors import BackendError
from viddiff.core.texts import neutralize
from viddiff.lms import Failure, failure_of
from viddiff.programs.predict import AsyncModule

#: Puts the model of a role in force, e.g. ``functools.partial(lms.role, "vision")``.
Role = Callable[[], AbstractContextManager[None]]
#: What is kept of an answer that did not parse, in characters.
_MAX_RAW = 2000


class FailedCallError(Exception):
    """A call without an answer, of which other calls need not know."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Student(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A program as an optimizer sees it: inputs of an example to a prediction, failures among them.

    Args:
        program: what is compiled.
        role: puts the model of its role in force; default: the LM in force.
        ask: from the student and the inputs of an example to the fields of the prediction; it asks by ``call``.
            Default: the fields of the program's own prediction.
        outputs: the fields of a prediction; all are None where a call failed.
    """

    def __init__(
        self,
        program: AsyncModule,
        role: Role = contextlib.nullcontext,
        ask: Callable[..., dict[str, Any]] | None = None,
        outputs: tuple[str, ...] = ("answer",),
    ) -> None:
        super().__init__()
        self.program, self.role = program, role
        self.ask, self.outputs = ask or ask_program, outputs

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """A prediction with the outputs and with ``error``: None, or why there is no answer.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        try:
            return dspy.Prediction(**{"error": None, **self.ask(self, **inputs)})
        except FailedCallError as error:
            return dspy.Prediction(**dict.fromkeys(self.outputs), error=error.failure.message)

    def call(self, function: Callable[..., Any], **inputs: Any) -> Any:
        """What the program, or a function that asks it, returns for these inputs, with the model of the role in force.

        Raises:
            FailedCallError: the call failed. BackendError, BudgetError: as ``forward``.
        """
        try:
            with self.role():
                return function(**inputs)
        except (dspy.AdapterParseError, LMError) as error:
            raise FailedCallError(failure_from(self, error, inputs)) from error


def ask_program(student: Student, **inputs: Any) -> dict[str, Any]:
    """The fields of the program's own prediction."""
    return dict(student.call(student.program, **inputs))


def failure_from(student: dspy.Module, error: Exception, inputs: dict[str, Any]) -> Failure:
    """The fault behind a failed call; one that did not parse is left in the trace, so that it can be reflected on.

    Raises:
        BackendError: a fault that every further call would meet. Anything that is no fault of a call is raised again.
    """
    fault = failure_of(error)
    if fault is None:
        raise error
    if fault.fatal:
        raise BackendError(fault.message) from error
    if isinstance(error, dspy.AdapterParseError) and dspy.settings.trace is not None:
        prediction = dspy.Prediction(unparsed=neutralize(fault.raw or "")[:_MAX_RAW])
        predictors = [predictor for predictor in student.predictors() if predictor.signature.equals(error.signature)]
        dspy.settings.trace.extend((predictor, dict(inputs), prediction) for predictor in predictors[:1])
    return fault
