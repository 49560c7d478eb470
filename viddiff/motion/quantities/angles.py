"""Angles in the joints, in degrees: 180 is straight."""

from __future__ import annotations

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.body import Body, Limb
from viddiff.motion.quantities.registry import DEGREES, FLEXION, SHOWN, SIDE, quantity


@quantity(
    DEGREES,
    "Angle in the knee between thigh and shin; 180 is a straight leg.",
    words=("knee angle", "knee bend", "knee flexion"),
    planes=FLEXION,
    least=9.0,
    coarser=2.5,
    sided=True,
    natural="min",
    lower="the knees bend {by} more",
    higher="the legs are {by} straighter",
    at_min="when the knees bend most",
    at_max="when the legs are straightest",
    group="legs",
)
def knee_angle(body: Body, side: Limb) -> Floats:
    """(T,) in the knee."""
    return body.joint(side, "hip", "knee", "ankle")


@quantity(
    DEGREES,
    "Angle in the hip between trunk and thigh; 180 is a straight hip.",
    words=("hip angle", "hip bend", "hip flexion", "hip hinge"),
    planes=FLEXION,
    least=10.0,
    coarser=1.9,
    sided=True,
    natural="min",
    lower="the hips bend {by} more",
    higher="the hips are {by} straighter",
    at_min="when the hips bend most",
    at_max="when the hips are straightest",
    group="legs",
)
def hip_angle(body: Body, side: Limb) -> Floats:
    """(T,) in the hip."""
    return body.angle_to(body.trunk, side, "hip", "knee")


@quantity(
    DEGREES,
    "Angle in the elbow between upper arm and forearm; 180 is a straight arm.",
    words=("elbow angle", "elbow bend", "arm bend", "elbow flexion"),
    planes=SHOWN,
    least=20.0,
    coarser=2.5,
    sided=True,
    natural="min",
    lower="the elbows bend {by} more",
    higher="the arms are {by} straighter",
    at_min="when the elbows bend most",
    at_max="when the arms are straightest",
    group="elbows",
)
def elbow_angle(body: Body, side: Limb) -> Floats:
    """(T,) in the elbow."""
    return body.joint(side, "shoulder", "elbow", "wrist")


@quantity(
    DEGREES,
    "Angle in the shoulder between trunk and upper arm; 0 is an arm along the trunk, 180 one stretched overhead.",
    words=("shoulder angle", "arm angle", "arm raise"),
    planes=SHOWN,
    least=22.0,
    coarser=1.3,
    sided=True,
    natural="max",
    lower="the upper arms stay {by} closer to the trunk",
    higher="the upper arms are {by} further away from the trunk",
    at_min="when the arms are closest to the trunk",
    at_max="when the arms are raised most",
    group="arms",
)
def shoulder_angle(body: Body, side: Limb) -> Floats:
    """(T,) in the shoulder."""
    return body.angle_to(-body.trunk, side, "shoulder", "elbow")


@quantity(
    DEGREES,
    "Angle in the ankle between shin and foot; 90 is a foot at a right angle, more is a pointed foot.",
    words=("ankle angle", "ankle bend", "pointed foot", "pointed toes"),
    planes=SIDE,
    least=12.0,
    sided=True,
    natural="max",
    lower="the ankles bend {by} more",
    higher="the feet are pointed {by} more",
    at_min="when the ankles bend most",
    at_max="when the feet are pointed most",
    group="ankles",
)
def ankle_angle(body: Body, side: Limb) -> Floats:
    """(T,) between the shin, upwards, and the sole, from heel to toes."""
    return body.angle(body.segment(side, "ankle", "knee"), body.segment(side, "heel", "foot_index"))
