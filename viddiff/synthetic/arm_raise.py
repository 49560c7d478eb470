"""An arm raise: both arms swing up, stay there and come down."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viddiff.core.types import Segment, Stage
from viddiff.synthetic.arms import HANGING, raise_arm
from viddiff.synthetic.figure import ArmPose, FigurePose, Stance, angle_deg
from viddiff.synthetic.out_and_back import ACTION_S, HOLD_S, STATURE, OutAndBack, frames_of, pause, tempo
from viddiff.synthetic.parameters import Action, Parameter, Values
from viddiff.synthetic.performance import minimum_jerk
from viddiff.synthetic.truth import Aspect

# Up to here the hanging arm turns into the plane of the raise.
_LEAVING_RAD = math.radians(25)


@dataclass(frozen=True)
class ArmRaise(OutAndBack):
    """One performance of an arm raise.

    Attributes:
        angle_rad: of the left upper arm from straight down while it is held; a right angle is level.
        lower_rad: by how much the right arm stays lower.
        bend_rad: of the elbows.
        ahead_rad: 0: to the sides; a right angle: in front.
        lead_s: by how much the left arm starts and stops before the right one; negative: after it.
    """

    stages = (
        Stage(name="arms down", description="Standing with the arms hanging.",
              cues=("a person standing with both arms hanging down",)),
        Stage(name="raise", description="The arms swing up.",
              cues=("a person raising the arms, the arms half way up",)),
        Stage(name="hold", description="The arms are held up, at their highest.",
              cues=("a person holding both arms up high",)),
        Stage(name="lower", description="The arms come down.",
              cues=("a person lowering the arms, the arms half way down",)),
        Stage(name="arms down again", description="Standing with the arms hanging after the raise.",
              cues=("a person standing with both arms hanging down",)),
    )  # fmt: skip

    angle_rad: float
    lower_rad: float
    bend_rad: float
    ahead_rad: float
    lead_s: float

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        idle = self.idle_motion(time_s)
        _, out, _, back, _ = self.segments
        down = _share(back, time_s, 0.0, 0.0)
        left = _share(out, time_s, max(0.0, -self.lead_s), max(0.0, self.lead_s)) - down
        right = _share(out, time_s, max(0.0, self.lead_s), max(0.0, -self.lead_s)) - down
        return FigurePose(
            hip_height=self.stance.standing_hip_height - idle.down,
            hip_back=idle.back,
            hip_left=idle.left,
            lean_rad=2 * idle.back,
            nod_rad=2 * idle.back,
            breath=idle.breath,
            arms=(self._arm(left, self.angle_rad), self._arm(right, self.angle_rad - self.lower_rad)),
        )

    def _arm(self, share: float, angle_rad: float) -> ArmPose:
        up_rad = angle_rad * share
        swung = raise_arm(up_rad, self.ahead_rad, self.bend_rad * share)
        return HANGING.blend(swung, minimum_jerk(up_rad / _LEAVING_RAD))


def _share(segment: Segment, time_s: float, late_s: float, early_s: float) -> float:
    """Share of a move that starts ``late_s`` after the segment and stops ``early_s`` before its end."""
    start_s, stop_s = segment.start_s + late_s, segment.stop_s - early_s
    return minimum_jerk((time_s - start_s) / (stop_s - start_s))


def _height(raising: ArmRaise) -> float:
    """How high the higher wrist is over the shoulders."""
    return max(float(arm.wrist[1] - arm.shoulder[1]) for arm in raising.held_pose.arms)


def _wrist_height_difference(raising: ArmRaise) -> float:
    left, right = raising.held_pose.arms
    return abs(float(left.wrist[1] - right.wrist[1]))


def _elbow_bend_deg(raising: ArmRaise) -> float:
    """0 for a straight arm."""
    arm = raising.held_pose.arms[0]
    return angle_deg(arm.elbow - arm.shoulder, arm.wrist - arm.elbow)


def _in_front(raising: ArmRaise) -> float:
    """0 for arms to the sides, 1 for arms in front."""
    arm = raising.held_pose.arms[0]
    side, front = float(arm.elbow[0] - arm.shoulder[0]), float(arm.elbow[2] - arm.shoulder[2])
    return math.atan2(front, side) / (math.pi / 2)


def _early_in_raise(raising: ArmRaise) -> tuple[float, ...]:
    """Its beginning and its middle: what the arms do first."""
    out = raising.segments[1]
    return out.start_s, (out.start_s + out.stop_s) / 2


def _perform(values: Values, fps: int, phase: float) -> ArmRaise:
    return ArmRaise(
        fps=fps,
        frames=frames_of(fps, values),
        stance=Stance(values["stance"], math.radians(12)),
        phase=phase,
        angle_rad=math.radians(values["angle_deg"]),
        lower_rad=math.radians(values["lower_deg"]),
        bend_rad=math.radians(values["bend_deg"]),
        ahead_rad=math.radians(90 * values["in_front"]),
        lead_s=values["lead_s"],
    )


_UP = "A photo of a person holding both arms up."
ARM_RAISE: Action[ArmRaise] = Action(
    key="arm_raise",
    name="arm raise",
    description="A person stands, raises both arms, holds them up and lowers them again.",
    parameters=(
        Parameter("angle_deg", 80.0, 160.0, 13.0),
        Parameter("lower_deg", 0.0, 48.0, 13.0),
        Parameter("bend_deg", 4.0, 70.0, 15.0),
        Parameter("in_front", 0, 1),
        Parameter("lead_s", -0.30, 0.30, 0.14),
        Parameter("stance", 0.11, 0.31, 0.05),
        ACTION_S,
        HOLD_S,
    ),
    aspects=(
        Aspect("height", "height of the arms", "The higher arm is raised higher.",
               _UP, "1", ("hold",), STATURE, 0.045, _height),
        Aspect("symmetry", "uneven arms", "The two arms are raised to more different heights.",
               _UP, "1", ("hold",), STATURE, 0.05, _wrist_height_difference),
        Aspect("elbows", "bent elbows", "The elbows are bent more while the arms are up.",
               _UP, "1", ("hold",), "deg", 15.0, _elbow_bend_deg),
        Aspect("front", "arms in front", "The arms are raised in front of the body rather than to the sides.",
               _UP, "1", ("hold",), "", 0.5, _in_front),
        Aspect("order", "left arm first", "The left arm starts to rise earlier, relative to the right arm.",
               "A video of a person raising the arms.", "gt_1", ("raise",), "s", 0.14, lambda raising: raising.lead_s,
               _early_in_raise),
        Aspect("stance", "stance width", "The feet are placed wider apart.",
               "A photo of a person standing with the feet apart.", "1", ("arms down",), STATURE, 0.05,
               lambda raising: raising.stance_width),
        tempo(ArmRaise, "The arm raise, from when the first arm leaves the side until both are down, takes longer.",
              "A video of a person raising and lowering the arms."),
        pause(ArmRaise, "The arms are held up longer.", "A video of a person holding the arms up."),
    ),
    perform=_perform,
    yaw_deg=(26, 42),
)  # fmt: skip
