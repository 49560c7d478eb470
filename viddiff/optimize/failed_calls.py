"""What students share: the model of a role in force, and what a failed call comes to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import dspy

from viddiff.core.errors import BackendError
from viddiff.core.texts import neutralize
from viddiff.lms import Failure, failure_of

#: Puts the model of a role in force, e.g. ``functools.partial(lms.role, "vision")``.
Role = Callable[[], AbstractContextManager[None]]
#: What is kept of an answer that did not parse, in characters.
_MAX_RAW = 2000


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
