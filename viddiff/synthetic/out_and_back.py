"""Actions that leave a rest pose, hold another one and come back: five stages, and what they all may differ in."""

from __future__ import annotations

import math
from abc import ABC
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from viddiff.synthetic.figure import FigureSkeleton, solve
from viddiff.synthetic.parameters import Parameter, Values
from viddiff.synthetic.performance import Performance, move_share
from viddiff.synthetic.truth import Aspect

R = TypeVar("R", bound="OutAndBack")

STATURE = "of body height"
#: Length of the action without the rest before and after it, and of its hold.
ACTION_S = Parameter("action_s", 1.5, 3.0, 0.4)
HOLD_S = Parameter("hold_s", 0.15, 1.15, 0.3)


class StageFrames(NamedTuple):
    """Number of frames of each stage."""

    before: int
    out: int
    hold: int
    back: int
    after: int


@dataclass(frozen=True)
class OutAndBack(Performance, ABC):
    """A performance whose stages are rest, out, hold, back and rest again."""

    def out_share(self, time_s: float) -> float:
        """Share of the way from rest to the pose that is held, 0 to 1."""
        _, out, _, back, _ = self.segments
        return move_share(out, time_s) - move_share(back, time_s)

    @property
    def at_start(self) -> FigureSkeleton:
        """The joints in the first frame."""
        return solve(self.pose(0.0), self.stance)

    @property
    def held_pose(self) -> FigureSkeleton:
        """The joints in the first frame of the hold."""
        return solve(self.pose(self.segments[2].start_s), self.stance)

    @property
    def action_s(self) -> float:
        """From when the figure leaves its rest pose until it is back."""
        return self.segments[3].stop_s - self.segments[1].start_s

    @property
    def hold_s(self) -> float:
        """How long the pose is held."""
        return self.segments[2].stop_s - self.segments[2].start_s

    @property
    def lean_deg(self) -> float:
        """Of the trunk, forward, while the pose is held."""
        spine = self.held_pose.neck - self.held_pose.pelvis
        return math.degrees(math.atan2(spine[2], spine[1]))

    @property
    def drop(self) -> float:
        """How far the hips are lower while the pose is held than in the first frame."""
        return float(self.at_start.pelvis[1] - self.held_pose.pelvis[1])

    @property
    def stance_width(self) -> float:
        """From ankle to ankle in the first frame."""
        left, right = self.at_start.legs
        return float(left.ankle[0] - right.ankle[0])


def elbows_out(performance: OutAndBack) -> float:
    """How far the elbows stand out to the sides in the hold."""
    left, right = performance.held_pose.arms
    return float(left.elbow[0] - right.elbow[0]) / 2


def frames_of(fps: int, values: Values) -> StageFrames:
    """The length of each stage; the way out takes a little longer than the way back.

    Args:
        values: ``before_s``, ``action_s``, ``hold_s`` and ``after_s``.

    Raises:
        ValueError: the hold leaves less than a quarter of a second for each way.
    """
    action_s, hold_s = values["action_s"], values["hold_s"]
    total, hold = round(action_s * fps), max(1, round(hold_s * fps))
    out = round((total - hold) * 0.54)
    back = total - hold - out
    if min(out, back) < fps / 4:
        raise ValueError(f"An action of {action_s:.2f} s cannot hold for {hold_s:.2f} s; hold for less.")
    return StageFrames(round(values["before_s"] * fps), out, hold, back, round(values["after_s"] * fps))


def tempo(kind: type[R], statement: str, query: str) -> Aspect[R]:
    """Whose action takes longer."""
    moving = tuple(stage.name for stage in kind.stages[1:4])
    return Aspect("tempo", "duration", statement, query, "gt_1", moving, "s", ACTION_S.margin, lambda of: of.action_s)


def pause(kind: type[R], statement: str, query: str) -> Aspect[R]:
    """Whose hold takes longer."""
    held = (kind.stages[2].name,)
    return Aspect("pause", "pause", statement, query, "gt_1", held, "s", HOLD_S.margin, lambda of: of.hold_s)
