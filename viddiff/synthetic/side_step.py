"""A side step: one foot steps out, the body follows and sinks between the feet, the foot comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viddiff.core.types import Stage
from viddiff.synthetic.arms import HANGING, raise_arm
from viddiff.synthetic.figure import PLANTED, FigurePose, Foot, Stance, angle_deg, highest_hip, vector
from viddiff.synthetic.out_and_back import ACTION_S, HOLD_S, STATURE, OutAndBack, frames_of, pause, tempo
from viddiff.synthetic.parameters import Action, Parameter, Values
from viddiff.synthetic.truth import Aspect

_STEP_UP = 0.05
_BACK_PER_DROP = 0.35
_HEAD_SHARE_OF_LEAN = 0.4
_FEET_APART = 0.10


@dataclass(frozen=True)
class SideStep(OutAndBack):
    """One performance of a side step.

    Attributes:
        step: how far the foot steps to the side, in shares of stature.
        depth: how far the hips sink, likewise.
        lean_rad: forward lean of the trunk when the feet are apart.
        left_leads: whether the left foot steps.
        arms_rad: to the sides, from straight down, when the feet are apart.
    """

    stages = (
        Stage(name="stand", description="Standing with the feet together.",
              cues=("a person standing with the feet close together",)),
        Stage(name="step out", description="One foot steps to the side.",
              cues=("a person stepping out to the side with one foot",)),
        Stage(name="hold wide", description="The feet are wide apart, the hips at their lowest.",
              cues=("a person with the feet wide apart and the hips low",)),
        Stage(name="step in", description="The foot comes back.",
              cues=("a person stepping back in with one foot",)),
        Stage(name="stand again", description="Standing with the feet together after the step.",
              cues=("a person standing with the feet close together",)),
    )  # fmt: skip

    step: float
    depth: float
    lean_rad: float
    left_leads: bool
    arms_rad: float

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        out, idle = self.out_share(time_s), self.idle_motion(time_s)
        side = 1.0 if self.left_leads else -1.0
        lean_rad = self.lean_rad * out + 2 * idle.back
        goes = Foot(left=side * self.step * out, up=_STEP_UP * math.sin(math.pi * out) ** 2)
        feet = (goes, PLANTED) if self.left_leads else (PLANTED, goes)
        arm = HANGING.blend(raise_arm(self.arms_rad, 0.0, 0.1), out)
        left = side * self.step / 2 * out + idle.left
        back = _BACK_PER_DROP * self.depth * out + idle.back
        reach = highest_hip(self.stance, feet, left, -back)
        return FigurePose(
            hip_height=min(self.stance.standing_hip_height - self.depth * out, reach) - idle.down,
            hip_back=back,
            hip_left=left,
            lean_rad=lean_rad,
            nod_rad=_HEAD_SHARE_OF_LEAN * lean_rad,
            breath=idle.breath,
            arms=(arm, arm),
            feet=feet,
        )


def _width(step: SideStep) -> float:
    left, right = step.held_pose.legs
    return float(left.ankle[0] - right.ankle[0])


def _leads_left(step: SideStep) -> float:
    """1 where the left foot has moved, 0 where the right one has."""
    left, right = (
        abs(float(held.ankle[0] - start.ankle[0]))
        for held, start in zip(step.held_pose.legs, step.at_start.legs, strict=True)
    )
    return float(left > right)


def _arms_up_deg(step: SideStep) -> float:
    """Angle of the left arm from straight down."""
    arm = step.held_pose.arms[0]
    return angle_deg(arm.wrist - arm.shoulder, vector(0.0, -1.0, 0.0))


def _perform(values: Values, fps: int, phase: float) -> SideStep:
    return SideStep(
        fps=fps,
        frames=frames_of(fps, values),
        stance=Stance(_FEET_APART, math.radians(10)),
        phase=phase,
        step=values["step"],
        depth=values["depth"],
        lean_rad=math.radians(values["lean_deg"]),
        left_leads=values["left_leads"] > 0,
        arms_rad=math.radians(values["arms_deg"]),
    )


_WIDE = "A photo of a person with the feet wide apart."
SIDE_STEP: Action[SideStep] = Action(
    key="side_step",
    name="side step",
    description="A person stands, steps to the side with one foot, sinks between the feet and steps back.",
    parameters=(
        Parameter("step", 0.18, 0.40, 0.05),
        Parameter("depth", 0.06, 0.20, 0.03),
        Parameter("lean_deg", 4.0, 32.0, 6.0),
        Parameter("left_leads", 0, 1),
        Parameter("arms_deg", 20.0, 100.0, 18.0),
        ACTION_S,
        HOLD_S,
    ),
    aspects=(
        Aspect("step", "step width", "The step to the side is wider.",
               _WIDE, "1", ("hold wide",), STATURE, 0.05, _width),
        Aspect("depth", "sinking", "The hips sink lower between the feet.",
               _WIDE, "1", ("hold wide",), STATURE, 0.03, lambda step: step.drop),
        Aspect("lean", "trunk lean", "The trunk leans further forward when the feet are apart.",
               _WIDE, "1", ("hold wide",), "deg", 6.0, lambda step: step.lean_deg),
        Aspect("lead", "leading foot", "The left foot is the one that steps to the side.",
               "A video of a person stepping to the side.", "gt_1", ("step out",), "", 0.5, _leads_left),
        Aspect("arms", "raised arms", "The arms are raised higher to the sides when the feet are apart.",
               _WIDE, "1", ("hold wide",), "deg", 18.0, _arms_up_deg),
        tempo(SideStep, "The side step, from when the foot leaves until it is back, takes longer.",
              "A video of a person stepping to the side and back."),
        pause(SideStep, "The wide stance is held longer before stepping back.",
              "A video of a person standing with the feet wide apart."),
    ),
    perform=_perform,
    yaw_deg=(14, 30),
)  # fmt: skip
