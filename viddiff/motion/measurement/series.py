"""A quantity over the frames of a clip, for the side that is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.types import Segment
from viddiff.motion.cycles import Cycles
from viddiff.motion.measurement.body import Body, Limb, Plane
from viddiff.motion.measurement.reading import Reading, Unreadable
from viddiff.motion.measurement.spec import BodySide, MeasurementSpec
from viddiff.motion.pose.landmarks import COLUMN, Pose
from viddiff.motion.quantities import QUANTITIES, Quantity

#: A side that is seen in less than this share of the frames of a clip does not count ...
CLIP_SHARE = 0.25
#: ... nor a phase of which less than this share is seen.
SEEN_SHARE = 0.5
#: Fewer frames make no movement.
MIN_FRAMES = 4
#: What is seen from the front alone leaks into what is not from this angle on.
FRONTAL_RAD = math.radians(25)
LIMBS: tuple[Limb, Limb] = ("left", "right")


@dataclass(frozen=True)
class MeasuredClip:
    """What a quantity is read from; ``plane`` is where, whatever the view, for a pose whose depth is exact."""

    pose: Pose
    cycles: Cycles
    plane: Plane | None = None

    @property
    def times_s(self) -> Floats:
        """(T,) of the frames."""
        return self.pose.times_s

    @property
    def step_s(self) -> float:
        """Time from one frame to the next."""
        return float(np.median(np.diff(self.times_s)))

    @cached_property
    def _bodies(self) -> dict[Plane, Body]:
        return {}

    @cached_property
    def readings(self) -> dict[tuple[MeasurementSpec, tuple[Segment, ...]], Reading]:
        """What was read from it, by measurement and stages."""
        return {}

    def body(self, plane: Plane) -> Body:
        """The pose, read in that plane."""
        return self._bodies.setdefault(plane, Body(self.pose, plane))

    def plane_for(self, quantity: Quantity) -> Plane:
        """Where the quantity is read in this clip's view.

        Raises:
            Unreadable: not in this view, or its sign needs a facing that is not known.
        """
        plane = self.plane or quantity.planes.get(self.pose.view)
        if plane is None:
            views = " or ".join(quantity.planes)
            raise Unreadable(
                "view", f"{_name(quantity)} is seen from {views}; this clip is filmed {_view_text(self.pose)}"
            )
        if plane == "frontal" and "oblique" not in quantity.planes and self.body(plane).turn_rad > FRONTAL_RAD:
            raise Unreadable("view", f"{_name(quantity)} is seen from the front, and the body stands at an angle to it")
        if plane == "space" and not np.isfinite(self.pose.world).any():
            raise Unreadable("view", f"{_name(quantity)} needs depth here, which {self.pose.estimator} does not give")
        if quantity.directed and plane == "sagittal" and not self.pose.facing:
            raise Unreadable(
                "facing", f"{_name(quantity)} has a direction, and it is not known which way the body faces"
            )
        return plane

    def limbs(self, side: BodySide) -> tuple[Limb, ...]:
        """The sides that stand behind a word for a side."""
        if side in ("left", "right"):
            return (side,)
        return (self.near_side,) if side == "near" else LIMBS

    @property
    def near_side(self) -> Limb:
        """The side towards the camera."""
        if self.pose.view == "side" and self.pose.facing:
            return "right" if self.pose.facing > 0 else "left"
        visibility = {limb: _visibility(self.pose, limb) for limb in LIMBS}
        return max(LIMBS, key=lambda limb: visibility[limb])

    def by_limb(self, quantity: Quantity, side: BodySide) -> dict[Limb | None, Floats]:
        """(T,) for each side that is asked for; of two, one that is hardly seen is left out. None: it has no sides.

        Raises:
            Unreadable: the view does not show it, or the parts of the body are not seen.
        """
        body = self.body(self.plane_for(quantity))
        series: dict[Limb | None, Floats] = (
            {limb: quantity.measure(body, limb) for limb in self.limbs(side)}
            if quantity.sided
            else {None: quantity.measure(body)}
        )
        visible = {limb: values for limb, values in series.items() if np.isfinite(values).mean() >= CLIP_SHARE}
        if not visible:
            raise Unreadable("visibility", f"what {_name(quantity)} is read from is not seen in most of the clip")
        if side in ("either", "trailing") and len(visible) < len(series):
            raise Unreadable("visibility", f"{_name(quantity)} of both sides has to be seen to tell which one is meant")
        return visible

    def combine_sides(self, quantity: Quantity, side: BodySide) -> Floats:
        """(T,) one series: the mean of the sides, or in each frame the one that shows more of it.

        Raises:
            Unreadable: as ``by_limb``.
        """
        series = np.stack(tuple(self.by_limb(quantity, side).values()))
        most, least = (np.fmin, np.fmax) if quantity.natural == "min" else (np.fmax, np.fmin)
        if side in ("either", "trailing"):
            combined: Floats = (most if side == "either" else least).reduce(series)
            return combined
        mean: Floats = mean_of(series)
        return mean


def find(name: str) -> Quantity:
    """The quantity of that name.

    Raises:
        Unreadable: there is none.
    """
    if name not in QUANTITIES:
        raise Unreadable("unknown_quantity", f"there is no quantity {name!r} in the registry")
    return QUANTITIES[name]


def check_seen(pose: Pose) -> None:
    """Raise ``Unreadable`` where nobody is seen, or in too few frames."""
    n_seen = int(pose.is_seen.sum())
    if not n_seen:
        raise Unreadable("no_person", "no person is seen in the clip")
    if n_seen < MIN_FRAMES:
        raise Unreadable("too_few_frames", f"a person is seen in {n_seen} frames only; it takes {MIN_FRAMES}")


def mean_of(series: Floats) -> Floats:
    """(T,) the mean of the rows (N, T) that are seen."""
    finite = np.isfinite(series)
    total = np.where(finite, series, 0.0).sum(axis=0)
    mean: Floats = np.divide(total, finite.sum(axis=0), out=np.full(series.shape[1], np.nan), where=finite.any(axis=0))
    return mean


def _visibility(pose: Pose, limb: Limb) -> float:
    columns = [COLUMN[f"{limb}_{part}"] for part in ("shoulder", "elbow", "hip", "knee", "ankle")]
    return float(pose.visibility[:, columns].mean())


def _name(quantity: Quantity) -> str:
    return f"the {quantity.words[0]}"


def _view_text(pose: Pose) -> str:
    words = {"front": "from the front", "back": "from behind", "side": "from the side", "oblique": "at an angle"}
    return words.get(pose.view, "from a view that is not known")
