"""The registry of quantities. Adding one is one function with a decorator that says what it means.

A series gives one value a frame and is read at any moment; a path gives one value for a part of the clip; a clip
quantity gives one value for each repetition, or a single one, from the phases alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from viddiff.core.registry import Registry
from viddiff.motion.measurement.body import Plane
from viddiff.motion.pose.landmarks import View

QuantityKind = Literal["series", "path", "clip", "events"]
Extreme = Literal["min", "max"]
Measure = TypeVar("Measure", bound=Callable[..., Any])
Planes = Mapping[View, Plane]

#: Views in which a quantity holds, and the plane in which it is then read. At an angle, the middle line of the body and
#: what spreads to both sides keep to their plane; limbs leave it, and space is the lesser evil.
SIDE: Planes = MappingProxyType({"side": "sagittal"})
LEAN: Planes = MappingProxyType({"side": "sagittal", "oblique": "sagittal"})
FLEXION: Planes = MappingProxyType({"side": "sagittal", "oblique": "space"})
LIFT: Planes = MappingProxyType({"side": "picture", "oblique": "picture"})
FRONT: Planes = MappingProxyType({"front": "frontal", "back": "frontal"})
SPREAD: Planes = MappingProxyType({"front": "frontal", "back": "frontal", "oblique": "frontal"})
STANCE: Planes = MappingProxyType({"front": "frontal", "back": "frontal", "oblique": "space"})
SHOWN: Planes = MappingProxyType({"front": "frontal", "back": "frontal", "side": "sagittal", "oblique": "space"})
#: Heights, times and what else the picture shows from anywhere.
ANYWHERE: Planes = MappingProxyType(dict.fromkeys(("front", "back", "side", "oblique"), "picture"))
SPATIAL: Planes = MappingProxyType(dict.fromkeys(("front", "side", "oblique"), "space"))

DEGREES, TORSOS, SECONDS, TORSOS_PER_S = "deg", "torso lengths", "s", "torso lengths/s"


@dataclass(frozen=True)
class Quantity:
    """Something that can be measured of a body in motion.

    Attributes:
        name: as in a ``MeasurementSpec``.
        kind: what ``measure`` gives; see the module.
        unit: of its values.
        definition: one sentence for a coach, with its zero and its sign.
        words: what people call it.
        planes: views in which it holds, and where it is then read.
        least: smallest difference that counts between two clips, in the view that shows it best.
        coarser: how many times that is where its plane is seen at an angle.
        sided: whether there is one for each side; ``measure`` is then asked for "left" or "right".
        directed: whether its sign needs to know which way the body faces.
        natural: the extreme that tells, or None where it is read over the whole action.
        lower, higher: how a coach says that a video has less or more of it; ``{by}`` stands for how much.
        at_min, at_max: how a coach names the moments of its extremes.
        group: quantities of one group tell the same story; a list of differences names one of them.
        measure: the formula.
    """

    name: str
    kind: QuantityKind
    unit: str
    definition: str
    words: tuple[str, ...]
    planes: Planes
    least: float
    coarser: float
    sided: bool
    directed: bool
    natural: Extreme | None
    lower: str
    higher: str
    at_min: str
    at_max: str
    group: str
    measure: Callable[..., Any]

    def least_in(self, view: View) -> float:
        """Smallest difference that counts, seen from there."""
        return self.least * (self.coarser if view == "oblique" else 1.0)

    @property
    def is_view_independent(self) -> bool:
        """Whether it means the same from every view, so that clips from two views can be compared."""
        return self.planes is ANYWHERE


QUANTITIES: Registry[Quantity] = Registry("quantity")


def quantity(
    unit: str,
    definition: str,
    *,
    words: tuple[str, ...],
    least: float,
    lower: str,
    higher: str,
    coarser: float = 1.0,
    planes: Planes = ANYWHERE,
    kind: QuantityKind = "series",
    sided: bool = False,
    directed: bool = False,
    natural: Extreme | None = None,
    at_min: str = "",
    at_max: str = "",
    group: str = "",
) -> Callable[[Measure], Measure]:
    """Register the decorated function as the quantity of its name; see ``Quantity`` for what is said of it."""

    def register(measure: Measure) -> Measure:
        name = measure.__name__
        entry = Quantity(
            name=name,
            kind=kind,
            unit=unit,
            definition=definition,
            words=words,
            planes=planes,
            least=least,
            coarser=coarser,
            sided=sided,
            directed=directed,
            natural=natural,
            lower=lower,
            higher=higher,
            at_min=at_min,
            at_max=at_max,
            group=group or name,
            measure=measure,
        )
        QUANTITIES.add(name, entry)
        return measure

    return register
