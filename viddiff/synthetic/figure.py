"""The skeleton of a person: a pose becomes joint positions.

Lengths are shares of stature, from the table of body segment lengths by Drillis and Contini (1966) as reprinted in
Winter, "Biomechanics and Motor Control of Human Movement". Axes: x to the figure's left, y up, z forward; the floor is
y = 0 and the midpoint between the ankles stands over the origin. Pairs are (left, right).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
"""A point or direction, (3,)."""

ANKLE_HEIGHT = 0.039
SHANK = 0.246
THIGH = 0.245
HIP_HEIGHT = ANKLE_HEIGHT + SHANK + THIGH
SHOULDER_HEIGHT = 0.818
TRUNK = SHOULDER_HEIGHT - HIP_HEIGHT
UPPER_ARM = 0.186
FOREARM = 0.146
HAND = 0.108
FOOT = 0.152
HEAD_CENTRE = 0.935
# Joint centres lie inside the breadths of the table (0.259 across the shoulders, 0.191 across the hips).
HALF_SHOULDERS = 0.107
HALF_HIPS = 0.055
HEEL_BEHIND_ANKLE = 0.037
# Nobody stands with locked knees, and a straight leg has no knee direction.
STRAIGHTEST = 0.992


@dataclass(frozen=True)
class Stance:
    """Where the feet stand for the whole clip.

    Attributes:
        width: from ankle to ankle, in shares of stature.
        toe_out_rad: how far each foot points outward.
    """

    width: float
    toe_out_rad: float

    @property
    def standing_hip_height(self) -> float:
        """Height of the hip joints over the floor when the legs are almost straight."""
        return ANKLE_HEIGHT + math.sqrt((STRAIGHTEST * (SHANK + THIGH)) ** 2 - (self.width / 2 - HALF_HIPS) ** 2)


@dataclass(frozen=True)
class ArmPose:
    """How an arm is held, as of a left arm; a right one mirrors it.

    Attributes:
        upper: (3,) direction shoulder to elbow in the axes of the trunk, of any length.
        fore: (3,) direction elbow to wrist, likewise.
    """

    upper: Vector
    fore: Vector

    def blend(self, other: ArmPose, share: float) -> ArmPose:
        """``share`` of the way to another pose, 0 to 1."""
        return ArmPose(
            self.upper + (other.upper - self.upper) * share,
            self.fore + (other.fore - self.fore) * share,
        )


@dataclass(frozen=True)
class Foot:
    """How far a foot is off its stance; ``heel_rad`` is by how much it has rolled up over its toes."""

    left: float = 0.0
    up: float = 0.0
    forward: float = 0.0
    heel_rad: float = 0.0


PLANTED = Foot()


@dataclass(frozen=True)
class FigurePose:
    """What moves. Lengths are shares of stature.

    Attributes:
        hip_height: of the hip joints over the floor.
        hip_back: of the hips behind the ankles.
        hip_left: of the hips to the figure's left.
        lean_rad: of the trunk, forward.
        nod_rad: of the head, forward, relative to the world.
        breath: size of the chest, 1 at rest.
        arms, feet: (left, right).
    """

    hip_height: float
    hip_back: float
    hip_left: float
    lean_rad: float
    nod_rad: float
    breath: float
    arms: tuple[ArmPose, ArmPose]
    feet: tuple[Foot, Foot] = (PLANTED, PLANTED)


@dataclass(frozen=True)
class Leg:
    """Joint positions of one leg; ``heel`` and ``toe`` are points of the sole."""

    hip: Vector
    knee: Vector
    ankle: Vector
    heel: Vector
    toe: Vector


@dataclass(frozen=True)
class Arm:
    """Joint positions of one arm."""

    shoulder: Vector
    elbow: Vector
    wrist: Vector
    fingertip: Vector


@dataclass(frozen=True)
class FigureSkeleton:
    """Joint positions of the whole figure.

    Attributes:
        pelvis: midpoint of the hip joints.
        trunk_axes, head_axes: (3, 3), columns left, up, forward.
        neck: where the spine meets the line of the shoulders.
        head: centre of the head.
    """

    pelvis: Vector
    trunk_axes: NDArray[np.float64]
    neck: Vector
    head: Vector
    head_axes: NDArray[np.float64]
    legs: tuple[Leg, Leg]
    arms: tuple[Arm, Arm]
    breath: float


def vector(x: float, y: float, z: float) -> Vector:
    """A point or direction from its three numbers."""
    return np.array((x, y, z), dtype=np.float64)


def unit(direction: Vector) -> Vector:
    """The direction at length 1."""
    scaled: Vector = direction / math.sqrt(float(direction @ direction))
    return scaled


def angle_deg(one: Vector, other: Vector) -> float:
    """Between two directions of any length, 0 to 180."""
    return math.degrees(math.acos(max(-1.0, min(1.0, float(unit(one) @ unit(other))))))


def pitch(angle_rad: float) -> NDArray[np.float64]:
    """Axes (3, 3) of a part that leans forward by ``angle_rad``: columns left, up, forward."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return np.array(((1.0, 0.0, 0.0), (0.0, cos, -sin), (0.0, sin, cos)))


def middle_joint(root: Vector, end: Vector, upper: float, lower: float, pole: Vector) -> Vector:
    """Where the joint between two bones lies (two-bone inverse kinematics, law of cosines).

    Args:
        root, end: (3,) both ends of the chain.
        upper, lower: lengths of the bones.
        pole: (3,) the direction in which the joint bends; not parallel to the chain.

    Raises:
        ValueError: the bones cannot reach from ``root`` to ``end``.
    """
    chain = end - root
    reach = math.sqrt(float(chain @ chain))
    if not abs(upper - lower) < reach < upper + lower:
        raise ValueError(f"Bones of {upper:.3f} and {lower:.3f} cannot span {reach:.3f}; choose a nearer target.")
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    axis = chain / reach
    joint: Vector = root + axis * along + unit(pole - axis * (pole @ axis)) * math.sqrt(upper**2 - along**2)
    return joint


def highest_hip(stance: Stance, feet: tuple[Foot, Foot], left: float, forward: float) -> float:
    """The greatest height of the hip joints over the floor at which both legs still reach their feet.

    Args:
        left, forward: where the middle of the hips is; half a body height away from a foot there is no such height.
    """
    heights = []
    for side, foot in zip((1.0, -1.0), feet, strict=True):
        ankle = _foot_points(stance, foot, side).ankle
        away2 = (left + side * HALF_HIPS - float(ankle[0])) ** 2 + (forward - float(ankle[2])) ** 2
        heights.append(float(ankle[1]) + math.sqrt((STRAIGHTEST * (SHANK + THIGH)) ** 2 - away2))
    return min(heights)


def solve(pose: FigurePose, stance: Stance) -> FigureSkeleton:
    """The joint positions of a figure in ``pose``, its feet where ``stance`` and the pose put them.

    Raises:
        ValueError: the hips are too high or too low for the legs to reach the feet.
    """
    trunk_axes, head_axes = pitch(pose.lean_rad), pitch(pose.nod_rad)
    pelvis = _pelvis(pose)
    neck = pelvis + trunk_axes[:, 1] * TRUNK
    left_arm, right_arm = pose.arms
    return FigureSkeleton(
        pelvis=pelvis,
        trunk_axes=trunk_axes,
        neck=neck,
        head=neck + unit(trunk_axes[:, 1] + head_axes[:, 1]) * (HEAD_CENTRE - SHOULDER_HEIGHT),
        head_axes=head_axes,
        legs=solve_legs(pose, stance),
        arms=(_arm(neck, trunk_axes, left_arm, 1.0), _arm(neck, trunk_axes, right_arm, -1.0)),
        breath=pose.breath,
    )


def solve_legs(pose: FigurePose, stance: Stance) -> tuple[Leg, Leg]:
    """The legs of ``solve`` alone, (left, right), which a pose out of reach fails at.

    Raises:
        ValueError: as ``solve``.
    """
    pelvis, (left, right) = _pelvis(pose), pose.feet
    return _leg(pelvis, stance, left, 1.0), _leg(pelvis, stance, right, -1.0)


def _pelvis(pose: FigurePose) -> Vector:
    return vector(pose.hip_left, pose.hip_height, -pose.hip_back)


def _leg(pelvis: Vector, stance: Stance, foot: Foot, side: float) -> Leg:
    hip = pelvis + vector(side * HALF_HIPS, 0.0, 0.0)
    heel, ankle, toe = _foot_points(stance, foot, side)
    forward = (toe - heel) * (1.0, 0.0, 1.0)
    return Leg(hip=hip, knee=middle_joint(hip, ankle, THIGH, SHANK, forward), ankle=ankle, heel=heel, toe=toe)


class _FootPoints(NamedTuple):
    heel: Vector
    ankle: Vector
    toe: Vector


@lru_cache(maxsize=256)  # a foot stands still in most frames
def _foot_points(stance: Stance, foot: Foot, side: float) -> _FootPoints:
    forward = vector(side * math.sin(stance.toe_out_rad), 0.0, math.cos(stance.toe_out_rad))
    under_ankle = vector(side * stance.width / 2 + foot.left, foot.up, foot.forward)
    behind = FOOT - HEEL_BEHIND_ANKLE
    cos, sin = math.cos(foot.heel_rad), math.sin(foot.heel_rad)

    def roll(back: float, up: float) -> Vector:
        """A point of the foot, given from the toe, when the foot has rolled over its toes."""
        point: Vector = under_ankle + forward * (behind - (back * cos - up * sin))
        return point + vector(0.0, back * sin + up * cos, 0.0)

    return _FootPoints(roll(FOOT, 0.0), roll(behind, ANKLE_HEIGHT), under_ankle + forward * behind)


def _arm(neck: Vector, trunk_axes: NDArray[np.float64], pose: ArmPose, side: float) -> Arm:
    mirror = (side, 1.0, 1.0)
    shoulder = neck + trunk_axes @ vector(side * HALF_SHOULDERS, -0.012, 0.0)
    forearm = trunk_axes @ unit(pose.fore * mirror)
    elbow = shoulder + trunk_axes @ unit(pose.upper * mirror) * UPPER_ARM
    wrist = elbow + forearm * FOREARM
    return Arm(shoulder, elbow, wrist, wrist + forearm * HAND)
