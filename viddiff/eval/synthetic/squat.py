"""A bodyweight squat: its stages, how the body moves, and the ways in which two squats may differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from viddiff.eval.synthetic.figure import (
    FOREARM,
    HALF_SHOULDERS,
    TRUNK,
    UPPER_ARM,
    Pose,
    Skeleton,
    Vector,
    middle_joint,
    pitch,
    solve,
    unit,
    vector,
)
from viddiff.eval.synthetic.motion import Performance, moved
from viddiff.eval.synthetic.truth import Aspect
from viddiff.types import Stage

ACTION = "a bodyweight squat"

Arms = Literal["forward", "hips"]

# The hips travel back as they sink, so that the body stays over its feet.
_BACK_PER_DROP = 0.40
_HEAD_SHARE_OF_LEAN = 0.35


@dataclass(frozen=True)
class Squat(Performance):
    """One performance of a squat.

    Attributes:
        depth: how far the hips sink, in shares of stature.
        lean_rad: forward lean of the trunk at the bottom.
        arms: where the arms are at the bottom; hands on the hips stay there for the whole clip.
    """

    stages = (
        Stage(
            name="stand",
            description="Standing upright before the squat.",
            cues=("a person standing upright with straight legs",),
        ),
        Stage(
            name="descend",
            description="The hips go down and back while the knees bend.",
            cues=("a person bending the knees, lowering into a squat",),
        ),
        Stage(
            name="hold",
            description="At the bottom of the squat, the knees bent the most.",
            cues=("a person at the bottom of a squat with deeply bent knees",),
        ),
        Stage(
            name="ascend",
            description="The hips come back up while the legs straighten.",
            cues=("a person rising from a squat with half bent knees",),
        ),
        Stage(
            name="stand again",
            description="Standing upright after the squat.",
            cues=("a person standing upright with straight legs",),
        ),
    )

    depth: float
    lean_rad: float
    arms: Arms

    def pose(self, time_s: float) -> Pose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        down = moved(self.segment("descend"), time_s) - moved(self.segment("ascend"), time_s)
        idle = self.idle(time_s)
        lean_rad = self.lean_rad * down + 2 * idle.back
        bottom = _at_bottom(self.arms, self.lean_rad)
        top = _hanging() if self.arms == "forward" else bottom
        return Pose(
            hip_height=self.stance.standing_hip_height - self.depth * down - idle.down,
            hip_back=_BACK_PER_DROP * self.depth * down + idle.back,
            hip_left=idle.left,
            lean_rad=lean_rad,
            nod_rad=_HEAD_SHARE_OF_LEAN * lean_rad,
            breath=idle.breath,
            upper_arm=top[0] + (bottom[0] - top[0]) * down,
            forearm=top[1] + (bottom[1] - top[1]) * down,
        )

    @property
    def at_start(self) -> Skeleton:
        """The joints in the first frame."""
        return solve(self.pose(0.0), self.stance)

    @property
    def at_bottom(self) -> Skeleton:
        """The joints in the first frame of the hold."""
        return solve(self.pose(self.segment("hold").start_s), self.stance)


def _hanging() -> tuple[Vector, Vector]:
    return unit(vector(0.16, -1.0, 0.02)), unit(vector(0.06, -1.0, 0.16))


def _at_bottom(arms: Arms, lean_rad: float) -> tuple[Vector, Vector]:
    """Directions of the left upper arm and forearm at the bottom, in the axes of the trunk."""
    if arms == "forward":
        # Level in the world, hence turned back by the lean of the trunk.
        level = pitch(lean_rad).T @ np.stack((unit(vector(0.10, 0.02, 1.0)), unit(vector(0.02, 0.06, 1.0)))).T
        return level[:, 0], level[:, 1]
    shoulder = vector(HALF_SHOULDERS, TRUNK - 0.012, 0.0)
    wrist = vector(0.122, 0.062, 0.012)
    elbow = middle_joint(shoulder, wrist, UPPER_ARM, FOREARM, vector(1.0, 0.0, -0.45))
    return unit(elbow - shoulder), unit(wrist - elbow)


def _depth(squat: Squat) -> float:
    return float(squat.at_start.pelvis[1] - squat.at_bottom.pelvis[1])


def _stance(squat: Squat) -> float:
    left, right = squat.at_start.legs
    return float(left.ankle[0] - right.ankle[0])


def _reach(squat: Squat) -> float:
    """How far the wrists are in front of the shoulders."""
    arm = squat.at_bottom.arms[0]
    return float(arm.wrist[2] - arm.shoulder[2])


def _duration_s(squat: Squat) -> float:
    return squat.segment("ascend").stop_s - squat.segment("descend").start_s


def _pause_s(squat: Squat) -> float:
    hold = squat.segment("hold")
    return hold.stop_s - hold.start_s


def _lean_deg(squat: Squat) -> float:
    spine = squat.at_bottom.neck - squat.at_bottom.pelvis
    return math.degrees(math.atan2(spine[2], spine[1]))


def _heel_height(squat: Squat) -> float:
    return max(float(leg.heel[1]) for leg in squat.at_bottom.legs)


_STATURE = "of body height"
ASPECTS: tuple[Aspect[Squat], ...] = (
    Aspect("depth", "squat depth", "The hips sink lower at the bottom of the squat.",
           "A photo of a person at the bottom of a squat.", "1", ("hold",), _STATURE, 0.04, _depth),
    Aspect("stance", "stance width", "The feet are placed wider apart.",
           "A photo of a person standing with the feet apart.", "1", ("stand",), _STATURE, 0.05, _stance),
    Aspect("arms", "arm position", "The arms are stretched out in front of the body at the bottom of the squat.",
           "A photo of a person squatting with the arms in front.", "1", ("hold",), _STATURE, 0.1, _reach),
    Aspect("tempo", "squat duration", "The squat, from the first bend of the knees until standing again, takes longer.",
           "A video of a person doing one squat.", "gt_1", ("descend", "hold", "ascend"), "s", 0.4, _duration_s),
    Aspect("pause", "pause at the bottom", "The pause at the bottom of the squat is longer.",
           "A video of a person pausing at the bottom of a squat.", "gt_1", ("hold",), "s", 0.3, _pause_s),
    Aspect("lean", "trunk lean", "The trunk leans further forward at the bottom of the squat.",
           "A photo of a person at the bottom of a squat, from the side.", "1", ("hold",), "deg", 5.0, _lean_deg),
    Aspect("heels", "heel lift", "The heels lift off the floor at the bottom of the squat.",
           "A photo of the feet of a person squatting.", "1", ("hold",), _STATURE, 0.01, _heel_height),
)  # fmt: skip
