"""Movements that the grammar knows by name, and what tells where in one a body is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from viddiff.motion.measurement.spec import BodySide, Moment


@dataclass(frozen=True)
class Movement:
    """A movement that has a top and a bottom.

    Attributes:
        marker: the quantity that is largest at the top and smallest at the bottom.
        side: of the marker.
        telling: the extreme that the movement leads to; at the other one it begins and ends.
        depth: the quantity that is smaller the deeper the movement goes, if one can go deep.
        at_telling: quantities of which a statement without a moment speaks at the telling extreme.
    """

    name: str
    words: str
    marker: str
    telling: Literal["min", "max"]
    side: BodySide = "both"
    depth: str | None = None
    at_telling: frozenset[str] = frozenset()
    #: Its name after an article, where the action is this movement ("the bend").
    noun: str = ""
    #: How an action is called that is this movement; a statement may mean something else by it.
    phrases: str = ""
    #: Movements that are a part of it.
    holds: frozenset[str] = frozenset()

    def extreme(self, which: Literal["min", "max"]) -> Moment:
        """The moment at an extreme of the marker."""
        return Moment(kind="extreme", of=self.marker, which=which, side=self.side)


_LEGS = frozenset(
    (
        "knee_angle",
        "hip_angle",
        "hip_height",
        "hip_over_knee",
        "thigh_angle",
        "trunk_lean",
        "knee_distance",
        "knee_inward",
        "knee_forward",
    )
)
_ARMS = frozenset(("hand_height", "elbow_height", "upper_arm_angle"))

_ALL = (
    Movement(
        "squat",
        "squat, squats, squatting, squatted, bodyweight squat, bodyweight squats, air squat, air squats",
        "hip_height",
        "min",
        depth="hip_over_knee",
        at_telling=_LEGS,
    ),
    Movement("lunge", "lunge, lunges, lunging", "hip_height", "min", depth="hip_over_knee", at_telling=_LEGS),
    Movement(
        "deadlift",
        "deadlift, deadlifts, deadlifting, good morning, toe touch, toe touches",
        "shoulder_height",
        "min",
        at_telling=frozenset(("knee_angle", "hip_angle", "trunk_lean")),
    ),
    Movement(
        "forward bend",
        "forward bend, forward bends, forward fold, forward folds",
        "shoulder_height",
        "min",
        at_telling=frozenset(("knee_angle", "hip_angle", "trunk_lean")),
        noun="bend",
        phrases="bends forward, bend forward, bending forward",
    ),
    Movement(
        "side step",
        "side step, side steps, side lunge, side lunges, lateral lunge, lateral lunges",
        "stance_width",
        "max",
        at_telling=frozenset(("knee_angle", "hip_height", "trunk_lean")),
        phrases="steps to the side, step to the side",
    ),
    Movement(
        "push-up",
        "push up, push ups, pushup, pushups, press up, press ups",
        "shoulder_over_hand",
        "min",
        depth="shoulder_over_hand",
        at_telling=frozenset(("elbow_angle", "shoulder_over_hand", "shoulder_angle")),
    ),
    Movement("pull-up", "pull up, pull ups, pullup, pullups, chin up, chin ups", "shoulder_over_hand", "max"),
    Movement("curl", "curl, curls, biceps curl, bicep curl, biceps curls", "hand_height", "max", at_telling=_ARMS),
    Movement(
        "press",
        "overhead press, shoulder press, overhead presses, military press",
        "hand_height",
        "max",
        at_telling=_ARMS,
    ),
    Movement(
        "raise",
        "lateral raise, lateral raises, front raise, front raises, arm raise, arm raises",
        "hand_height",
        "max",
        at_telling=_ARMS,
        noun="raise",
        phrases="raises both arms, raises the arms, raise both arms, raises her arms, raises his arms",
    ),
    Movement(
        "jumping jack",
        "jumping jack, jumping jacks, star jump, star jumps",
        "hand_height",
        "max",
        at_telling=_ARMS | {"stance_width"},
        holds=frozenset({"jump"}),
    ),
    Movement("sit-up", "sit up, sit ups, situp, situps, crunch, crunches", "shoulder_height", "max"),
    Movement("bridge", "hip thrust, hip thrusts, glute bridge, glute bridges", "hip_height", "max"),
    Movement("calf raise", "calf raise, calf raises, heel raise, heel raises", "heel_height", "max"),
    Movement("knee raise", "knee raise, knee raises, high knees, knee lift", "knee_height", "max", side="either"),
    Movement("kick", "kick, kicks", "foot_height", "max", side="either"),
    Movement("leg raise", "leg raise, leg raises, leg lift, leg lifts", "foot_height", "max", side="either"),
    Movement("jump", "jump, jumps, jumping, jumped, vertical jump, hop, hops", "body_height", "max"),
)
MOVEMENTS = {movement.name: movement for movement in _ALL}
#: Words of a name -> the movement.
NAMES = {tuple(name.split()): movement for movement in _ALL for name in movement.words.split(", ")}
#: Also ways to tell an action that is the movement.
PHRASES = NAMES | {
    tuple(phrase.split()): movement for movement in _ALL for phrase in movement.phrases.split(", ") if movement.phrases
}

#: Names of what has neither top nor bottom: of the action as a whole, of one repetition, and of steps.
PLAIN_NAMES = {
    "motion": "action, motion, movement, movements, exercise, activity, performance, sequence, actions, motions",
    "repetition": "repetition, repetitions, rep, reps",
    "step": "step, steps, stride, strides",
}
