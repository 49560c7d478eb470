"""Distances between parts of the body, in torso lengths."""

from __future__ import annotations

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.body import FORWARD, LEFT, UP, Body, Limb
from viddiff.motion.quantities.registry import FLEXION, LEAN, SHOWN, SPREAD, STANCE, TORSOS, quantity
from viddiff.motion.quantities.segments import ears


@quantity(
    TORSOS,
    "Distance of the ankles across the body, from the front or the back.",
    words=("stance width", "feet apart", "foot distance", "wide stance"),
    planes=STANCE,
    least=0.2,
    coarser=1.7,
    natural="max",
    lower="the feet are {by} closer together",
    higher="the feet are {by} wider apart",
    at_min="when the feet are closest together",
    at_max="when the feet are widest apart",
    group="stance",
)
def stance_width(body: Body) -> Floats:
    """(T,) without sign."""
    return _width_between(body, "ankle", LEFT)


@quantity(
    TORSOS,
    "Distance of the ankles along the way the body faces, from the side.",
    words=("stance length", "step length", "stride"),
    planes=FLEXION,
    least=0.25,
    coarser=1.2,
    natural="max",
    lower="the step is {by} shorter",
    higher="the step is {by} longer",
    at_min="when the feet are level",
    at_max="when the step is longest",
)
def stance_length(body: Body) -> Floats:
    """(T,) without sign."""
    return _width_between(body, "ankle", FORWARD)


@quantity(
    TORSOS,
    "Distance of the knees across the body, from the front or the back.",
    words=("knee distance", "knees apart", "knees together"),
    planes=STANCE,
    least=0.2,
    coarser=1.3,
    natural="max",
    lower="the knees are {by} closer together",
    higher="the knees are {by} wider apart",
    at_min="when the knees are closest together",
    at_max="when the knees are widest apart",
    group="stance",
)
def knee_distance(body: Body) -> Floats:
    """(T,) without sign."""
    return _width_between(body, "knee", LEFT)


@quantity(
    TORSOS,
    "How far the knees come inside the ankles on each side, from the front; 0 is in line, negative is outside.",
    words=("knee inward", "knees cave in", "knee valgus"),
    planes=STANCE,
    least=0.1,
    coarser=1.5,
    natural="max",
    lower="the knees are pushed {by} further outwards over the feet",
    higher="the knees come {by} further inwards",
    at_min="when the knees are furthest outwards",
    at_max="when the knees come in most",
)
def knee_inward(body: Body) -> Floats:
    """(T,) half of what the ankles are further apart than the knees."""
    return (_width_between(body, "ankle", LEFT) - _width_between(body, "knee", LEFT)) / 2


@quantity(
    TORSOS,
    "Distance from wrist to wrist.",
    words=("hand distance", "hands apart", "grip width", "hands together"),
    planes=SPREAD,
    least=0.32,
    natural="max",
    lower="the hands are {by} closer together",
    higher="the hands are {by} further apart",
    at_min="when the hands are closest together",
    at_max="when the hands are furthest apart",
    group="hands apart",
)
def hand_distance(body: Body) -> Floats:
    """(T,) from wrist to wrist."""
    return body.size(body.landmark("left_wrist") - body.landmark("right_wrist"))


@quantity(
    TORSOS,
    "Distance from elbow to elbow.",
    words=("elbow distance", "elbows apart", "elbows out"),
    planes=SPREAD,
    least=0.28,
    natural="max",
    lower="the elbows are {by} closer together",
    higher="the elbows are {by} further apart",
    at_min="when the elbows are closest together",
    at_max="when the elbows are furthest apart",
    group="hands apart",
)
def elbow_distance(body: Body) -> Floats:
    """(T,) from elbow to elbow."""
    return body.size(body.landmark("left_elbow") - body.landmark("right_elbow"))


@quantity(
    TORSOS,
    "Distance from the wrist to the middle of the ears.",
    words=("hand to head", "hand near the head"),
    planes=SHOWN,
    least=0.3,
    sided=True,
    natural="min",
    lower="the hands come {by} closer to the head",
    higher="the hands stay {by} further from the head",
    at_min="when the hands are closest to the head",
    at_max="when the hands are furthest from the head",
    group="arms",
)
def hand_to_head(body: Body, side: Limb) -> Floats:
    """(T,) from the wrist to the head."""
    return body.size(body.landmark(f"{side}_wrist") - ears(body))


@quantity(
    TORSOS,
    "Distance from the wrist to the hip of the same side.",
    words=("hand to hip", "hands on hips"),
    planes=SHOWN,
    least=0.2,
    coarser=1.2,
    sided=True,
    natural="min",
    lower="the hands are {by} closer to the hips",
    higher="the hands are {by} further from the hips",
    at_min="when the hands are closest to the hips",
    at_max="when the hands are furthest from the hips",
    group="arms",
)
def hand_to_hip(body: Body, side: Limb) -> Floats:
    """(T,) from the wrist to the hip."""
    return body.size(body.landmark(f"{side}_wrist") - body.landmark(f"{side}_hip"))


@quantity(
    TORSOS,
    "Distance from the wrist to the shoulder of the same side.",
    words=("hand to shoulder", "hand near the shoulder"),
    planes=SHOWN,
    least=0.3,
    sided=True,
    natural="min",
    lower="the hands come {by} closer to the shoulders",
    higher="the hands stay {by} further from the shoulders",
    at_min="when the hands are closest to the shoulders",
    at_max="when the arms are stretched most",
    group="elbows",
)
def hand_to_shoulder(body: Body, side: Limb) -> Floats:
    """(T,) from the wrist to the shoulder."""
    return body.size(body.landmark(f"{side}_wrist") - body.landmark(f"{side}_shoulder"))


@quantity(
    TORSOS,
    "How far the wrist is ahead of the shoulder, the way the body faces; negative behind.",
    words=("hand forward", "reach", "arms in front"),
    planes=FLEXION,
    least=0.25,
    coarser=1.3,
    sided=True,
    directed=True,
    natural="max",
    lower="the hands stay {by} further back",
    higher="the hands reach {by} further forward",
    at_min="when the hands are furthest back",
    at_max="when the hands are furthest forward",
    group="reach",
)
def hand_forward(body: Body, side: Limb) -> Floats:
    """(T,) of the wrist against the shoulder."""
    return _forward_of(body.landmark(f"{side}_wrist"), body.landmark(f"{side}_shoulder"))


@quantity(
    TORSOS,
    "How far the elbow is ahead of the shoulder, the way the body faces; negative behind.",
    words=("elbow forward", "elbow drift"),
    planes=FLEXION,
    least=0.2,
    coarser=1.5,
    sided=True,
    directed=True,
    natural="max",
    lower="the elbows stay {by} further back",
    higher="the elbows come {by} further forward",
    at_min="when the elbows are furthest back",
    at_max="when the elbows are furthest forward",
    group="reach",
)
def elbow_forward(body: Body, side: Limb) -> Floats:
    """(T,) of the elbow against the shoulder."""
    return _forward_of(body.landmark(f"{side}_elbow"), body.landmark(f"{side}_shoulder"))


@quantity(
    TORSOS,
    "How far the knee is ahead of the ankle, the way the body faces; negative behind.",
    words=("knee forward", "knee over the toes"),
    planes=FLEXION,
    least=0.16,
    coarser=1.1,
    sided=True,
    directed=True,
    natural="max",
    lower="the knees stay {by} further back over the feet",
    higher="the knees come {by} further forward over the feet",
    at_min="when the knees are furthest back",
    at_max="when the knees are furthest forward",
    group="shins",
)
def knee_forward(body: Body, side: Limb) -> Floats:
    """(T,) of the knee against the ankle."""
    return _forward_of(body.landmark(f"{side}_knee"), body.landmark(f"{side}_ankle"))


@quantity(
    TORSOS,
    "How far the ears are ahead of the shoulders, the way the body faces; negative behind.",
    words=("head forward", "neck forward"),
    planes=LEAN,
    least=0.1,
    coarser=1.2,
    directed=True,
    natural="max",
    lower="the head stays {by} further back over the shoulders",
    higher="the head is pushed {by} further forward of the shoulders",
    at_min="when the head is furthest back",
    at_max="when the head is furthest forward",
    group="trunk",
)
def head_forward(body: Body) -> Floats:
    """(T,) of the ears against the middle of the shoulders."""
    return _forward_of(ears(body), body.middle("shoulder"))


@quantity(
    TORSOS,
    "How far the hips hang below the straight line from shoulders to ankles, from the side; negative is above it.",
    words=("hip sag", "sagging hips", "piked hips", "straight body line"),
    planes=LEAN,
    least=0.15,
    coarser=1.2,
    natural="max",
    lower="the hips are held {by} higher against the line from shoulders to ankles",
    higher="the hips sag {by} lower below the line from shoulders to ankles",
    at_min="when the hips are highest above the line of the body",
    at_max="when the hips sag most",
)
def hip_sag(body: Body) -> Floats:
    """(T,) straight down; NaN where the body does not lie."""
    shoulder, hip, ankle = (body.middle(part) for part in ("shoulder", "hip", "ankle"))
    length = ankle - shoulder
    lying = np.abs(length[:, FORWARD]) > np.abs(length[:, UP])
    share = np.divide(
        hip[:, FORWARD] - shoulder[:, FORWARD], length[:, FORWARD], out=np.full(len(lying), np.nan), where=lying
    )
    sag: Floats = shoulder[:, UP] + share * length[:, UP] - hip[:, UP]
    return sag


def _width_between(body: Body, part: str, axis: int) -> Floats:
    return np.abs(body.landmark(f"left_{part}")[:, axis] - body.landmark(f"right_{part}")[:, axis])


def _forward_of(point: Floats, of: Floats) -> Floats:
    ahead: Floats = point[:, FORWARD] - of[:, FORWARD]
    return ahead
