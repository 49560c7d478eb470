"""Flesh and clothes: a skeleton becomes coloured round cones and ellipsoids.

Lengths are shares of stature, as in ``figure``; thicknesses are drawn from life, not from a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viddiff.synthetic.figure import Arm, FigureSkeleton, Leg, Vector, unit, vector

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Cone:
    """A limb: spheres of growing or shrinking radius along a line; ``softness`` is the depth over which it blends."""

    start: Vector
    end: Vector
    start_radius: float
    end_radius: float
    colour: Colour
    softness: float = 0.012


@dataclass(frozen=True)
class Ellipsoid:
    """A rounded mass: ``axes`` (3, 3) holds its directions as columns, ``half`` (3,) their half lengths."""

    centre: Vector
    axes: NDArray[np.float64]
    half: Vector
    colour: Colour
    softness: float = 0.012


Solid = Cone | Ellipsoid


@dataclass(frozen=True)
class Outfit:
    """Colours of a person, RGB 0 to 255."""

    skin: Colour
    hair: Colour
    shirt: Colour
    shorts: Colour
    shoes: Colour
    socks: Colour = (232, 232, 228)
    soles: Colour = (244, 242, 236)
    eyes: Colour = (38, 30, 28)
    lips: Colour = (168, 92, 84)


def solids_of(skeleton: FigureSkeleton, look: Outfit) -> tuple[Solid, ...]:
    """All solids of a dressed figure, in no particular order."""
    legs = (solid for leg in skeleton.legs for solid in _leg(leg, look))
    arms = (solid for arm in skeleton.arms for solid in _arm(arm, look))
    return (*legs, *_trunk(skeleton, look), *_head(skeleton, look), *arms)


def _interpolate(start: Vector, end: Vector, share: float) -> Vector:
    point: Vector = start + (end - start) * share
    return point


def _leg(leg: Leg, look: Outfit) -> Iterator[Solid]:
    hem = _interpolate(leg.hip, leg.knee, 0.66)
    forward = unit(leg.toe - leg.heel)
    calf_top, calf_low = _interpolate(leg.knee, leg.ankle, 0.22), _interpolate(leg.knee, leg.ankle, 0.52)
    cuff = _interpolate(leg.knee, leg.ankle, 0.84)
    sole_up = vector(0.0, 0.010, 0.0)
    yield Cone(leg.hip, hem, 0.060, 0.049, look.shorts)
    yield Cone(_interpolate(leg.hip, leg.knee, 0.6), leg.knee, 0.043, 0.033, look.skin)
    yield Cone(leg.knee, cuff, 0.033, 0.022, look.skin)
    yield Cone(calf_top - forward * 0.011, calf_low - forward * 0.008, 0.025, 0.020, look.skin, 0.03)
    yield Cone(cuff, leg.ankle, 0.0225, 0.022, look.socks)
    yield Cone(leg.heel + sole_up + forward * 0.012, leg.toe + sole_up - forward * 0.016, 0.018, 0.021, look.soles)
    yield Cone(leg.ankle - sole_up * 0.5, leg.heel + sole_up * 2.2 + forward * 0.022, 0.026, 0.025, look.shoes)
    yield Cone(leg.ankle - sole_up * 0.4, leg.toe + sole_up * 2.0 - forward * 0.024, 0.027, 0.021, look.shoes)


def _arm(arm: Arm, look: Outfit) -> Iterator[Solid]:
    sleeve = _interpolate(arm.shoulder, arm.elbow, 0.52)
    knuckles = _interpolate(arm.wrist, arm.fingertip, 0.48)
    yield Cone(arm.shoulder, sleeve, 0.037, 0.032, look.shirt)
    yield Cone(_interpolate(arm.shoulder, arm.elbow, 0.45), arm.elbow, 0.027, 0.022, look.skin)
    yield Cone(arm.elbow, arm.wrist, 0.0225, 0.0145, look.skin, 0.02)
    yield Cone(arm.wrist, knuckles, 0.0155, 0.0205, look.skin)
    yield Cone(knuckles, _interpolate(arm.wrist, arm.fingertip, 0.88), 0.0195, 0.012, look.skin)


def _trunk(skeleton: FigureSkeleton, look: Outfit) -> Iterator[Solid]:
    axes, breath = skeleton.trunk_axes, skeleton.breath

    def at(left: float, up: float, forward: float) -> Vector:
        point: Vector = skeleton.pelvis + axes @ vector(left, up, forward)
        return point

    yield Ellipsoid(at(0, 0.012, -0.006), axes, vector(0.094, 0.068, 0.076), look.shorts)
    yield Ellipsoid(at(0, 0.122, 0.000), axes, vector(0.093, 0.128, 0.068), look.shirt, 0.03)
    yield Ellipsoid(at(0, 0.196, 0.000), axes, vector(0.104, 0.108, 0.069 * breath), look.shirt, 0.05)
    for arm in skeleton.arms:
        yield Cone(at(0, 0.292, -0.004), arm.shoulder, 0.030, 0.036, look.shirt)
    yield Cone(at(0, 0.285, -0.002), _interpolate(skeleton.neck, skeleton.head, 0.75), 0.037, 0.032, look.skin)


def _head(skeleton: FigureSkeleton, look: Outfit) -> Iterator[Solid]:
    axes = skeleton.head_axes

    def at(left: float, up: float, forward: float) -> Vector:
        point: Vector = skeleton.head + axes @ vector(left, up, forward)
        return point

    yield Ellipsoid(at(0, 0.006, 0.0), axes, vector(0.043, 0.057, 0.050), look.skin)
    yield Ellipsoid(at(0, -0.030, 0.014), axes, vector(0.032, 0.034, 0.034), look.skin)
    yield Ellipsoid(at(0, 0.022, -0.012), axes, vector(0.0465, 0.047, 0.050), look.hair)
    yield Ellipsoid(at(0, 0.048, 0.014), axes, vector(0.036, 0.020, 0.036), look.hair)
    yield Cone(at(0, 0.002, 0.048), at(0, -0.012, 0.053), 0.006, 0.0085, look.skin)
    yield Ellipsoid(at(0, -0.034, 0.045), axes, vector(0.012, 0.0035, 0.006), look.lips)
    for side in (1.0, -1.0):
        yield Ellipsoid(at(side * 0.017, 0.006, 0.046), axes, vector(0.0065, 0.0045, 0.005), look.eyes)
        yield Ellipsoid(at(side * 0.044, -0.004, -0.002), axes, vector(0.006, 0.013, 0.009), look.skin)
