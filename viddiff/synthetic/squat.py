"""A bodyweight squat: its stages, how the body moves, and the ways in which two squats may differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from viddiff.core.types import Stage
from viddiff.synthetic.arms import HANGING, ON_HIPS, level_ahead
from viddiff.synthetic.figure import FigurePose, Foot, Stance
from viddiff.synthetic.out_and_back import ACTION_S, HOLD_S, STATURE, OutAndBack, frames_of
from viddiff.synthetic.parameters import Action, Parameter, Values
from viddiff.synthetic.truth import Aspect

ACTION = "a bodyweight squat"

Arms = Literal["forward", "hips"]

# The hips travel back as they sink, so that the body stays over its feet.
_BACK_PER_DROP = 0.40
_HEAD_SHARE_OF_LEAN = 0.35


@dataclass(frozen=True)
class Squat(OutAndBack):
    """One performance of a squat.

    Attributes:
        depth: how far the hips sink, in shares of stature.
        lean_rad: forward lean of the trunk at the bottom.
        arms: where the arms are at the bottom; hands on the hips stay there for the whole clip.
        heel_rad: by how much the feet roll up over their toes at the bottom.
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
    heel_rad: float = 0.0

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        down = self.out_share(time_s)
        idle = self.idle_motion(time_s)
        lean_rad = self.lean_rad * down + 2 * idle.back
        arm = ON_HIPS if self.arms == "hips" else HANGING.blend(level_ahead(self.lean_rad), down)
        foot = Foot(heel_rad=self.heel_rad * down)
        return FigurePose(
            hip_height=self.stance.standing_hip_height - self.depth * down - idle.down,
            hip_back=_BACK_PER_DROP * self.depth * down + idle.back,
            hip_left=idle.left,
            lean_rad=lean_rad,
            nod_rad=_HEAD_SHARE_OF_LEAN * lean_rad,
            breath=idle.breath,
            arms=(arm, arm),
            feet=(foot, foot),
        )


def _reach(squat: Squat) -> float:
    """How far the wrists are in front of the shoulders."""
    arm = squat.held_pose.arms[0]
    return float(arm.wrist[2] - arm.shoulder[2])


def _heel_height(squat: Squat) -> float:
    return max(float(leg.heel[1]) for leg in squat.held_pose.legs)


ASPECTS: tuple[Aspect[Squat], ...] = (
    Aspect("depth", "squat depth", "The hips sink lower at the bottom of the squat.",
           "A photo of a person at the bottom of a squat.", "1", ("hold",), STATURE, 0.04, lambda squat: squat.drop),
    Aspect("stance", "stance width", "The feet are placed wider apart.",
           "A photo of a person standing with the feet apart.", "1", ("stand",), STATURE, 0.05,
           lambda squat: squat.stance_width),
    Aspect("arms", "arm position", "The arms are stretched out in front of the body at the bottom of the squat.",
           "A photo of a person squatting with the arms in front.", "1", ("hold",), STATURE, 0.1, _reach),
    Aspect("tempo", "squat duration", "The squat, from the first bend of the knees until standing again, takes longer.",
           "A video of a person doing one squat.", "gt_1", ("descend", "hold", "ascend"), "s", 0.4,
           lambda squat: squat.action_s),
    Aspect("pause", "pause at the bottom", "The pause at the bottom of the squat is longer.",
           "A video of a person pausing at the bottom of a squat.", "gt_1", ("hold",), "s", 0.3,
           lambda squat: squat.hold_s),
    Aspect("lean", "trunk lean", "The trunk leans further forward at the bottom of the squat.",
           "A photo of a person at the bottom of a squat, from the side.", "1", ("hold",), "deg", 5.0,
           lambda squat: squat.lean_deg),
    Aspect("heels", "heel lift", "The heels lift off the floor at the bottom of the squat.",
           "A photo of the feet of a person squatting.", "1", ("hold",), STATURE, 0.01, _heel_height),
)  # fmt: skip


def _perform(values: Values, fps: int, phase: float) -> Squat:
    return Squat(
        fps=fps,
        frames=frames_of(fps, values),
        stance=Stance(values["stance"], math.radians(18)),
        phase=phase,
        depth=values["depth"],
        lean_rad=math.radians(values["lean_deg"]),
        arms="forward" if values["arms_forward"] > 0 else "hips",
        heel_rad=math.radians(values["heel_deg"]),
    )


SQUAT: Action[Squat] = Action(
    key="squat",
    name="bodyweight squat",
    description="A person stands upright, squats down, stays at the bottom and stands up again.",
    parameters=(
        Parameter("depth", 0.20, 0.40, 0.04),
        Parameter("stance", 0.12, 0.32, 0.05),
        Parameter("lean_deg", 22.0, 44.0, 5.0),
        Parameter("heel_deg", 0, 28),
        Parameter("arms_forward", 0, 1),
        ACTION_S,
        HOLD_S,
    ),
    aspects=ASPECTS,
    perform=_perform,
    yaw_deg=(32, 46),
)
