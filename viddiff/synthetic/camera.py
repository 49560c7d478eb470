"""A pinhole camera that looks at the figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from viddiff.synthetic.figure import Vector, unit, vector


@dataclass(frozen=True)
class Camera:
    """Where the camera stands; lengths are shares of the figure's stature.

    Attributes:
        width_px, height_px: of the picture, both even.
        yaw_rad: around the figure, 0 in front of it, positive to the figure's left.
        distance: on the floor, from the figure.
        eye_height, aim_height: of the lens, and of the point over the figure's feet that it looks at.
        focal_px: focal length.
    """

    width_px: int
    height_px: int
    yaw_rad: float
    distance: float
    eye_height: float
    aim_height: float
    focal_px: float

    @cached_property
    def eye(self) -> Vector:
        """Position of the lens."""
        return vector(math.sin(self.yaw_rad) * self.distance, self.eye_height, math.cos(self.yaw_rad) * self.distance)

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """(3, 3), rows: right and up in the picture, and from the figure toward the lens."""
        toward = unit(self.eye - vector(0.0, self.aim_height, 0.0))
        right = unit(np.cross(vector(0.0, 1.0, 0.0), toward))
        return np.stack((right, np.cross(toward, right), toward))

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (N, 3) in the world to (N, 3): column px, row px, distance from the lens along the view."""
        right, up, toward = self.axes @ (points - self.eye).T
        scale = self.focal_px / -toward
        return np.stack((self.width_px / 2 + right * scale, self.height_px / 2 - up * scale, -toward), axis=1)

    def floor_points(self, columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The points (N, 2), x and z, of the floor that pixels (N,), (N,) below the horizon see."""
        view = np.stack(
            (columns - self.width_px / 2, self.height_px / 2 - rows, np.full_like(columns, -self.focal_px)), axis=1
        )
        rays = view @ self.axes
        points = self.eye + rays * (-self.eye[1] / rays[:, 1:2])
        floor: NDArray[np.float64] = points[:, (0, 2)]
        return floor
