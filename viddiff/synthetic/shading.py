"""The pixels of one solid, compiled by Numba: its surface, its light, and what of it is seen.

Each function draws into the part of the picture that its solid can touch: ``image`` (h, w, 3) float32 with values 0 to
255 and ``nearness`` (h, w) float32, both changed in place; ``origin`` is the column and the row of the centre of its
first pixel, ``surface`` the softness and the colour.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viddiff.synthetic.figure import unit, vector

Image = NDArray[np.float32]
Four = tuple[float, float, float, float]

LIGHT_IN_VIEW = unit(vector(-0.50, 0.78, 0.52))
"""Toward the light, in the axes of the camera."""

#: Nearness where there is no surface.
NOWHERE = -1e3
_LIGHT_X, _LIGHT_Y, _LIGHT_Z = LIGHT_IN_VIEW.tolist()
_AMBIENT, _SKY, _DIFFUSE, _WRAP, _RIM = 0.56, 0.08, 0.52, 0.30, 0.20


@njit(cache=True, nogil=True)
def cone_into(
    image: Image,
    nearness: Image,
    origin: tuple[float, float],
    ends: tuple[Four, Four],
    focal_px: float,
    surface: Four,
) -> None:  # pragma: no cover - compiled
    """Draw a round cone; ``ends`` gives column, row, distance and radius in pixels of both."""
    (x0, y0, far0, r0), (x1, y1, far1, r1) = ends
    length = max(math.hypot(x1 - x0, y1 - y0), 1e-3)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    # Of the spheres that make the limb, a line of sight meets first one that lies nearer than the axis below it.
    steep = 2 * focal_px * (far0 - far1) / (far0 + far1) / length
    steep /= math.hypot(1.0, steep)
    for row in range(image.shape[0]):
        v = origin[1] + row - y0
        for column in range(image.shape[1]):
            u = origin[0] + column - x0
            along, across = u * dx + v * dy, v * dx - u * dy
            share = min(max(along / length, 0.0), 1.0)
            radius = r0 + share * (r1 - r0)
            inside = radius - math.hypot(along - share * length, across)
            if inside <= -0.5:
                continue
            ahead = math.sqrt(max(0.0, radius * radius - across * across)) * steep
            share = min(max((along + ahead) / length, 0.0), 1.0)
            radius = r0 + share * (r1 - r0)
            past = along - share * length
            bulge = math.sqrt(max(0.0, radius * radius - across * across - past * past))
            # Seen in perspective, the inverse of the distance is what runs evenly along the line.
            near = (bulge / focal_px - 1) / (1 / far0 + share * (1 / far1 - 1 / far0))
            # Outside the edge, where coverage still fades, the normal keeps length 1.
            scale = 1 / max(radius, radius - inside)
            normal = (past * dx - across * dy) * scale, (-past * dy - across * dx) * scale, bulge * scale
            blend_into(image[row, column], nearness[row], column, inside, near, normal, surface)


@njit(cache=True, nogil=True)
def ellipsoid_into(
    image: Image,
    nearness: Image,
    origin: tuple[float, float],
    centre: Four,
    form: NDArray[np.float64],
    surface: Four,
) -> None:  # pragma: no cover - compiled
    """Draw the q with q.form.q = 1 around ``centre``: its column, row and distance, and the pixels of a unit there."""
    x, y, far, px = centre
    a, b, c = form[0, 0], form[0, 1], form[1, 1]
    d, e, f = form[0, 2], form[1, 2], form[2, 2]
    # The outline is where both crossings of the line of sight fall together.
    a_seen, b_seen, c_seen = a - d * d / f, b - d * e / f, c - e * e / f
    for row in range(image.shape[0]):
        v = (y - origin[1] - row) / px
        for column in range(image.shape[1]):
            u = (origin[0] + column - x) / px
            grad_u, grad_v = a_seen * u + b_seen * v, b_seen * u + c_seen * v
            q = grad_u * u + grad_v * v
            # q grows as the square of the distance from the centre: (1 - q) / |grad q| is the distance to the outline.
            inside = (1 - q) / (2 * math.hypot(grad_u, grad_v) + 1e-6) * px
            if inside <= -0.5:
                continue
            w = math.sqrt(max(0.0, 1 - q) / f) - (d * u + e * v) / f
            nx, ny, nz = a * u + b * v + d * w, b * u + c * v + e * w, d * u + e * v + f * w
            scale = 1 / math.sqrt(nx * nx + ny * ny + nz * nz)
            normal = nx * scale, ny * scale, nz * scale
            blend_into(image[row, column], nearness[row], column, inside, w - far, normal, surface)


@njit(cache=True, nogil=True, inline="always")
def blend_into(
    pixel: Image,
    nearness: Image,
    column: int,
    inside_px: float,
    near: float,
    normal: tuple[float, float, float],
    surface: Four,
) -> None:  # pragma: no cover - compiled
    """Blend one pixel by the part of it that is covered and by how far the surface lies in front of what was there."""
    softness, red, green, blue = surface
    weight = min(inside_px + 0.5, 1.0) * min(max((near - nearness[column]) / softness + 0.5, 0.0), 1.0)
    if weight <= 0:
        return
    nx, ny, nz = normal
    lit = max(0.0, nx * _LIGHT_X + ny * _LIGHT_Y + nz * _LIGHT_Z + _WRAP) * (_DIFFUSE / (1 + _WRAP))
    shade = (_AMBIENT + _SKY * ny + lit) * ((1 - _RIM) + _RIM * nz)
    pixel[0] += weight * (shade * red - pixel[0])
    pixel[1] += weight * (shade * green - pixel[1])
    pixel[2] += weight * (shade * blue - pixel[2])
    if weight > 0.5:
        nearness[column] = near
