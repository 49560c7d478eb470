"""Jumping jacks: the feet jump apart as the arms swing up, and together again, several times."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viddiff.core.types import Stage
from viddiff.synthetic.arms import HANGING, raise_arm
from viddiff.synthetic.figure import (
    ArmPose,
    FigurePose,
    FigureSkeleton,
    Foot,
    Stance,
    angle_deg,
    highest_hip,
    solve,
    vector,
)
from viddiff.synthetic.out_and_back import STATURE
from viddiff.synthetic.parameters import Action, Parameter, Values
from viddiff.synthetic.performance import Performance, minimum_jerk
from viddiff.synthetic.truth import Aspect

_FEET_APART = 0.10
_LEAVING_RAD = math.radians(25)
# Of a repetition: the way out, the stay with the feet apart, the way back and a moment with the feet together.
_OUT, _APART, _BACK = 0.40, 0.12, 0.40
_WIDEST = _OUT + _APART / 2
#: Of a repetition: when the feet are apart, from and to, and when they are together again.
HELD, BACK = (_OUT, _OUT + _APART), _OUT + _APART + _BACK
# Knees give a little on landing.
_GIVE = 0.012


@dataclass(frozen=True)
class JumpingJack(Performance):
    """One performance of some jumping jacks.

    Attributes:
        reps: how many.
        spread: how far each foot jumps out, in shares of stature.
        arms_rad: of the left upper arm from straight down when the feet are apart.
        lower_rad: by how much the right arm stays lower.
        jump: how high the feet leave the floor, in shares of stature.
    """

    stages = (
        Stage(name="stand ready", description="Standing with the feet together before the first jump.",
              cues=("a person standing still with the feet together and the arms down",)),
        Stage(name="jumping jacks", description="The feet jump apart and together while the arms swing up and down.",
              cues=("a person jumping with the feet apart and the arms swinging up",)),
        Stage(name="stand again", description="Standing with the feet together after the last jump.",
              cues=("a person standing still with the feet together and the arms down",)),
    )  # fmt: skip

    reps: int
    spread: float
    arms_rad: float
    lower_rad: float
    jump: float

    @property
    def rep_s(self) -> float:
        """How long one repetition takes."""
        jacks = self.segments[1]
        return (jacks.stop_s - jacks.start_s) / self.reps

    def moment_s(self, turn: float) -> float:
        """When ``turn`` of the first repetition is done, 0 to 1."""
        return self.segments[1].start_s + turn * self.rep_s

    @property
    def at_widest(self) -> FigureSkeleton:
        """The joints while the feet are apart in the first repetition."""
        return solve(self.pose(self.moment_s(_WIDEST)), self.stance)

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        idle, (out, air) = self.idle_motion(time_s), self._phase_of(time_s)
        foot = Foot(up=self.jump * air)
        feet = (
            Foot(left=self.spread * out, up=foot.up),
            Foot(left=-self.spread * out, up=foot.up),
        )
        give = _GIVE * math.sin(math.pi * min(1.0, 2 * min(out, 1 - out)))
        reach = highest_hip(self.stance, feet, idle.left, -idle.back)
        return FigurePose(
            hip_height=reach - idle.down - give,
            hip_back=idle.back,
            hip_left=idle.left,
            lean_rad=2 * idle.back,
            nod_rad=2 * idle.back,
            breath=idle.breath,
            arms=(self._arm(out, self.arms_rad), self._arm(out, self.arms_rad - self.lower_rad)),
            feet=feet,
        )

    def _phase_of(self, time_s: float) -> tuple[float, float]:
        """How far the feet are apart and how far they are off the floor, both 0 to 1."""
        jacks = self.segments[1]
        if not jacks.start_s <= time_s < jacks.stop_s:
            return 0.0, 0.0
        turn = (time_s - jacks.start_s) / self.rep_s % 1.0
        if turn < _OUT + _APART:
            share = min(1.0, turn / _OUT)
            return minimum_jerk(share), math.sin(math.pi * share)
        share = min(1.0, (turn - _OUT - _APART) / _BACK)
        return 1 - minimum_jerk(share), math.sin(math.pi * share)

    def _arm(self, share: float, angle_rad: float) -> ArmPose:
        up_rad = angle_rad * share
        return HANGING.blend(raise_arm(up_rad, 0.15, 0.15 * share), minimum_jerk(up_rad / _LEAVING_RAD))


def _spread(jack: JumpingJack) -> float:
    left, right = jack.at_widest.legs
    return float(left.ankle[0] - right.ankle[0])


def _arms_deg(jack: JumpingJack) -> float:
    """Angle of the left upper arm from straight down."""
    arm = jack.at_widest.arms[0]
    return angle_deg(arm.elbow - arm.shoulder, vector(0.0, -1.0, 0.0))


def _wrist_height_difference(jack: JumpingJack) -> float:
    left, right = jack.at_widest.arms
    return abs(float(left.wrist[1] - right.wrist[1]))


def _at_widest(jack: JumpingJack) -> tuple[float, ...]:
    return (jack.moment_s(_WIDEST),)


def _perform(values: Values, fps: int, phase: float) -> JumpingJack:
    reps, frames = round(values["reps"]), round(values["rep_s"] * fps)
    return JumpingJack(
        fps=fps,
        frames=(round(values["before_s"] * fps), reps * frames, round(values["after_s"] * fps)),
        stance=Stance(_FEET_APART, math.radians(8)),
        phase=phase,
        reps=reps,
        spread=values["spread"],
        arms_rad=math.radians(values["arms_deg"]),
        lower_rad=math.radians(values["lower_deg"]),
        jump=values["jump"],
    )


_APART_QUERY = "A photo of a person in a jumping jack, feet apart and arms up."
_JACKS = ("jumping jacks",)
JUMPING_JACK: Action[JumpingJack] = Action(
    key="jumping_jack",
    name="jumping jacks",
    description="A person does some jumping jacks: the feet jump apart while the arms swing up, and together again.",
    parameters=(
        Parameter("reps", 1, 3, 1.0, whole=True),
        Parameter("spread", 0.07, 0.19, 0.025),
        Parameter("arms_deg", 80.0, 160.0, 15.0),
        Parameter("lower_deg", 0.0, 50.0, 14.0),
        Parameter("jump", 0.010, 0.095, 0.022),
        Parameter("rep_s", 0.65, 1.25, 0.15),
    ),
    aspects=(
        Aspect("reps", "number of jumping jacks", "More jumping jacks are done.",
               "A video of a person doing jumping jacks.", "gt_1", _JACKS, "repetitions", 1.0, lambda jack: jack.reps),
        Aspect("spread", "spread of the feet", "The feet land further apart.",
               _APART_QUERY, "1", _JACKS, STATURE, 0.05, _spread, _at_widest),
        Aspect("arms", "height of the arms", "The left arm swings up higher.",
               _APART_QUERY, "1", _JACKS, "deg", 15.0, _arms_deg, _at_widest),
        Aspect("symmetry", "uneven arms", "The two arms swing up to more different heights.",
               _APART_QUERY, "1", _JACKS, STATURE, 0.05, _wrist_height_difference, _at_widest),
        Aspect("jump", "height of the jumps", "The feet leave the floor higher.",
               "A photo of a person in the air.", "1", _JACKS, STATURE, 0.022, lambda jack: jack.jump,
               lambda jack: (jack.moment_s(_OUT / 2),)),
        Aspect("tempo", "duration of a jumping jack", "Each jumping jack takes longer.",
               "A video of a person doing jumping jacks.", "gt_1", _JACKS, "s", 0.15, lambda jack: jack.rep_s),
    ),
    perform=_perform,
    yaw_deg=(10, 28),
)  # fmt: skip
