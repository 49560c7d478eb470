"""What all rendered actions share: stages of whole frames, minimum-jerk moves, a body that is never quite still."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar

from viddiff.core.types import Segment, Stage
from viddiff.synthetic.figure import FigurePose, Stance

_SWAY = 0.0022
_SWAY_LEFT_HZ, _SWAY_BACK_HZ = 0.31, 0.47
_BREATH = 0.012
_BREATH_HZ = 0.27


@dataclass(frozen=True)
class Performance(ABC):
    """One performance of an action.

    Attributes:
        fps: frames per second of the clip.
        frames: number of frames of each of ``stages``, in order; every stage begins on a frame.
        stance: where the feet stand.
        phase: of sway and breath, in turns.
    """

    stages: ClassVar[tuple[Stage, ...]]

    fps: int
    frames: tuple[int, ...]
    stance: Stance
    phase: float

    @abstractmethod
    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""

    @property
    def n_frames(self) -> int:
        """Length of the clip."""
        return sum(self.frames)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The stages ``[start_s, stop_s)``, in order, without gaps."""
        edges = [sum(self.frames[:index]) / self.fps for index in range(len(self.frames) + 1)]
        spans = zip(self.stages, pairwise(edges), strict=True)
        return tuple(Segment(stage=stage.name, start_s=start_s, stop_s=stop_s) for stage, (start_s, stop_s) in spans)

    def segment(self, stage: str) -> Segment:
        """The segment of the stage of that name."""
        return next(segment for segment in self.segments if segment.stage == stage)

    def idle_motion(self, time_s: float) -> Idle:
        """The small movements that run through the whole clip, so that quiet stages are not frozen frames."""
        return Idle(
            left=_SWAY * self._wave(_SWAY_LEFT_HZ, time_s),
            back=_SWAY * self._wave(_SWAY_BACK_HZ, time_s),
            down=_SWAY,
            breath=1 + _BREATH * self._wave(_BREATH_HZ, time_s),
        )

    def _wave(self, hz: float, time_s: float) -> float:
        return math.sin(math.tau * (hz * time_s + self.phase))


@dataclass(frozen=True)
class Idle:
    """Sway of the hips in shares of stature, and the size of the chest, 1 at rest.

    ``down`` is constant: it gives straight legs the length that the sway needs.
    """

    left: float
    back: float
    down: float
    breath: float


def minimum_jerk(share: float) -> float:
    """Share of the way after ``share`` of the time, both 0 to 1; flat outside (Flash and Hogan, 1985)."""
    u = min(1.0, max(0.0, share))
    return u**3 * (10 - 15 * u + 6 * u**2)


def move_share(segment: Segment, time_s: float) -> float:
    """Share of a move that is made in ``segment``, done at ``time_s``: 0 before it, 1 after it."""
    return minimum_jerk((time_s - segment.start_s) / (segment.stop_s - segment.start_s))
