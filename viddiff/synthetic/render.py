"""Drawing solids: each is shaded pixel by pixel in its own box of the picture, the nearest surface wins.

Edges are smoothed by the part of a pixel that a solid covers, and where two surfaces meet within a small depth they
blend, which makes joints and folds soft. Perspective acts from solid to solid; within one, the view
is taken as parallel.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from viddiff.synthetic.body import Cone, Ellipsoid, Solid
from viddiff.synthetic.camera import Camera
from viddiff.synthetic.figure import Vector, unit, vector

Image = NDArray[np.float32]

LIGHT_IN_VIEW = unit(vector(-0.50, 0.78, 0.52))
"""Toward the light, in the axes of the camera."""

_AMBIENT, _SKY, _DIFFUSE, _WRAP, _RIM = 0.56, 0.08, 0.52, 0.30, 0.20
NOWHERE = -1e3


def draw(image: Image, solids: tuple[Solid, ...], camera: Camera) -> Image:
    """Draw the solids into ``image``, (height, width, 3) float32 with values 0 to 255, in place.

    Returns:
        (height, width) float32: minus the distance of the nearest surface from the lens along the view, in shares of
        stature; ``NOWHERE`` where there is none.
    """
    nearness = np.full(image.shape[:2], NOWHERE, np.float32)
    # From far to near: a soft edge then fades into what lies behind it, not into the empty room.
    for solid in sorted(solids, key=lambda solid: _middle(solid) @ camera.axes[2]):
        if isinstance(solid, Cone):
            _draw_cone(image, nearness, solid, camera)
        else:
            _draw_ellipsoid(image, nearness, solid, camera)
    return nearness


def _middle(solid: Solid) -> Vector:
    return (solid.start + solid.end) / 2 if isinstance(solid, Cone) else solid.centre


def _draw_cone(image: Image, nearness: Image, cone: Cone, camera: Camera) -> None:
    (x0, y0, far0), (x1, y1, far1) = camera.project(np.stack((cone.start, cone.end))).tolist()
    r0, r1 = cone.start_radius * camera.focal_px / far0, cone.end_radius * camera.focal_px / far1
    box = _box(image, min(x0 - r0, x1 - r1), min(y0 - r0, y1 - r1), max(x0 + r0, x1 + r1), max(y0 + r0, y1 + r1))
    columns, rows = _grid(box)
    length = max(math.hypot(x1 - x0, y1 - y0), 1e-3)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    u, v = columns - x0, rows - y0
    along, across = u * dx + v * dy, v * dx - u * dy
    share = np.clip(along * (1 / length), 0, 1)
    radius = r0 + share * (r1 - r0)
    past = along - share * length
    inside = radius - np.sqrt(past * past + across * across)
    # Of the spheres that make the limb, a line of sight meets first one that lies nearer than the axis below it.
    steep = 2 * camera.focal_px * (far0 - far1) / (far0 + far1) / length
    ahead = np.sqrt(np.maximum(0, radius * radius - across * across)) * (steep / math.hypot(1, steep))
    share = np.clip((along + ahead) * (1 / length), 0, 1)
    radius = r0 + share * (r1 - r0)
    past = along - share * length
    bulge = np.sqrt(np.maximum(0, radius * radius - across * across - past * past))
    # Seen in perspective, the inverse of the distance is what runs evenly along the line.
    near = (bulge * (1 / camera.focal_px) - 1) / (1 / far0 + share * (1 / far1 - 1 / far0))
    normal = past * dx - across * dy, -past * dy - across * dx, bulge
    # Outside the edge, where coverage still fades, the normal keeps length 1.
    scale = 1 / np.maximum(radius, radius - inside)
    _blend(image, nearness, box, inside, near, tuple(part * scale for part in normal), cone)


def _draw_ellipsoid(image: Image, nearness: Image, solid: Ellipsoid, camera: Camera) -> None:
    ((x, y, far),) = camera.project(solid.centre[None]).tolist()
    axes = camera.axes @ solid.axes
    px = camera.focal_px / far
    reach = np.sqrt(np.square(axes * solid.half).sum(axis=1)) * px
    box = _box(image, x - reach[0], y - reach[1], x + reach[0], y + reach[1])
    columns, rows = _grid(box)
    # The surface is the q with q.A.q = 1; the outline is where its two crossings of the line of sight fall together.
    A = (axes / np.square(solid.half)) @ axes.T
    a, b, c = float(A[0, 0]), float(A[0, 1]), float(A[1, 1])
    d, e, f = float(A[0, 2]), float(A[1, 2]), float(A[2, 2])
    u, v = (columns - x) / px, (y - rows) / px
    slope = d * u + e * v
    q, tilt = (a - d * d / f) * u * u + (c - e * e / f) * v * v + 2 * (b - d * e / f) * u * v, slope / f
    w = np.sqrt(np.maximum(0, 1 - q) / f) - tilt
    normal = a * u + b * v + d * w, b * u + c * v + e * w, slope + f * w
    scale = 1 / np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    # q grows as the square of the distance from the centre, so (1 - q) / |grad q| is the distance to the outline.
    grad_u = (a - d * d / f) * u + (b - d * e / f) * v
    grad_v = (b - d * e / f) * u + (c - e * e / f) * v
    inside = (1 - q) / (2 * np.sqrt(grad_u * grad_u + grad_v * grad_v) + 1e-6) * px
    _blend(image, nearness, box, inside, w - far, tuple(part * scale for part in normal), solid)


def _blend(
    image: Image,
    nearness: Image,
    box: tuple[slice, slice],
    inside_px: Image,
    near: Image,
    normal: tuple[Image, ...],
    solid: Solid,
) -> None:
    before = nearness[box]
    weight = np.clip(inside_px + 0.5, 0, 1) * np.clip((near - before) * (1 / solid.softness) + 0.5, 0, 1)
    light_x, light_y, light_z = LIGHT_IN_VIEW.tolist()
    facing = normal[0] * light_x + normal[1] * light_y + normal[2] * light_z
    lit = np.maximum(0, facing + _WRAP) * (_DIFFUSE / (1 + _WRAP))
    shade = (_AMBIENT + _SKY * normal[1] + lit) * ((1 - _RIM) + _RIM * normal[2])
    target = image[box]
    target += weight[..., None] * (shade[..., None] * np.array(solid.colour, np.float32) - target)
    np.copyto(before, near, where=weight > 0.5)


def _box(image: Image, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
    """Rows and columns of the picture that a solid can touch, with a pixel to spare for its soft edge."""
    height, width = image.shape[:2]
    return (
        slice(min(height, max(0, math.floor(top) - 1)), min(height, max(0, math.ceil(bottom) + 1))),
        slice(min(width, max(0, math.floor(left) - 1)), min(width, max(0, math.ceil(right) + 1))),
    )


def _grid(box: tuple[slice, slice]) -> tuple[Image, Image]:
    """Pixel centres: columns (1, w) and rows (h, 1)."""
    rows, columns = box
    return (
        np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + np.float32(0.5),
        np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5),
    )
