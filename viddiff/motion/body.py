"""A pose in the body's own axes: forward, to the left, and up, in torso lengths.

From the side the picture shows forward and up, from the front or the back it shows left and up; both are read from the
image plane. Seen at an angle neither lies in the picture: then the world landmarks are turned into the body's axes, once
for the whole clip. Axes that a view does not show are NaN, so that no formula can use them by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from viddiff.motion.pose import COLUMN, Floats, Pose

#: Where coordinates are read: the picture, or the estimated space.
Plane = Literal["image", "world"]
Limb = Literal["left", "right"]

FORWARD, LEFT, UP = 0, 1, 2
#: A landmark that the estimator believes in less than this is not seen.
VISIBLE = 0.3
#: Lengths of the segments in torso lengths (Drillis and Contini 1966, as in Winter 2009), by their two ends.
LENGTH = {
    frozenset(("hip", "knee")): 0.85,
    frozenset(("knee", "ankle")): 0.85,
    frozenset(("shoulder", "elbow")): 0.65,
    frozenset(("elbow", "wrist")): 0.51,
    frozenset(("heel", "foot_index")): 0.53,
    frozenset(("hip", "shoulder")): 1.0,
}
#: Distance of the shoulder joints, likewise.
SHOULDER_WIDTH = 0.74
#: A segment that shows less than this share of its length points at the camera: the picture does not tell its angle.
SHOWN_SHARE = 0.4


@dataclass(frozen=True)
class Body:
    """One pose, read in one plane. All series are (T,), all points (T, 3): forward, left, up, in torso lengths."""

    pose: Pose
    plane: Plane = "image"

    @cached_property
    def axes(self) -> tuple[int, ...]:
        """The axes that are seen."""
        if self.plane == "world":
            return FORWARD, LEFT, UP
        shown = {"side": (FORWARD, UP), "front": (LEFT, UP), "back": (LEFT, UP)}
        return shown.get(self.pose.view, (UP,))

    @cached_property
    def torso(self) -> float:
        """Median length of the torso, in the units of the plane (heights of the picture, or metres)."""
        source = self.pose.image if self.plane == "image" else self.pose.world
        middle = {part: _middle(source, part) for part in ("shoulder", "hip")}
        lengths = np.linalg.norm(middle["shoulder"] - middle["hip"], axis=1)
        return float(np.median(lengths[np.isfinite(lengths)])) if np.isfinite(lengths).any() else float("nan")

    @cached_property
    def _turned(self) -> Floats:
        """(T, 33, 3) all landmarks in the body's axes; NaN where not seen."""
        if self.plane == "image":
            x, y = self.pose.image[..., 0], self.pose.image[..., 1]
            forward = x * (self.pose.facing or 1) if self.pose.view == "side" else np.full_like(x, np.nan)
            # The left of somebody who looks at the camera is at the right of the picture.
            mirror = {"front": 1.0, "back": -1.0}.get(self.pose.view, np.nan)
            points = np.stack((forward, mirror * x, -y), axis=-1) / self.torso
        else:
            x, y, z = np.moveaxis(self.pose.world, -1, 0)
            left_x, left_z = self._left
            points = np.stack((left_z * x - left_x * z, left_x * x + left_z * z, -y), axis=-1) / self.torso
        seen: Floats = np.where((self.pose.visibility >= VISIBLE)[..., None], points, np.nan)
        return seen

    @cached_property
    def _left(self) -> tuple[float, float]:
        """Direction of the body's left on the floor (x, z): from the right hip and shoulder to the left, median."""
        across = sum(
            self.pose.world[:, COLUMN[f"left_{part}"]] - self.pose.world[:, COLUMN[f"right_{part}"]]
            for part in ("hip", "shoulder")
        )
        x, z = (_median(across[:, axis]) for axis in (0, 2))
        length = float(np.hypot(x, z)) or 1.0
        return x / length, z / length

    def at(self, name: str) -> Floats:
        """(T, 3) one landmark."""
        point: Floats = self._turned[:, COLUMN[name]]
        return point

    def middle(self, part: str) -> Floats:
        """(T, 3) half way between the left and the right one; forward and up, one that is seen stands for both."""
        left, right = self.at(f"left_{part}"), self.at(f"right_{part}")
        point: Floats = (left + right) / 2
        either = np.where(np.isfinite(left), left, right)
        point[:, (FORWARD, UP)] = np.where(np.isfinite(point), point, either)[:, (FORWARD, UP)]
        return point

    def segment(self, side: Limb, start: str, end: str) -> Floats:
        """(T, 3) from one joint to the next; NaN where it points at the camera."""
        return self._shown(self.at(f"{side}_{end}") - self.at(f"{side}_{start}"), LENGTH[frozenset((start, end))])

    @property
    def trunk(self) -> Floats:
        """(T, 3) from the middle of the hips to the middle of the shoulders; NaN where it points at the camera."""
        return self._shown(self.middle("shoulder") - self.middle("hip"), 1.0)

    def _shown(self, direction: Floats, length: float) -> Floats:
        if self.plane == "world":
            return direction
        shown: Floats = np.where((self.size(direction) >= SHOWN_SHARE * length)[:, None], direction, np.nan)
        return shown

    def size(self, direction: Floats) -> Floats:
        """(T,) length of a direction (T, 3), along the axes that are seen."""
        length: Floats = np.linalg.norm(direction[:, self.axes], axis=1)
        return length

    def angle(self, one: Floats, other: Floats) -> Floats:
        """(T,) degrees between two directions (T, 3), along the axes that are seen, 0 to 180."""
        u, v = one[:, self.axes], other[:, self.axes]
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = (u * v).sum(axis=1) / (np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1))
        degrees: Floats = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        return degrees

    def joint(self, side: Limb, first: str, joint: str, last: str) -> Floats:
        """(T,) degrees in the joint between two segments; 180 is straight."""
        return self.angle(self.segment(side, joint, first), self.segment(side, joint, last))


def slope(along: Floats, up: Floats) -> Floats:
    """(T,) degrees from vertical: 0 upright, positive towards ``along``, 90 level, 180 upside down."""
    degrees: Floats = np.degrees(np.arctan2(along, up))
    return degrees


def _middle(source: Floats, part: str) -> Floats:
    point: Floats = (source[:, COLUMN[f"left_{part}"]] + source[:, COLUMN[f"right_{part}"]]) / 2
    return point


def _median(values: Floats) -> float:
    seen = values[np.isfinite(values)]
    return float(np.median(seen)) if len(seen) else float("nan")
