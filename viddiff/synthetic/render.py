"""Drawing solids: each is shaded pixel by pixel in its own box of the picture, the nearest surface wins.

Edges are smoothed by the part of a pixel that a solid covers, and where two surfaces meet within a small depth they
blend, which makes joints and folds soft. Perspective acts from solid to solid; within one, the view
is taken as parallel.
"""

from __future__ import annotations

import math

import numpy as np

from viddiff.synthetic.body import Cone, Ellipsoid, Solid
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.figure import Vector
from viddiff.synthetic.shading import NOWHERE, Image, cone_into, ellipsoid_into

Projected = tuple[float, float, float]
"""Column and row in pixels, and the distance from the lens along the view."""


def draw(image: Image, solids: tuple[Solid, ...], camera: Camera) -> Image:
    """Draw the solids into ``image``, (height, width, 3) float32 with values 0 to 255, in place.

    Returns:
        (height, width) float32: minus the distance of the nearest surface from the lens along the view, in shares of
        stature; ``NOWHERE`` where there is none.
    """
    nearness = np.full(image.shape[:2], NOWHERE, np.float32)
    ends = camera.project(np.concatenate([_ends(solid) for solid in solids])).reshape(-1, 2, 3)
    # From far to near: a soft edge then fades into what lies behind it, not into the empty room.
    order = np.argsort(-ends[..., 2].sum(axis=1), kind="stable").tolist()
    for solid, (start, end) in zip((solids[i] for i in order), ends[order].tolist(), strict=True):
        if isinstance(solid, Cone):
            _draw_cone(image, nearness, solid, start, end, camera.focal_px)
        else:
            _draw_ellipsoid(image, nearness, solid, start, camera)
    return nearness


def _ends(solid: Solid) -> tuple[Vector, Vector]:
    return (solid.start, solid.end) if isinstance(solid, Cone) else (solid.centre, solid.centre)


def _draw_cone(image: Image, nearness: Image, cone: Cone, start: Projected, end: Projected, focal_px: float) -> None:
    (x0, y0, far0), (x1, y1, far1) = start, end
    r0, r1 = cone.start_radius * focal_px / far0, cone.end_radius * focal_px / far1
    box = _box(image, min(x0 - r0, x1 - r1), min(y0 - r0, y1 - r1), max(x0 + r0, x1 + r1), max(y0 + r0, y1 + r1))
    both = (x0, y0, far0, r0), (x1, y1, far1, r1)
    cone_into(image[box], nearness[box], _origin(box), both, focal_px, _surface(cone))


def _draw_ellipsoid(image: Image, nearness: Image, solid: Ellipsoid, centre: Projected, camera: Camera) -> None:
    x, y, far = centre
    axes = camera.axes @ solid.axes
    px = camera.focal_px / far
    reach_x, reach_y, _ = (np.sqrt(np.square(axes * solid.half).sum(axis=1)) * px).tolist()
    box = _box(image, x - reach_x, y - reach_y, x + reach_x, y + reach_y)
    form = (axes / np.square(solid.half)) @ axes.T
    ellipsoid_into(image[box], nearness[box], _origin(box), (x, y, far, px), form, _surface(solid))


def _box(image: Image, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
    """Rows and columns of the picture that a solid can touch, with a pixel to spare for its soft edge."""
    height, width = image.shape[:2]
    return (
        slice(min(height, max(0, math.floor(top) - 1)), min(height, max(0, math.ceil(bottom) + 1))),
        slice(min(width, max(0, math.floor(left) - 1)), min(width, max(0, math.ceil(right) + 1))),
    )


def _origin(box: tuple[slice, slice]) -> tuple[float, float]:
    """The centre of the first pixel of a box: column, row."""
    rows, columns = box
    return columns.start + 0.5, rows.start + 0.5


def _surface(solid: Solid) -> tuple[float, float, float, float]:
    """Softness and colour."""
    red, green, blue = solid.colour
    return solid.softness, float(red), float(green), float(blue)
