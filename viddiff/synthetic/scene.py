"""The room: a wall with a window and a picture, a floor of boards, a mat, and the figure's shadow on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFilter

from viddiff.synthetic.body import Colour
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.figure import FigureSkeleton, Vector
from viddiff.synthetic.shading import LIGHT_IN_VIEW, Image

_SMOOTH = 2
_WALL_BEHIND = 1.15
_FARTHEST_LEFT = 2.4
_NEAREST = 1.4
_SKY_STEPS = 24
_BOARD_WIDTH = 0.13
# The shadow is soft enough to be worked out on every fourth pixel.
_SHADOW_STEP = 4
_DARKEST = 0.52


@dataclass(frozen=True)
class Room:
    """Colours of a room, RGB 0 to 255."""

    wall: Colour
    floor: Colour
    mat: Colour
    picture: Colour


def background(room: Room, camera: Camera, rng: np.random.Generator) -> Image:
    """The empty room, (height, width, 3) float32 with values 0 to 255."""
    size = (camera.width_px * _SMOOTH, camera.height_px * _SMOOTH)
    picture = Picture.new("RGB", size, room.wall)
    brush = _Brush(ImageDraw.Draw(picture), camera)
    _draw_wall(brush, room)
    _draw_floor(brush, room, rng)
    small = picture.resize((camera.width_px, camera.height_px), Picture.Resampling.BOX)
    # A lens out of focus on the wall: the figure stands out.
    soft = small.filter(ImageFilter.GaussianBlur(0.8))
    return np.asarray(soft, dtype=np.float32) * _falloff(camera)[..., None]


@dataclass(frozen=True)
class _Brush:
    draw: ImageDraw.ImageDraw
    camera: Camera

    def polygon(self, corners: NDArray[np.float64], colour: Colour) -> None:
        """Fill a flat shape given in the world, (N, 3)."""
        points = self.camera.project(corners)[:, :2] * _SMOOTH
        self.draw.polygon([(x, y) for x, y in points.tolist()], fill=colour)

    def on_wall(self, left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
        """Fill a rectangle of the wall; lengths from the middle of the wall and from the floor."""
        corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
        self.polygon(np.stack([self._in_room(x, y, -_WALL_BEHIND) for x, y in corners]), colour)

    def on_floor(self, left: float, far: float, right: float, near: float, colour: Colour) -> None:
        """Fill a rectangle of the floor whose sides run along the room."""
        corners = [(left, far), (right, far), (right, near), (left, near)]
        self.polygon(np.stack([self._in_room(x, 0.0, z) for x, z in corners]), colour)

    def _in_room(self, right: float, up: float, toward: float) -> Vector:
        """The wall faces the camera, whatever way the figure is turned."""
        yaw_rad = self.camera.yaw_rad
        return np.array(
            (
                math.cos(yaw_rad) * right + math.sin(yaw_rad) * toward,
                up,
                -math.sin(yaw_rad) * right + math.cos(yaw_rad) * toward,
            )
        )


def _draw_wall(brush: _Brush, room: Room) -> None:
    white, shadow = (240, 238, 232), _tint(room.wall, 0.84)
    brush.on_wall(-1.09, 0.40, -0.43, 1.06, shadow)
    brush.on_wall(-1.08, 0.42, -0.44, 1.05, white)
    for left in (-1.05, -0.745):
        for bottom in (0.45, 0.75):
            for step in range(_SKY_STEPS):
                share = step / _SKY_STEPS
                sky = (int(196 - 44 * share), int(220 - 22 * share), int(238 - 4 * share))
                brush.on_wall(left, bottom + 0.27 * share, left + 0.275, bottom + 0.27, sky)
    brush.on_wall(-1.12, 0.385, -0.40, 0.42, (226, 223, 216))
    brush.on_wall(0.57, 0.52, 0.93, 0.98, shadow)
    brush.on_wall(0.56, 0.535, 0.92, 0.99, (92, 72, 56))
    brush.on_wall(0.58, 0.555, 0.90, 0.97, (236, 232, 222))
    brush.on_wall(0.63, 0.60, 0.85, 0.92, room.picture)
    brush.on_wall(0.63, 0.60, 0.85, 0.71, _tint(room.picture, 0.72))
    brush.on_wall(-_FARTHEST_LEFT, 0.0, _FARTHEST_LEFT, 0.062, _tint(white, 0.93))
    brush.on_wall(-_FARTHEST_LEFT, 0.062, _FARTHEST_LEFT, 0.068, shadow)


def _draw_floor(brush: _Brush, room: Room, rng: np.random.Generator) -> None:
    brush.on_floor(-_FARTHEST_LEFT, -_WALL_BEHIND, _FARTHEST_LEFT, _NEAREST, _tint(room.floor, 0.8))
    for left in np.arange(-_FARTHEST_LEFT, _FARTHEST_LEFT, _BOARD_WIDTH).tolist():
        joint = float(rng.uniform(-0.9, 0.9))
        for far, near in ((-_WALL_BEHIND, joint), (joint + 0.006, _NEAREST)):
            colour = _tint(room.floor, float(rng.uniform(0.93, 1.05)))
            brush.on_floor(left, far, left + _BOARD_WIDTH - 0.004, near, colour)
    for margin, colour in ((0.0, _tint(room.mat, 0.75)), (0.012, room.mat), (0.035, _tint(room.mat, 1.07))):
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        half_width, half_length = 0.31 - margin, 0.40 - margin
        brush.polygon(np.array([(x * half_width, 0.0, z * half_length) for x, z in corners]), colour)


def _tint(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue


def _falloff(camera: Camera) -> Image:
    """How bright each pixel is lit: the light comes from the window at the left, the corners are darker."""
    y, x = np.mgrid[0 : 1 : camera.height_px * 1j, 0 : 1 : camera.width_px * 1j].astype(np.float32)
    corner = np.square(x - 0.5) + np.square(y - 0.5)
    falloff: Image = np.float32(1.05) - np.float32(0.10) * x - np.float32(0.30) * corner
    return falloff


class Shadow:
    """The soft shadow that a figure throws on the floor."""

    def __init__(self, camera: Camera) -> None:
        self._light = camera.axes.T @ LIGHT_IN_VIEW
        # The shadow falls on the lower part of the picture only.
        self._top = int(camera.height_px * 0.70) // _SHADOW_STEP * _SHADOW_STEP
        rows = np.arange(self._top, camera.height_px, _SHADOW_STEP) + _SHADOW_STEP / 2
        columns = np.arange(0, camera.width_px, _SHADOW_STEP) + _SHADOW_STEP / 2
        grid_rows, grid_columns = np.meshgrid(rows, columns, indexing="ij")
        floor = camera.floor_points(grid_columns.ravel(), grid_rows.ravel()).astype(np.float32)
        self._x, self._z = floor[:, 0].reshape(grid_rows.shape), floor[:, 1].reshape(grid_rows.shape)

    def cast(self, image: Image, skeleton: FigureSkeleton) -> None:
        """Darken ``image``, (height, width, 3) float32, in place."""
        lit = np.prod(1 - self._shades(skeleton), axis=0)
        lit = (1 - _DARKEST) + _DARKEST * lit
        below = image[self._top :]
        size = (below.shape[1], below.shape[0])
        below *= np.asarray(Picture.fromarray(lit).resize(size, Picture.Resampling.BILINEAR))[..., None]

    def _shades(self, skeleton: FigureSkeleton) -> Image:
        """How much of the light each of B bones takes from each point of the floor, 0 to 1: (B, rows, columns)."""
        starts, ends, radii = (np.array(part) for part in zip(*_bones(skeleton), strict=True))
        (x0, z0), (x1, z1) = self._fall(starts), self._fall(ends)
        dx, dz = x1 - x0, z1 - z0
        u, v = self._x - _per_picture(x0), self._z - _per_picture(z0)
        share = np.clip(
            (u * _per_picture(dx) + v * _per_picture(dz)) / _per_picture(np.maximum(dx * dx + dz * dz, 1e-9)), 0, 1
        )
        off = np.sqrt(np.square(u - share * _per_picture(dx)) + np.square(v - share * _per_picture(dz)))
        # The higher the body part, the wider and the weaker its penumbra.
        blur = 0.012 + 0.16 * (starts[:, 1] + ends[:, 1]) / 2
        reach = np.clip((_per_picture(radii + blur) - off) / _per_picture(2 * blur), 0, 1)
        faded: Image = reach * reach * (3 - 2 * reach) * _per_picture(np.minimum(1.0, 2 * radii / blur + 0.1))
        return faded

    def _fall(self, points: Vector) -> tuple[Vector, Vector]:
        """Where the shadows of points (B, 3) fall: x and z, (B,)."""
        fallen = points - self._light * (points[:, 1:2] / self._light[1])
        return fallen[:, 0], fallen[:, 2]


def _per_picture(values: Vector) -> Image:
    """(B,) numbers, one for each picture of (B, rows, columns)."""
    return values.astype(np.float32)[:, None, None]


def _bones(skeleton: FigureSkeleton) -> list[tuple[Vector, Vector, float]]:
    bones = [(skeleton.pelvis, skeleton.neck, 0.095), (skeleton.head, skeleton.head, 0.05)]
    for leg in skeleton.legs:
        bones += [(leg.heel, leg.toe, 0.026), (leg.ankle, leg.knee, 0.030), (leg.knee, leg.hip, 0.05)]
    for arm in skeleton.arms:
        bones += [(arm.shoulder, arm.elbow, 0.026), (arm.elbow, arm.fingertip, 0.02)]
    return bones
