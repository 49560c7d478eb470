"""A forward bend: the trunk tips over at the hips, stays down and comes up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viddiff.core.types import Stage
from viddiff.synthetic.arms import HANGING, ON_HIPS, plumb
from viddiff.synthetic.figure import FigurePose, Stance, angle_deg
from viddiff.synthetic.out_and_back import ACTION_S, HOLD_S, STATURE, OutAndBack, elbows_out, frames_of, pause, tempo
from viddiff.synthetic.parameters import Action, Parameter, Values
from viddiff.synthetic.truth import Aspect

# The hips go back as the trunk goes forward, so that the body stays over its feet.
_BACK = 0.10


@dataclass(frozen=True)
class ForwardBend(OutAndBack):
    """One performance of a forward bend.

    Attributes:
        lean_rad: of the trunk when it is lowest.
        sink: how far the hips come down as the knees bend, in shares of stature.
        lifted_rad: by how much the head stays up from the line of the trunk.
        hands_on_hips: else the arms hang down.
    """

    stages = (
        Stage(name="stand", description="Standing upright.", cues=("a person standing upright and tall",)),
        Stage(name="bend down", description="The trunk tips forward at the hips.",
              cues=("a person bending the trunk forward, half way down",)),
        Stage(name="stay down", description="The trunk is at its lowest.",
              cues=("a person bent over deeply with the head low",)),
        Stage(name="come up", description="The trunk comes back up.",
              cues=("a person straightening up from a bend, half way up",)),
        Stage(name="stand again", description="Standing upright after the bend.",
              cues=("a person standing upright and tall",)),
    )  # fmt: skip

    lean_rad: float
    sink: float
    lifted_rad: float
    hands_on_hips: bool

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        out, idle = self.out_share(time_s), self.idle_motion(time_s)
        lean_rad = self.lean_rad * out + 2 * idle.back
        hip_back = _BACK * out + idle.back
        # Straight legs that tip back get lower: the hips travel on a circle around the ankles.
        leg = self.stance.standing_hip_height
        arm = ON_HIPS if self.hands_on_hips else HANGING.blend(plumb(lean_rad), out)
        return FigurePose(
            hip_height=leg - (leg - math.sqrt(leg**2 - hip_back**2)) * 1.3 - self.sink * out - idle.down,
            hip_back=hip_back,
            hip_left=idle.left,
            lean_rad=lean_rad,
            nod_rad=lean_rad - self.lifted_rad * out,
            breath=idle.breath,
            arms=(arm, arm),
        )


def _knee_bend_deg(bend: ForwardBend) -> float:
    """0 for a straight leg."""
    leg = bend.held_pose.legs[0]
    return angle_deg(leg.knee - leg.hip, leg.ankle - leg.knee)


def _head_lift_deg(bend: ForwardBend) -> float:
    """Angle between the head and the line of the trunk."""
    held = bend.held_pose
    return angle_deg(held.trunk_axes[:, 1], held.head_axes[:, 1])


def _perform(values: Values, fps: int, phase: float) -> ForwardBend:
    return ForwardBend(
        fps=fps,
        frames=frames_of(fps, values),
        stance=Stance(values["stance"], math.radians(12)),
        phase=phase,
        lean_rad=math.radians(values["lean_deg"]),
        sink=values["sink"],
        lifted_rad=math.radians(values["lifted_deg"]),
        hands_on_hips=values["hands_on_hips"] > 0,
    )


_DOWN = "A photo of a person bent over at the hips."
FORWARD_BEND: Action[ForwardBend] = Action(
    key="forward_bend",
    name="forward bend",
    description="A person stands upright, bends forward at the hips, stays down and comes back up.",
    parameters=(
        Parameter("lean_deg", 48.0, 112.0, 11.0),
        Parameter("sink", 0.0, 0.10, 0.02),
        Parameter("lifted_deg", 0.0, 60.0, 14.0),
        Parameter("hands_on_hips", 0, 1),
        Parameter("stance", 0.11, 0.31, 0.05),
        ACTION_S,
        HOLD_S,
    ),
    aspects=(
        Aspect("lean", "depth of the bend", "The trunk bends further down.",
               _DOWN, "1", ("stay down",), "deg", 11.0, lambda bend: bend.lean_deg),
        Aspect("knees", "bent knees", "The knees are bent more at the bottom of the bend.",
               _DOWN, "1", ("stay down",), "deg", 9.0, _knee_bend_deg),
        Aspect("head", "raised head", "The head is lifted more, away from the line of the trunk, during the bend.",
               _DOWN, "1", ("stay down",), "deg", 14.0, _head_lift_deg),
        Aspect("arms", "hands on hips", "The hands rest on the hips, with the elbows out to the sides.",
               "A photo of a person with the hands on the hips.", "1", ("stand",), STATURE, 0.05, elbows_out),
        Aspect("stance", "stance width", "The feet are placed wider apart.",
               "A photo of a person standing with the feet apart.", "1", ("stand",), STATURE, 0.05,
               lambda bend: bend.stance_width),
        tempo(ForwardBend, "The bend, from when the trunk starts to tip until it is upright again, takes longer.",
              "A video of a person bending forward and coming up."),
        pause(ForwardBend, "The person stays down longer before coming up.", "A video of a person bent over."),
    ),
    perform=_perform,
    yaw_deg=(38, 56),
)  # fmt: skip
