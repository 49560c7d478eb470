"""Calls of a model, one after another or several at once, with one budget, one throttle and one end.

A fault of one call is a result; a fault that every further call would meet ends the asking.
"""

from __future__ import annotations

import contextlib
from typing import Any

import dspy

from viddiff.core.errors import BackendError
from viddiff.core.parallel import check_interrupted
from viddiff.lms import Failure, LMs, failure_of
from viddiff.lms.roles import Role
from viddiff.lms.throttle import Throttle


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
        """

        def call() -> dspy.Prediction:
            check_interrupted()
            # Waiting takes time, in which the asking may have ended.
            if self.fatal is not None:
                raise BackendError(self.fatal.message)
            with self.lms.role(role) if self.lms else contextlib.nullcontext():
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
