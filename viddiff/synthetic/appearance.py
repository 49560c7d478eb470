"""People, rooms and cameras by chance."""

from __future__ import annotations

import math

import numpy as np

from viddiff.synthetic.body import Colour, Outfit
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.scene import Room

WIDTH_PX, HEIGHT_PX = 320, 240
# Raised arms are in the picture too.
_FOCAL_PX, _DISTANCE, _AIM_HEIGHT = 405, 2.6, 0.62

_SKINS: tuple[Colour, ...] = ((224, 180, 150), (216, 168, 136), (188, 138, 104), (172, 120, 88), (118, 80, 58))
_HAIRS: tuple[Colour, ...] = ((62, 42, 32), (30, 26, 26), (120, 82, 44), (196, 160, 96), (140, 136, 132))
_SHIRTS: tuple[Colour, ...] = (
    (34, 142, 136), (206, 84, 76), (232, 178, 62), (92, 112, 186), (232, 232, 226), (60, 64, 72), (150, 86, 148),
)  # fmt: skip
_SHORTS: tuple[Colour, ...] = ((42, 50, 82), (58, 60, 66), (28, 30, 34), (120, 110, 92), (86, 42, 50))
_SHOES: tuple[Colour, ...] = ((236, 112, 40), (128, 186, 52), (224, 60, 90), (60, 150, 220), (240, 220, 70))
_WALLS: tuple[Colour, ...] = ((216, 221, 214), (226, 217, 203), (198, 208, 220), (222, 206, 206), (206, 214, 190))
_FLOORS: tuple[Colour, ...] = ((192, 154, 116), (158, 122, 92), (204, 178, 144), (132, 112, 98), (176, 168, 160))
_MATS: tuple[Colour, ...] = ((70, 98, 128), (92, 82, 104), (64, 110, 92), (128, 72, 70), (84, 86, 92))
_PICTURES: tuple[Colour, ...] = ((196, 120, 84), (92, 132, 140), (176, 160, 90), (112, 96, 150))


def draw_look(rng: np.random.Generator) -> Outfit:
    """Somebody's colours."""
    return Outfit(_vary(rng, _SKINS), _vary(rng, _HAIRS), _vary(rng, _SHIRTS), _vary(rng, _SHORTS), _vary(rng, _SHOES))


def draw_room(rng: np.random.Generator) -> Room:
    """A room's colours."""
    return Room(_vary(rng, _WALLS), _vary(rng, _FLOORS), _vary(rng, _MATS), _vary(rng, _PICTURES))


def draw_camera(rng: np.random.Generator, yaw_deg: tuple[float, float]) -> Camera:
    """A camera of 320 x 240 at a yaw within ``yaw_deg``, a little nearer or farther, higher or lower."""
    return Camera(
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        yaw_rad=math.radians(float(rng.uniform(*yaw_deg))),
        distance=_DISTANCE * float(rng.uniform(0.95, 1.08)),
        eye_height=float(rng.uniform(0.70, 0.95)),
        aim_height=_AIM_HEIGHT,
        focal_px=_FOCAL_PX,
    )


def _vary(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """A colour of the palette, a little off."""
    red, green, blue = colours[int(rng.integers(len(colours)))]
    shift = rng.integers(-10, 11, size=3).tolist()
    return _level(red + shift[0]), _level(green + shift[1]), _level(blue + shift[2])


def _level(value: int) -> int:
    return min(250, max(16, value))
