"""Quantities that can be measured of a body in motion, by name."""

from __future__ import annotations

from viddiff.motion.quantities import (  # noqa: F401  each registers its own
    angles,
    distances,
    heights,
    paths,
    place,
    segments,
    timing,
)
from viddiff.motion.quantities.registry import QUANTITIES, Quantity

__all__ = ["QUANTITIES", "Quantity"]
