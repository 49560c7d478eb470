"""Ways to hold the arms."""

from __future__ import annotations

import math

import numpy as np

from viddiff.synthetic.figure import (
    FOREARM,
    HALF_SHOULDERS,
    TRUNK,
    UPPER_ARM,
    ArmPose,
    Vector,
    middle_joint,
    pitch,
    unit,
    vector,
)


def _on_hips() -> ArmPose:
    shoulder = vector(HALF_SHOULDERS, TRUNK - 0.012, 0.0)
    wrist = vector(0.122, 0.062, 0.012)
    elbow = middle_joint(shoulder, wrist, UPPER_ARM, FOREARM, vector(1.0, 0.0, -0.45))
    return ArmPose(unit(elbow - shoulder), unit(wrist - elbow))


HANGING = ArmPose(unit(vector(0.16, -1.0, 0.02)), unit(vector(0.06, -1.0, 0.16)))
ON_HIPS = _on_hips()


def level_ahead(lean_rad: float) -> ArmPose:
    """Stretched out in front, level in the world: turned back by the lean of the trunk."""
    level = pitch(lean_rad).T @ np.stack((unit(vector(0.10, 0.02, 1.0)), unit(vector(0.02, 0.06, 1.0)))).T
    return ArmPose(level[:, 0], level[:, 1])


def plumb(lean_rad: float) -> ArmPose:
    """Hanging straight down in the world whatever the lean of the trunk."""
    down = pitch(lean_rad).T @ np.stack((unit(vector(0.05, -1.0, 0.10)), unit(vector(0.02, -1.0, 0.10)))).T
    return ArmPose(down[:, 0], down[:, 1])


def raise_arm(angle_rad: float, ahead_rad: float, bend_rad: float) -> ArmPose:
    """Swung up from hanging.

    Args:
        angle_rad: between the upper arm and straight down; a right angle is level.
        ahead_rad: 0 to the side, a right angle in front.
        bend_rad: of the elbow, upward.
    """
    return ArmPose(_arm_direction(angle_rad, ahead_rad), _arm_direction(angle_rad + bend_rad, ahead_rad))


def _arm_direction(angle_rad: float, ahead_rad: float) -> Vector:
    out = math.sin(angle_rad)
    return vector(out * math.cos(ahead_rad), -math.cos(angle_rad), out * math.sin(ahead_rad))
