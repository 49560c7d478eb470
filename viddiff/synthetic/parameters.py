"""What a benchmark needs of an action: the numbers that may differ, and how they become a performance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from viddiff.synthetic.performance import Performance
from viddiff.synthetic.truth import Aspect

P = TypeVar("P", bound=Performance)
Values = Mapping[str, float]


@dataclass(frozen=True)
class Parameter:
    """A number in which two performances may differ.

    Attributes:
        low, high: the range that the body can do.
        margin: the smallest difference that a viewer can see; 0 for an either-or, which is ``low`` or ``high``.
        whole: only whole numbers.
    """

    name: str
    low: float
    high: float
    margin: float = 0.0
    whole: bool = False

    def draw_same(self, rng: np.random.Generator) -> tuple[float, float]:
        """One value for both videos."""
        value = float(rng.choice((self.low, self.high))) if self.margin == 0 else self._draw(rng, self.low, self.high)
        return value, value

    def draw_apart(self, rng: np.random.Generator, margins: float) -> tuple[float, float]:
        """Two values that are ``margins`` margins apart or a little more, as far as the range allows; either first."""
        low, high = self.low, self.high
        if self.margin > 0:
            gap = min(self.margin * margins * float(rng.uniform(1.0, 1.2)), high - low)
            gap = float(np.ceil(gap - 0.5)) if self.whole else gap
            low = self._draw(rng, low, high - gap)
            high = low + gap
        return (low, high) if rng.random() < 0.5 else (high, low)

    def _draw(self, rng: np.random.Generator, low: float, high: float) -> float:
        return float(rng.integers(round(low), round(high) + 1)) if self.whole else float(rng.uniform(low, high))


@dataclass(frozen=True)
class Action(Generic[P]):
    """An action that can be rendered in many ways.

    Attributes:
        key, name, description: as in the rows of VidDiffBench.
        perform: parameter values with ``before_s`` and ``after_s`` (the rests around the action), frames per second and
            phase (see ``Performance``) to a performance.
        yaw_deg: from where, around the figure, the differences can be seen: ``(least, most)``.
    """

    key: str
    name: str
    description: str
    parameters: tuple[Parameter, ...]
    aspects: tuple[Aspect[P], ...]
    perform: Callable[[Values, int, float], P]
    yaw_deg: tuple[float, float]
