"""A pose in the body's own axes: forward, to the left, and up, in torso lengths.

The image plane decides; depth is weak. From the side the picture shows forward and up (the sagittal plane), from the
front or the back it shows left and up (the frontal plane). Seen at an angle it shows either, foreshortened: for points
of one plane what is seen across the picture is stretched by the angle at which the body stands. Only limbs that leave
those planes at such an angle are read from the world landmarks. Axes that a plane lacks are NaN, so that no formula can
use them by mistake.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from viddiff.core.arrays import Floats, finite_median
from viddiff.motion.pose.landmarks import COLUMN, Pose

#: Where a quantity is read. "picture": heights, and what lies across the picture as it looks; "space": world landmarks.
Plane = Literal["sagittal", "frontal", "picture", "space"]
Limb = Literal["left", "right"]

FORWARD, LEFT, UP = 0, 1, 2
DOWN: Floats = np.array((0.0, 0.0, -1.0))
AXES: dict[Plane, tuple[int, ...]] = {
    "sagittal": (FORWARD, UP),
    "frontal": (LEFT, UP),
    "picture": (LEFT, UP),
    "space": (FORWARD, LEFT, UP),
}
#: A landmark that the estimator believes in less than this is not seen.
VISIBLE = 0.3
#: Lengths of the segments in torso lengths (Drillis and Contini 1966, as in Winter 2009), by their two ends.
LENGTH = {
    frozenset(("hip", "knee")): 0.85,
    frozenset(("knee", "ankle")): 0.85,
    frozenset(("shoulder", "elbow")): 0.65,
    frozenset(("elbow", "wrist")): 0.51,
    frozenset(("heel", "foot_index")): 0.53,
}
#: Distance of the shoulder joints, likewise.
SHOULDER_WIDTH = 0.74
#: Nobody's segments are shorter than this share of them.
USUAL_SHARE = 0.95
#: A segment that shows less than this share of its length points at the camera: the picture does not tell its angle.
SHOWN_SHARE = 0.75
#: Arms turn out of the plane more easily than legs.
ARM_SHOWN_SHARE = 0.85
#: What is missing to this share of its length lies in depth; above it is noise.
HIDDEN_SHARE = 0.9
#: Nothing is stretched by more than this angle does: what hardly shows is not told by it.
STEEPEST_RAD = math.radians(70)
#: World landmarks are flat: of the depth between left and right they show this share (rendered clips).
DEPTH_SHARE = 0.57


@dataclass(frozen=True)
class Body:
    """One pose, read in one plane. All series are (T,), all points (T, 3): forward, left, up, in torso lengths."""

    pose: Pose
    plane: Plane = "picture"

    @cached_property
    def axes(self) -> tuple[int, ...]:
        """The axes that the plane has."""
        return AXES[self.plane]

    @cached_property
    def torso(self) -> float:
        """Median length of the torso, in heights of the picture; in space, in metres."""
        source = self.pose.world if self.plane == "space" else self.pose.image
        trunk = _middle(source, "shoulder") - _middle(source, "hip")
        if self.plane == "sagittal":
            trunk = trunk * (self._stretch, 1.0)
        return finite_median(np.linalg.norm(trunk, axis=1))

    @cached_property
    def turn_rad(self) -> float:
        """How far the body is turned from facing the camera (or away from it): 0 to a right angle, for a whole clip.

        The width of the shoulders falls short of it and the world landmarks overdo it: the mean of the two, if both.
        """
        across = self.pose.image[:, COLUMN["left_shoulder"], 0] - self.pose.image[:, COLUMN["right_shoulder"], 0]
        trunk = np.linalg.norm(_middle(self.pose.image, "shoulder") - _middle(self.pose.image, "hip"), axis=1)
        width = finite_median(np.abs(across)) / finite_median(trunk) / SHOULDER_WIDTH
        by_width, (left_x, left_z) = math.acos(min(1.0, width)), self._left
        by_depth = math.atan2(abs(left_z) / DEPTH_SHARE, abs(left_x))
        return by_width if math.isnan(by_depth) else (by_width + by_depth) / 2

    @cached_property
    def _stretch(self) -> float:
        """How much longer things of this plane are than they look across the picture."""
        turn_rad = min(self.turn_rad, STEEPEST_RAD)
        if self.pose.view == "oblique":
            turn_rad = max(turn_rad, math.pi / 2 - STEEPEST_RAD)
        share_of = {"sagittal": math.sin(turn_rad), "frontal": math.cos(turn_rad)}
        # From behind the estimate of depth is poor, and somebody side-on is side-on.
        return 1 / share_of[self.plane] if self.pose.view in ("front", "oblique") and self.plane in share_of else 1.0

    @cached_property
    def _points(self) -> Floats:
        """(T, 33, 3) all landmarks in the body's axes; NaN where not seen."""
        points = np.full((*self.pose.visibility.shape, 3), np.nan)
        if self.plane == "space":
            x, y, z = np.moveaxis(self.pose.world, -1, 0)
            left_x, left_z = self._left
            points[..., FORWARD], points[..., LEFT] = left_z * x - left_x * z, left_x * x + left_z * z
        else:
            x, y = np.moveaxis(self.pose.image, -1, 0)
            across = FORWARD if self.plane == "sagittal" else LEFT
            points[..., across] = x * self._stretch * self._sign
        points[..., UP] = -y
        visible: Floats = np.where((self.pose.visibility >= VISIBLE)[..., None], points / self.torso, np.nan)
        return visible

    @cached_property
    def _sign(self) -> int:
        """Whether the axis across the picture runs to its right."""
        if self.plane == "sagittal":
            return self.pose.facing or 1
        # The left of somebody who looks at the camera is at the right of the picture.
        return -1 if self.plane == "frontal" and self.pose.view == "back" else 1

    @cached_property
    def _left(self) -> tuple[float, float]:
        """Direction of the body's left on the floor (x, z): from the right hip and shoulder to the left, median."""
        hips, shoulders = (
            self.pose.world[:, COLUMN[f"left_{part}"]] - self.pose.world[:, COLUMN[f"right_{part}"]]
            for part in ("hip", "shoulder")
        )
        across = hips + shoulders
        x, z = (finite_median(across[:, axis]) for axis in (0, 2))
        length = math.hypot(x, z) or 1.0
        return x / length, z / length

    def landmark(self, name: str) -> Floats:
        """(T, 3) one landmark."""
        point: Floats = self._points[:, COLUMN[name]]
        return point

    def middle(self, part: str) -> Floats:
        """(T, 3) half way between the left and the right one; forward and up, one that is seen stands for both."""
        left, right = self.landmark(f"left_{part}"), self.landmark(f"right_{part}")
        point: Floats = (left + right) / 2
        either = np.where(np.isfinite(left), left, right)
        point[:, (FORWARD, UP)] = np.where(np.isfinite(point), point, either)[:, (FORWARD, UP)]
        return point

    @property
    def trunk(self) -> Floats:
        """(T, 3) from the middle of the hips to the middle of the shoulders; NaN where it points at the camera."""
        return self._visible(self.middle("shoulder") - self.middle("hip"), SHOWN_SHARE)

    def segment(self, side: Limb, start: str, end: str) -> Floats:
        """(T, 3) from one joint to the next; NaN where it points at the camera."""
        direction = self.landmark(f"{side}_{end}") - self.landmark(f"{side}_{start}")
        share = ARM_SHOWN_SHARE if "elbow" in (start, end) else SHOWN_SHARE
        return self._visible(direction, share * self._length(start, end))

    def size(self, direction: Floats) -> Floats:
        """(T,) length of a direction (T, 3), along the axes of the plane."""
        length: Floats = np.linalg.norm(direction[:, self.axes], axis=1)
        return length

    def angle(self, one: Floats, other: Floats) -> Floats:
        """(T,) degrees between two directions (T, 3), along the axes of the plane, 0 to 180."""
        u, v = one[:, self.axes], other[:, self.axes]
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = (u * v).sum(axis=1) / (np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1))
        degrees: Floats = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        return degrees

    def joint(self, side: Limb, first: str, joint: str, last: str) -> Floats:
        """(T,) degrees in the joint between two segments; 180 is straight."""
        return self.angle(self.segment(side, joint, first), self.segment(side, joint, last))

    def angle_to(self, line: Floats, side: Limb, start: str, end: str) -> Floats:
        """(T,) degrees of a segment against a line (T, 3) or (3,) that lies in the plane.

        What the picture does not show of the segment's length lies in depth, before or behind: both give one angle.
        """
        direction = self.landmark(f"{side}_{end}") - self.landmark(f"{side}_{start}")
        axis = np.broadcast_to(line, direction.shape)[:, self.axes]
        with np.errstate(invalid="ignore", divide="ignore"):
            along = (direction[:, self.axes] * axis).sum(axis=1) / np.linalg.norm(axis, axis=1)
        size = self.size(direction)
        across = np.maximum(0.0, size**2 - along**2)
        if self.plane != "space":
            across += np.maximum(0.0, (HIDDEN_SHARE * self._length(start, end)) ** 2 - size**2)
        degrees: Floats = np.degrees(np.arctan2(np.sqrt(across), along))
        return degrees

    def _length(self, start: str, end: str) -> float:
        """Length of a segment: as long as it ever looks, of both sides, but not much less than usual."""
        lengths = [
            self.size(self.landmark(f"{side}_{end}") - self.landmark(f"{side}_{start}")) for side in ("left", "right")
        ]
        longest = np.concatenate(lengths)
        longest = longest[np.isfinite(longest)]
        usual = USUAL_SHARE * LENGTH[frozenset((start, end))]
        return max(usual, float(np.quantile(longest, 0.9))) if len(longest) else usual

    def _visible(self, direction: Floats, least: float) -> Floats:
        if self.plane == "space":
            return direction
        visible: Floats = np.where((self.size(direction) >= least)[:, None], direction, np.nan)
        return visible


def slope(along: Floats, up: Floats) -> Floats:
    """(T,) degrees from vertical: 0 upright, positive towards ``along``, 90 level, 180 upside down."""
    degrees: Floats = np.degrees(np.arctan2(along, up))
    return degrees


def _middle(source: Floats, part: str) -> Floats:
    point: Floats = (source[:, COLUMN[f"left_{part}"]] + source[:, COLUMN[f"right_{part}"]]) / 2
    return point
