"""Two clips measured moment by moment along an alignment: by which quantities a part of the movement departs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats
from viddiff.core.record import Record
from viddiff.motion.measurement.propose import NOT_PROPOSED, is_informative
from viddiff.motion.measurement.reading import Unreadable
from viddiff.motion.measurement.series import MeasuredClip
from viddiff.motion.quantities import QUANTITIES, Quantity

#: Quantities that are reported of one part, at the most.
MAX_GAPS = 3
#: A part in which fewer moments show a quantity in both clips says nothing of it.
_MIN_MOMENTS = 3


class MeasuredGap(Record):
    """How one quantity of the query departs from the reference in a part of the movement, moment by moment."""

    quantity: str
    """Its name in the registry (``viddiff.motion.quantities``)."""
    name: str
    """What is measured."""
    unit: str
    """Unit of the values."""
    query: float
    """Mean over the part."""
    reference: float
    """Mean over the moments of the reference that belong to it."""
    distance: float
    """Mean of the absolute difference of moments that belong together, same unit."""
    least: float
    """The smallest difference that counts between two clips, same unit."""


class AlignedQuantities:
    """The quantities of two aligned clips.

    Args:
        query, reference: both clips.
        times_s: (T,) moments of the query.
        matched_s: (T,) the moments of the reference that belong to them.
    """

    def __init__(self, query: MeasuredClip, reference: MeasuredClip, times_s: Floats, matched_s: Floats) -> None:
        self.times_s = times_s
        self._series = [
            (quantity, values_at(query, quantity, times_s), values_at(reference, quantity, matched_s))
            for quantity in _comparable(query, reference)
        ]
        self._view = query.pose.view

    def gaps(self, start_s: float, stop_s: float) -> tuple[MeasuredGap, ...]:
        """What departs clearly in a part ``[start_s, stop_s)`` of the query; of a group of quantities the clearest."""
        inside = (self.times_s >= start_s) & (self.times_s < stop_s)
        by_group: dict[str, MeasuredGap] = {}
        for gap in sorted(self._clear(inside), key=lambda gap: -gap.distance / gap.least):
            by_group.setdefault(QUANTITIES[gap.quantity].group, gap)
        return tuple(by_group.values())[:MAX_GAPS]

    def _clear(self, inside: NDArray[np.bool_]) -> Iterator[MeasuredGap]:
        for quantity, query, reference in self._series:
            seen = inside & np.isfinite(query) & np.isfinite(reference)
            if seen.sum() < _MIN_MOMENTS:
                continue
            distance, least = float(np.abs(query - reference)[seen].mean()), quantity.least_in(self._view)
            if distance >= least:
                yield MeasuredGap(
                    quantity=quantity.name,
                    name=quantity.words[0],
                    unit=quantity.unit,
                    query=float(query[seen].mean()),
                    reference=float(reference[seen].mean()),
                    distance=distance,
                    least=least,
                )


def _comparable(query: MeasuredClip, reference: MeasuredClip) -> Iterator[Quantity]:
    """What has a value in each frame and means the same in both clips."""
    for quantity in QUANTITIES.values():
        same_view = quantity.is_view_independent or query.pose.view == reference.pose.view
        if quantity.kind == "series" and same_view and quantity.name not in NOT_PROPOSED:
            with suppress(Unreadable):
                if query.plane_for(quantity) == reference.plane_for(quantity) and is_informative(
                    quantity, query, reference
                ):
                    yield quantity


def values_at(clip: MeasuredClip, quantity: Quantity, times_s: Floats) -> Floats:
    """(T,) the quantity at these moments, on the line between frames; NaN where it is not seen there."""
    try:
        values = clip.combine_sides(quantity, "both")
    except Unreadable:
        return np.full(len(times_s), np.nan)
    interpolated: Floats = np.interp(times_s, clip.times_s, values)
    return interpolated
