"""Heights against other parts of the body, in torso lengths; up is positive. The picture shows them from anywhere."""

from __future__ import annotations

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.body import UP, Body, Limb
from viddiff.motion.quantities.registry import LEAN, SPREAD, TORSOS, quantity

#: The foot that is nearer to the camera looks lower by less than this; more, for most of a clip, is a lifted foot.
NEARER = 0.15


@quantity(
    TORSOS,
    "Height of the wrist over the line of the shoulders; negative below.",
    words=("hand height", "hands up", "hands above the head", "raised hands"),
    least=0.3,
    sided=True,
    natural="max",
    lower="the hands stay {by} lower",
    higher="the hands are raised {by} higher",
    at_min="with the hands at their lowest",
    at_max="with the hands at their highest",
    group="arms",
)
def hand_height(body: Body, side: Limb) -> Floats:
    """(T,) over the middle of the shoulders."""
    return up(body.landmark(f"{side}_wrist")) - up(body.middle("shoulder"))


@quantity(
    TORSOS,
    "Height of the elbow over the line of the shoulders; negative below.",
    words=("elbow height", "raised elbows"),
    least=0.25,
    sided=True,
    natural="max",
    lower="the elbows stay {by} lower",
    higher="the elbows are raised {by} higher",
    at_min="with the elbows at their lowest",
    at_max="with the elbows at their highest",
    group="arms",
)
def elbow_height(body: Body, side: Limb) -> Floats:
    """(T,) over the middle of the shoulders."""
    return up(body.landmark(f"{side}_elbow")) - up(body.middle("shoulder"))


@quantity(
    TORSOS,
    "Height of the middle of the hips over the lower ankle.",
    words=("hip height", "depth", "hips low", "squat depth"),
    least=0.22,
    natural="min",
    lower="the hips get {by} lower",
    higher="the hips stay {by} higher",
    at_min="at the bottom",
    at_max="at the top",
    group="legs",
)
def hip_height(body: Body) -> Floats:
    """(T,) over the ankle that carries the body."""
    return up(body.middle("hip")) - _floor(body)


@quantity(
    TORSOS,
    "Height of the middle of the hips over the knees; 0 is a thigh parallel to the floor, negative is deeper.",
    words=("hips over knees", "hips below knees", "squat depth", "parallel"),
    least=0.22,
    natural="min",
    lower="the hips sink {by} lower against the knees",
    higher="the hips stay {by} higher over the knees",
    at_min="when the hips are lowest against the knees",
    at_max="when the hips are highest over the knees",
    group="legs",
)
def hip_over_knee(body: Body) -> Floats:
    """(T,) over the middle of the knees."""
    return up(body.middle("hip")) - up(body.middle("knee"))


@quantity(
    TORSOS,
    "Height of the knee over the middle of the hips; negative below.",
    words=("knee height", "knee lift", "high knees"),
    least=0.22,
    sided=True,
    natural="max",
    lower="the knees stay {by} lower",
    higher="the knees are lifted {by} higher",
    at_min="with the knees at their lowest",
    at_max="with the knees at their highest",
    group="legs",
)
def knee_height(body: Body, side: Limb) -> Floats:
    """(T,) over the middle of the hips."""
    return up(body.landmark(f"{side}_knee")) - up(body.middle("hip"))


@quantity(
    TORSOS,
    "Height of the ankle over the other, lower ankle; 0 for the foot that is lower.",
    words=("foot height", "lifted foot", "raised leg"),
    least=0.18,
    sided=True,
    natural="max",
    lower="the foot is lifted {by} less",
    higher="the foot is lifted {by} higher",
    at_min="with both feet down",
    at_max="with the foot at its highest",
    group="legs",
)
def foot_height(body: Body, side: Limb) -> Floats:
    """(T,) never negative."""
    left, right = _ankles(body)
    return (left if side == "left" else right) - _floor(body)


@quantity(
    TORSOS,
    "Height of the ankle over the middle of the hips; negative below.",
    words=("foot over hips", "kick height", "high kick"),
    least=0.25,
    sided=True,
    natural="max",
    lower="the foot stays {by} lower against the hips",
    higher="the foot gets {by} higher against the hips",
    at_min="with the foot furthest below the hips",
    at_max="with the foot at its highest",
    group="legs",
)
def foot_over_hip(body: Body, side: Limb) -> Floats:
    """(T,) over the middle of the hips."""
    return up(body.landmark(f"{side}_ankle")) - up(body.middle("hip"))


@quantity(
    TORSOS,
    "Height of the nose over the line of the shoulders; negative below.",
    words=("head height", "lifted head", "dropped head"),
    least=0.15,
    natural="min",
    lower="the head drops {by} lower against the shoulders",
    higher="the head is held {by} higher over the shoulders",
    at_min="with the head at its lowest",
    at_max="with the head at its highest",
    group="trunk",
)
def head_height(body: Body) -> Floats:
    """(T,) over the middle of the shoulders."""
    return up(body.landmark("nose")) - up(body.middle("shoulder"))


@quantity(
    TORSOS,
    "Height of the line of the shoulders over the lower ankle.",
    words=("shoulder height", "shoulders low"),
    least=0.25,
    natural="min",
    lower="the shoulders get {by} lower",
    higher="the shoulders stay {by} higher",
    at_min="with the shoulders at their lowest",
    at_max="with the shoulders at their highest",
    group="trunk",
)
def shoulder_height(body: Body) -> Floats:
    """(T,) over the ankle that carries the body."""
    return up(body.middle("shoulder")) - _floor(body)


@quantity(
    TORSOS,
    "Height of the heel over the toes, from the side; about 0 for a foot that is flat on the floor.",
    words=("heel height", "heels lifted", "on the toes"),
    planes=LEAN,
    least=0.17,
    sided=True,
    natural="max",
    lower="the heels stay {by} lower",
    higher="the heels lift {by} higher",
    at_min="with the heels down",
    at_max="with the heels at their highest",
    group="heels",
)
def heel_height(body: Body, side: Limb) -> Floats:
    """(T,) over the toes."""
    return up(body.landmark(f"{side}_heel")) - up(body.landmark(f"{side}_foot_index"))


@quantity(
    TORSOS,
    "Difference in height of the two wrists; 0 is level.",
    words=("uneven hands", "uneven arms", "hand height difference"),
    planes=SPREAD,
    least=0.28,
    natural="max",
    lower="the hands are held {by} more level",
    higher="one hand is {by} higher than the other",
    at_min="when the hands are most level",
    at_max="when the hands are most uneven",
    group="uneven",
)
def hand_height_difference(body: Body) -> Floats:
    """(T,) without sign."""
    return np.abs(up(body.landmark("left_wrist")) - up(body.landmark("right_wrist")))


@quantity(
    TORSOS,
    "Height of the line of the shoulders over the wrists: how far the body is from the floor in a push-up.",
    words=("shoulders over hands", "push-up depth", "chest to the floor"),
    least=0.3,
    natural="min",
    lower="the shoulders get {by} lower over the hands",
    higher="the shoulders stay {by} higher over the hands",
    at_min="with the shoulders lowest over the hands",
    at_max="with the shoulders highest over the hands",
    group="arms",
)
def shoulder_over_hand(body: Body) -> Floats:
    """(T,) over the middle of the wrists."""
    return up(body.middle("shoulder")) - up(body.middle("wrist"))


@quantity(
    TORSOS,
    "Height of the middle of the hips over the lowest place that they have in the clip.",
    words=("body height", "jump height", "rise", "vertical travel"),
    least=0.25,
    natural="max",
    lower="the body rises {by} less",
    higher="the body rises {by} higher",
    at_min="with the body at its lowest",
    at_max="with the body at its highest",
    group="legs",
)
def body_height(body: Body) -> Floats:
    """(T,) never negative."""
    height = up(body.middle("hip"))
    return height - np.min(height, where=np.isfinite(height), initial=np.inf)


def up(point: Floats) -> Floats:
    """(T,) how high a point (T, 3) is."""
    height: Floats = point[:, UP]
    return height


def _floor(body: Body) -> Floats:
    """(T,) height of the lower ankle; of the one that is seen where the other is not."""
    lower: Floats = np.fmin(*_ankles(body))
    return lower


def _ankles(body: Body) -> tuple[Floats, Floats]:
    """(T,) heights of the left and the right ankle; two feet on one floor look level, however near the camera is."""
    left, right = (up(body.landmark(f"{side}_ankle")) for side in ("left", "right"))
    apart = left - right
    finite = apart[np.isfinite(apart)]
    offset = float(np.median(finite)) if len(finite) else 0.0
    if abs(offset) >= NEARER:
        return left, right
    return left - offset / 2, right + offset / 2
