"""Angles of parts of the body against the vertical or the horizontal, and turns about the vertical, in degrees."""

from __future__ import annotations

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.body import DOWN, FORWARD, LEFT, LENGTH, SHOULDER_WIDTH, UP, Body, Limb, slope
from viddiff.motion.pose.landmarks import COLUMN
from viddiff.motion.quantities.registry import DEGREES, FLEXION, FRONT, LEAN, LIFT, SPATIAL, quantity


@quantity(
    DEGREES,
    "Angle of the trunk from vertical, from the side; positive forward, negative back.",
    words=("trunk lean", "torso lean", "back lean", "forward lean", "lean back"),
    planes=LEAN,
    least=8.0,
    coarser=1.2,
    directed=True,
    natural="max",
    lower="the trunk leans {by} further back",
    higher="the trunk leans {by} further forward",
    at_min="when the trunk is furthest back",
    at_max="when the trunk leans furthest forward",
    group="trunk",
)
def trunk_lean(body: Body) -> Floats:
    """(T,) from the middle of the hips to the middle of the shoulders."""
    return slope(body.trunk[:, FORWARD], body.trunk[:, UP])


@quantity(
    DEGREES,
    "Angle of the trunk out of the upright to either side, from the front or the back; 0 is no tilt.",
    words=("trunk tilt", "sideways lean", "lateral lean", "side bend"),
    planes=FRONT,
    least=12.0,
    natural="max",
    lower="the trunk stays {by} more upright sideways",
    higher="the trunk tilts {by} further to the side",
    at_min="when the trunk is most upright",
    at_max="when the trunk tilts most",
)
def trunk_tilt(body: Body) -> Floats:
    """(T,) without sign."""
    trunk = body.middle("shoulder") - body.middle("hip")
    tilt: Floats = np.degrees(np.arcsin(np.clip(np.abs(trunk[:, LEFT]), 0, 1)))
    return tilt


@quantity(
    DEGREES,
    "Angle of the thigh from vertical; 0 is a thigh that hangs straight down, 90 a level one.",
    words=("thigh angle", "leg lift", "thigh level"),
    planes=LIFT,
    least=10.0,
    sided=True,
    natural="max",
    lower="the thighs stay {by} steeper",
    higher="the thighs come {by} closer to level",
    at_min="when the thighs are steepest",
    at_max="when the thighs are raised most",
    group="legs",
)
def thigh_angle(body: Body, side: Limb) -> Floats:
    """(T,) of the direction from hip to knee against straight down."""
    return body.angle_to(DOWN, side, "hip", "knee")


@quantity(
    DEGREES,
    "Angle of the shin from vertical, from the side; positive where the knee is ahead of the ankle.",
    words=("shin angle", "shin lean", "lower leg angle"),
    planes=FLEXION,
    least=8.0,
    coarser=1.2,
    sided=True,
    directed=True,
    natural="max",
    lower="the shins stay {by} steeper",
    higher="the shins lean {by} further forward",
    at_min="when the shins are steepest",
    at_max="when the shins lean furthest forward",
    group="shins",
)
def shin_angle(body: Body, side: Limb) -> Floats:
    """(T,) of the direction from ankle to knee against straight up."""
    shin = body.segment(side, "ankle", "knee")
    return slope(shin[:, FORWARD], shin[:, UP])


@quantity(
    DEGREES,
    "Angle of the upper arm from hanging straight down; 90 is level, 180 straight up.",
    words=("upper arm angle", "arm height", "raised arms"),
    least=18.0,
    sided=True,
    natural="max",
    lower="the upper arms stay {by} lower",
    higher="the upper arms are raised {by} higher",
    at_min="when the arms are lowest",
    at_max="when the arms are highest",
    group="arms",
)
def upper_arm_angle(body: Body, side: Limb) -> Floats:
    """(T,) of the direction from shoulder to elbow against straight down."""
    return body.angle_to(DOWN, side, "shoulder", "elbow")


@quantity(
    DEGREES,
    "Angle of the forearm from hanging straight down; 90 is level, 180 straight up.",
    words=("forearm angle", "lower arm angle"),
    least=24.0,
    sided=True,
    natural="max",
    lower="the forearms point {by} further down",
    higher="the forearms point {by} further up",
    at_min="when the forearms point down most",
    at_max="when the forearms point up most",
    group="elbows",
)
def forearm_angle(body: Body, side: Limb) -> Floats:
    """(T,) of the direction from elbow to wrist against straight down."""
    return body.angle_to(DOWN, side, "elbow", "wrist")


@quantity(
    DEGREES,
    "Angle of the line through the ears against the horizontal, from the front or the back; 0 is level.",
    words=("head tilt", "tilted head"),
    planes=FRONT,
    least=10.0,
    natural="max",
    lower="the head is held {by} more level",
    higher="the head is tilted {by} further to the side",
    at_min="when the head is most level",
    at_max="when the head is tilted most",
)
def head_tilt(body: Body) -> Floats:
    """(T,) without sign, at most 90."""
    line = body.landmark("left_ear") - body.landmark("right_ear")
    return np.degrees(np.arctan2(np.abs(line[:, UP]), np.abs(line[:, LEFT])))


@quantity(
    DEGREES,
    "Angle of the line from the ears to the nose against the horizontal, from the side; positive is looking down.",
    words=("head pitch", "look down", "look up", "chin"),
    planes=LEAN,
    least=18.0,
    directed=True,
    natural="max",
    lower="the face is turned {by} further up",
    higher="the face is turned {by} further down",
    at_min="when the face is turned up most",
    at_max="when the face is turned down most",
    group="head",
)
def head_pitch(body: Body) -> Floats:
    """(T,) of the direction from the middle of the ears to the nose."""
    face = body.landmark("nose") - ears(body)
    # From straight ahead, so that the jump from 180 to -180 lies behind the head, where no face looks.
    return slope(-face[:, UP], face[:, FORWARD])


@quantity(
    DEGREES,
    "Angle by which a foot points outwards, from the front; 0 points straight ahead, negative inwards.",
    words=("toe out", "toes outwards", "turned out feet"),
    planes=FRONT,
    least=12.0,
    sided=True,
    lower="the toes point {by} straighter ahead",
    higher="the toes point {by} further outwards",
    natural=None,
    at_min="when the toes point inwards most",
    at_max="when the toes point outwards most",
)
def toe_out(body: Body, side: Limb) -> Floats:
    """(T,) of the direction from heel to toes, about the vertical."""
    sole = body.landmark(f"{side}_foot_index") - body.landmark(f"{side}_heel")
    outward = sole[:, LEFT] * (1 if side == "left" else -1)
    return np.degrees(np.arcsin(np.clip(outward / LENGTH[frozenset(("heel", "foot_index"))], -1, 1)))


@quantity(
    DEGREES,
    "How far the shoulders are turned away from the camera; 0 is facing it (or away from it), 90 is side-on.",
    words=("body turn", "body rotation", "turned body", "side-on"),
    least=45.0,
    natural="max",
    lower="the body is turned {by} more towards the camera",
    higher="the body is turned {by} further side-on",
    at_min="when the body faces the camera most",
    at_max="when the body is turned most",
    group="turn",
)
def body_turn(body: Body) -> Floats:
    """(T,) from how wide the shoulders look against the torso."""
    left, right = (body.pose.image[:, COLUMN[f"{side}_shoulder"]] for side in ("left", "right"))
    width = np.abs(left[:, 0] - right[:, 0]) / body.torso / SHOULDER_WIDTH
    return np.degrees(np.arccos(np.clip(width, 0, 1)))


@quantity(
    DEGREES,
    "Angle about the vertical between the line of the shoulders and the line of the hips; 0 is parallel.",
    words=("shoulder turn", "trunk rotation", "twist"),
    planes=SPATIAL,
    least=20.0,
    natural="max",
    lower="the shoulders turn {by} less against the hips",
    higher="the shoulders turn {by} further against the hips",
    at_min="when the shoulders are square to the hips",
    at_max="when the shoulders are turned most",
    group="turn",
)
def shoulder_turn(body: Body) -> Floats:
    """(T,) without sign."""
    shoulders, hips = (body.landmark(f"left_{part}") - body.landmark(f"right_{part}") for part in ("shoulder", "hip"))
    floor = np.array((1.0, 1.0, 0.0))
    return body.angle(shoulders * floor, hips * floor)


def ears(body: Body) -> Floats:
    """(T, 3) the middle of the ears that are seen."""
    left, right = body.landmark("left_ear"), body.landmark("right_ear")
    return (np.where(np.isfinite(left), left, right) + np.where(np.isfinite(right), right, left)) / 2
