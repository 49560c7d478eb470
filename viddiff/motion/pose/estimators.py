"""What an estimator offers. Adding one is one class with a decorator, in a module that ``kinds`` imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from viddiff.core.registry import Registry
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
KINDS: Registry[EstimatorKind] = Registry("pose estimator")


def estimator(name: str) -> Callable[[K], K]:
    """Register a class of estimators under a name."""

    def register(kind: K) -> K:
        KINDS.add(name, kind)
        return kind

    return register
