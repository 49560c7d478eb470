"""Where the body is in the picture, in heights of the picture."""

from __future__ import annotations

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.body import Body
from viddiff.motion.quantities.registry import quantity

PICTURES = "picture heights"


@quantity(
    PICTURES,
    "Where the middle of the hips is across the picture, from its left edge.",
    words=("place in the picture", "left of the picture", "right of the picture"),
    least=0.1,
    lower="the body is {by} further left in the picture",
    higher="the body is {by} further right in the picture",
    at_min="when the body is furthest left",
    at_max="when the body is furthest right",
)
def body_x(body: Body) -> Floats:
    """(T,) from the left edge."""
    return (body.pose.point("left_hip")[:, 0] + body.pose.point("right_hip")[:, 0]) / 2


@quantity(
    PICTURES,
    "Where the middle of the hips is up the picture, from its lower edge.",
    words=("height in the picture",),
    least=0.1,
    lower="the body is {by} lower in the picture",
    higher="the body is {by} higher in the picture",
    at_min="when the body is lowest in the picture",
    at_max="when the body is highest in the picture",
)
def body_y(body: Body) -> Floats:
    """(T,) from the lower edge."""
    return 1 - (body.pose.point("left_hip")[:, 1] + body.pose.point("right_hip")[:, 1]) / 2
