"""A forward lunge: one foot steps forward, both knees bend, the foot comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viddiff.core.types import Stage
from viddiff.synthetic.arms import HANGING, ON_HIPS
from viddiff.synthetic.figure import FigurePose, Foot, Stance, highest_hip
from viddiff.synthetic.out_and_back import ACTION_S, HOLD_S, STATURE, OutAndBack, elbows_out, frames_of, pause, tempo
from viddiff.synthetic.parameters import Action, Parameter, Values
from viddiff.synthetic.truth import Aspect

# The figure starts behind the middle of the mat, so that the lunge itself is in the middle of the picture.
_START = -0.20
_STEP_UP = 0.07
# The rear foot stays on its toes.
_HEEL_RAD = math.radians(52)
_HEAD_SHARE_OF_LEAN = 0.4
# The hips pass the middle between the feet, toward the front one.
_HIP_SHARE = 0.54


@dataclass(frozen=True)
class Lunge(OutAndBack):
    """One performance of a forward lunge.

    Attributes:
        step: how far the foot steps forward, in shares of stature.
        depth: how far the hips sink, likewise.
        lean_rad: forward lean of the trunk in the lunge.
        left_leads: whether the left foot steps.
        hands_on_hips: else the arms hang.
    """

    stages = (
        Stage(name="stand", description="Standing upright with the feet together.",
              cues=("a person standing upright with the feet together",)),
        Stage(name="step forward", description="One foot steps forward while the knees begin to bend.",
              cues=("a person stepping forward into a lunge",)),
        Stage(name="hold the lunge", description="One foot far in front of the other, both knees bent the most.",
              cues=("a person in a deep lunge with one foot far in front",)),
        Stage(name="step back", description="The front foot pushes off and comes back.",
              cues=("a person stepping back out of a lunge",)),
        Stage(name="stand again", description="Standing upright after the lunge.",
              cues=("a person standing upright with the feet together",)),
    )  # fmt: skip

    step: float
    depth: float
    lean_rad: float
    left_leads: bool
    hands_on_hips: bool

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        out, idle = self.out_share(time_s), self.idle_motion(time_s)
        lean_rad = self.lean_rad * out + 2 * idle.back
        arm = ON_HIPS if self.hands_on_hips else HANGING
        front = Foot(forward=_START + self.step * out, up=_STEP_UP * math.sin(math.pi * out) ** 2)
        rear = Foot(forward=_START, heel_rad=_HEEL_RAD * out)
        feet = (front, rear) if self.left_leads else (rear, front)
        forward = _START + _HIP_SHARE * self.step * out - idle.back
        reach = highest_hip(self.stance, feet, idle.left, forward)
        return FigurePose(
            hip_height=min(self.stance.standing_hip_height - self.depth * out, reach) - idle.down,
            hip_back=-forward,
            hip_left=idle.left,
            lean_rad=lean_rad,
            nod_rad=_HEAD_SHARE_OF_LEAN * lean_rad,
            breath=idle.breath,
            arms=(arm, arm),
            feet=feet,
        )


def _step(lunge: Lunge) -> float:
    left, right = lunge.held_pose.legs
    return abs(float(left.toe[2] - right.toe[2]))


def _leads_left(lunge: Lunge) -> float:
    left, right = lunge.held_pose.legs
    return float(left.ankle[2] > right.ankle[2])


def _perform(values: Values, fps: int, phase: float) -> Lunge:
    return Lunge(
        fps=fps,
        frames=frames_of(fps, values),
        stance=Stance(0.11, math.radians(4)),
        phase=phase,
        step=values["step"],
        depth=values["depth"],
        lean_rad=math.radians(values["lean_deg"]),
        left_leads=values["left_leads"] > 0,
        hands_on_hips=values["hands_on_hips"] > 0,
    )


_DEEP = "A photo of a person in a deep lunge."
LUNGE: Action[Lunge] = Action(
    key="lunge",
    name="forward lunge",
    description="A person stands upright, steps forward into a lunge, holds it and steps back.",
    parameters=(
        Parameter("step", 0.26, 0.46, 0.045),
        Parameter("depth", 0.09, 0.25, 0.035),
        Parameter("lean_deg", 0.0, 28.0, 6.0),
        Parameter("left_leads", 0, 1),
        Parameter("hands_on_hips", 0, 1),
        ACTION_S,
        HOLD_S,
    ),
    aspects=(
        Aspect("step", "step length", "The step forward is longer.",
               _DEEP, "1", ("hold the lunge",), STATURE, 0.045, _step),
        Aspect("depth", "lunge depth", "The hips sink lower in the lunge.",
               _DEEP, "1", ("hold the lunge",), STATURE, 0.035, lambda lunge: lunge.drop),
        Aspect("lead", "leading leg", "The left leg is the one that steps forward.",
               _DEEP, "1", ("hold the lunge",), "", 0.5, _leads_left),
        Aspect("lean", "trunk lean", "The trunk leans further forward in the lunge.",
               _DEEP, "1", ("hold the lunge",), "deg", 6.0, lambda lunge: lunge.lean_deg),
        Aspect("arms", "hands on hips", "The hands rest on the hips, with the elbows out to the sides.",
               "A photo of a person with the hands on the hips.", "1", ("stand",), STATURE, 0.05, elbows_out),
        tempo(Lunge, "The lunge, from the step forward until standing again, takes longer.",
              "A video of a person doing one lunge."),
        pause(Lunge, "The lunge is held longer before stepping back.", "A video of a person holding a lunge."),
    ),
    perform=_perform,
    yaw_deg=(48, 62),
)  # fmt: skip
