"""All estimators by name."""

from __future__ import annotations

from viddiff.core.errors import UsageError

# They register when imported; neither imports its library before one is opened.
from viddiff.motion.pose import blazepose, rtmpose  # noqa: F401
from viddiff.motion.pose.estimators import KINDS, EstimatorKind

#: The name that stands for no estimator.
NO_ESTIMATOR = ("none",)


def estimator_kind(name: str) -> EstimatorKind:
    """The class of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in KINDS:
        raise UsageError(f"--pose: unknown estimator {name!r}; choose one of {', '.join(sorted(KINDS))} or none.")
    return KINDS[name]
