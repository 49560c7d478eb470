"""Calls of a model, one after another or several at once, with one budget, one throttle and one end.

A fault of one call is a result; a fault that every further call would meet ends the asking.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import dspy

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.parallel import check_interrupted
from viddiff.lms import Failure, LMs, failure_of
from viddiff.lms.roles import Role
from viddiff.lms.throttle import Throttle


@contextlib.contextmanager
def model_in_force(lms: LMs | None, role: Role, program: dspy.Module) -> Iterator[None]:
    """Within this context ``program`` asks the model of a role, which is counted; None: ``dspy.settings.lm``.

    Raises:
        UsageError: a predictor of the program has a model of its own. BudgetError: the budget is spent.
    """
    if lms is None:
        yield
        return
    # Not ``predictors``, which leaves out what an optimizer froze.
    for _, predictor in program.named_sub_modules(dspy.Predict):
        if predictor.lm is not None:
            raise UsageError(
                f"The predictor of {predictor.signature.__name__} has a model of its own (set_lm), which would be "
                "asked instead of lms, uncounted: call set_lm(None) on its program, or give no lms."
            )
    with lms.role(role):
        yield


class Caller:
    """Calls programs with the model of a role in force.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``.
        throttle: bounds what is in flight, together with others.

    Attributes:
        fatal: the fault that ended the asking; None while there is none.
    """

    def __init__(self, lms: LMs | None, throttle: Throttle) -> None:
        self.lms = lms
        self.throttle = throttle
        self.fatal: Failure | None = None

    def __call__(self, program: dspy.Module, role: Role, **inputs: Any) -> dspy.Prediction | Failure:
        """The prediction, or what went wrong with this call.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
            UsageError: a predictor of the program has a model of its own beside ``lms``.
        """

        def call() -> dspy.Prediction:
            check_interrupted()
            # Waiting takes time, in which the asking may have ended.
            if self.fatal is not None:
                raise BackendError(self.fatal.message)
            with model_in_force(self.lms, role, program):
                return program(**inputs)

        try:
            return self.throttle(call)
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            failure = failure_of(error)
            if failure is None:
                raise
            if failure.fatal:
                self.fatal = failure
                raise BackendError(failure.message) from error
            return failure
