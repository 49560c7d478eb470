"""The skeleton of a person: a pose becomes joint positions, with the feet planted on the floor.

Lengths are shares of stature, from the table of body segment lengths by Drillis and Contini (1966) as reprinted in
Winter, "Biomechanics and Motor Control of Human Movement". Axes: x to the figure's left, y up, z forward; the floor is
y = 0 and the midpoint between the ankles stands over the origin. Pairs are (left, right).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
class Pose:
    """What moves. Lengths are shares of stature.

    Attributes:
        hip_height: of the hip joints over the floor.
        hip_back: of the hips behind the ankles.
        hip_left: of the hips to the figure's left.
        lean_rad: of the trunk, forward.
        nod_rad: of the head, forward, relative to the world.
        breath: size of the chest, 1 at rest.
        upper_arm: (3,) direction shoulder to elbow of the left arm in the axes of the trunk; the right one mirrors it.
        forearm: (3,) direction elbow to wrist, likewise.
    """

    hip_height: float
    hip_back: float
    hip_left: float
    lean_rad: float
    nod_rad: float
    breath: float
    upper_arm: Vector
    forearm: Vector


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
class Skeleton:
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


def solve(pose: Pose, stance: Stance) -> Skeleton:
    """The joint positions of a figure in ``pose``, its feet flat on the floor at ``stance``.

    Raises:
        ValueError: the hips are too high or too low for the legs to reach the floor.
    """
    trunk_axes, head_axes = pitch(pose.lean_rad), pitch(pose.nod_rad)
    pelvis = vector(pose.hip_left, pose.hip_height, -pose.hip_back)
    neck = pelvis + trunk_axes[:, 1] * TRUNK
    return Skeleton(
        pelvis=pelvis,
        trunk_axes=trunk_axes,
        neck=neck,
        head=neck + unit(trunk_axes[:, 1] + head_axes[:, 1]) * (HEAD_CENTRE - SHOULDER_HEIGHT),
        head_axes=head_axes,
        legs=(_leg(pelvis, stance, 1.0), _leg(pelvis, stance, -1.0)),
        arms=(_arm(neck, trunk_axes, pose, 1.0), _arm(neck, trunk_axes, pose, -1.0)),
        breath=pose.breath,
    )


def _leg(pelvis: Vector, stance: Stance, side: float) -> Leg:
    hip = pelvis + vector(side * HALF_HIPS, 0.0, 0.0)
    ankle = vector(side * stance.width / 2, ANKLE_HEIGHT, 0.0)
    forward = vector(side * math.sin(stance.toe_out_rad), 0.0, math.cos(stance.toe_out_rad))
    sole = ankle * (1.0, 0.0, 1.0)
    return Leg(
        hip=hip,
        knee=middle_joint(hip, ankle, THIGH, SHANK, forward),
        ankle=ankle,
        heel=sole - forward * HEEL_BEHIND_ANKLE,
        toe=sole + forward * (FOOT - HEEL_BEHIND_ANKLE),
    )


def _arm(neck: Vector, trunk_axes: NDArray[np.float64], pose: Pose, side: float) -> Arm:
    mirror = (side, 1.0, 1.0)
    shoulder = neck + trunk_axes @ vector(side * HALF_SHOULDERS, -0.012, 0.0)
    forearm = trunk_axes @ unit(pose.forearm * mirror)
    elbow = shoulder + trunk_axes @ unit(pose.upper_arm * mirror) * UPPER_ARM
    wrist = elbow + forearm * FOREARM
    return Arm(shoulder, elbow, wrist, wrist + forearm * HAND)
