"""What is made of a series within a moment or a phase."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.moments import Window
from viddiff.motion.measurement.reading import Unreadable
from viddiff.motion.measurement.series import SEEN_SHARE, MeasuredClip
from viddiff.motion.measurement.spec import Statistic
from viddiff.motion.quantities import Quantity

#: Those that are values of the quantity itself, in its unit.
LEVELS: tuple[Statistic, ...] = ("value", "min", "max", "mean")
_OF_LEVELS: dict[Statistic, Callable[[Floats], float]] = {
    "value": lambda values: float(np.median(values)),
    "min": lambda values: float(np.min(values)),
    "max": lambda values: float(np.max(values)),
    "mean": lambda values: float(np.mean(values)),
    "range": lambda values: float(np.ptp(values)),
    "travel": lambda values: float(np.abs(np.diff(values)).sum()),
}
_OF_SPEEDS: dict[Statistic, Callable[[Floats], float]] = {
    "speed": lambda speeds: float(np.mean(speeds)),
    # One frame makes no speed.
    "max_speed": lambda speeds: float(np.percentile(speeds, 95)),
}


def statistic_of(statistic: Statistic, series: Floats, clip: MeasuredClip, window: Window) -> float:
    """The statistic of ``series`` (T,) within a window; NaN where it is not seen there.

    Raises:
        Unreadable: a change within a single moment is asked for.
    """
    if window.instant and statistic not in LEVELS:
        raise Unreadable("statistic", f"the {statistic.replace('_', ' ')} of a single moment is not defined")
    values = series[window.frames]
    if statistic in _OF_SPEEDS:
        values = np.abs(np.gradient(series, clip.times_s))[window.frames]
    finite = values[np.isfinite(values)]
    if len(finite) < max(1.0, SEEN_SHARE * len(values)):
        return float("nan")
    if window.instant:
        return float(np.median(finite))
    return {**_OF_LEVELS, **_OF_SPEEDS}[statistic](finite)


def unit_of(quantity: Quantity, statistic: Statistic) -> str:
    """Unit of the statistic of a quantity."""
    return f"{quantity.unit}/s" if statistic in _OF_SPEEDS and quantity.kind == "series" else quantity.unit
