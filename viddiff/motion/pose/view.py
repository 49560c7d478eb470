"""From where a person is filmed and which way it faces: decided once for a clip, because frame by frame it flickers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from viddiff.core.arrays import Floats, finite_median
from viddiff.motion.pose.landmarks import COLUMN, View

#: Width of the shoulder joints seen from the front, in trunk lengths.
_FRONT_WIDTH = 0.8
#: Narrower than these shares of it: turned by more than 60 degrees (side), by less than 35 (front or back).
_SIDE_BELOW, _FRONT_ABOVE = 0.5, 0.82
#: Nose and toes point this far to one side, in trunk lengths, where somebody faces that side.
_FACES = 0.08
#: A trunk that lies flatter than this (its height over its length) faces where its head is.
_LYING = 0.5


class PersonView(NamedTuple):
    """From where a person is seen, and which way the person faces in the picture: +1 to the right, -1, 0: neither."""

    view: View
    facing: int


def view_of(image: Floats) -> PersonView:
    """The view of one person, (T, 33, 2) in units of the picture's height.

    Turned and upside-down bodies are read by their own axes.
    """
    shoulders, hips = (_middle(image, part) for part in ("shoulder", "hip"))
    up = shoulders - hips
    length = np.hypot(*up.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        across = (_point(image, "left_shoulder") - _point(image, "right_shoulder")) / length[:, None]
    trunk = finite_median(length)
    if not np.isfinite(trunk) or trunk <= 0:
        return PersonView("unknown", 0)
    ratio = finite_median(np.hypot(*across.T)) / _FRONT_WIDTH
    facing = _facing(image, up, trunk)
    if ratio < _SIDE_BELOW:
        return PersonView("side", facing)
    if ratio < _FRONT_ABOVE:
        return PersonView("oblique", facing)
    # Seen from the front, the left shoulder lies clockwise of the way up (the picture's y points down).
    clockwise = finite_median((up[:, 0] * across[:, 1] - up[:, 1] * across[:, 0]) / trunk)
    return PersonView(("front" if clockwise > 0 else "back"), 0)


def _facing(image: Floats, up: Floats, trunk: float) -> int:
    along = np.array([finite_median(up[:, 0]), finite_median(up[:, 1])]) / trunk
    if abs(along[1]) < _LYING:
        return int(np.sign(along[0]))
    toes = [
        finite_median((_point(image, f"{side}_foot_index") - _point(image, f"{side}_heel"))[:, 0]) for side in _SIDES
    ]
    face = finite_median((_point(image, "nose") - _middle(image, "ear"))[:, 0])
    votes = [vote / trunk for vote in (*toes, 2 * face) if np.isfinite(vote)]
    mean = float(np.mean(votes)) if votes else 0.0
    return int(np.sign(mean)) if abs(mean) >= _FACES else 0


_SIDES = ("left", "right")


def _point(image: Floats, name: str) -> Floats:
    point: Floats = image[:, COLUMN[name]]
    return point


def _middle(image: Floats, part: str) -> Floats:
    middle: Floats = (_point(image, f"left_{part}") + _point(image, f"right_{part}")) / 2
    return middle
