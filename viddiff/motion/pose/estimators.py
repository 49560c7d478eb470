"""What an estimator offers, and all of them by name. Adding one is one class with a decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import UsageError
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.detections import People


class Estimator(Protocol):
    """Finds people in the frames of one clip, handed in in time order; for one thread."""

    def people(self, pixels: NDArray[np.uint8], time_s: float) -> People:
        """Everyone seen in a frame, (height, width, 3) RGB; raises BackendError where it cannot go on."""

    def close(self) -> None:
        """Let its networks go."""


class EstimatorKind(Protocol):
    """A class of estimators."""

    def __call__(self, choice: PoseChoice) -> Estimator:
        """Open one; raises BackendError where the library or the weights are missing or damaged."""

    def identity(self, choice: PoseChoice) -> str:
        """Name and weights, e.g. "blazepose/e9a5c5cb"; other weights have another. Raises as opening does."""


K = TypeVar("K", bound=EstimatorKind)
_kinds: dict[str, EstimatorKind] = {}


def estimator(name: str) -> Callable[[K], K]:
    """Register a class of estimators under a name."""

    def register(kind: K) -> K:
        _kinds[name] = kind
        return kind

    return register


def estimator_kind(name: str) -> EstimatorKind:
    """The class of that name.

    Raises:
        UsageError: there is none.
    """
    # They register when imported; none of these imports its library before one is opened.
    from viddiff.motion.pose import blazepose, rtmpose  # noqa: F401

    if name not in _kinds:
        raise UsageError(f"--pose: there is no estimator {name!r}; choose one of {', '.join(sorted(_kinds))} or none.")
    return _kinds[name]
