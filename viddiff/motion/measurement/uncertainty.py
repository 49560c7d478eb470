"""How sure a number is: standard errors from the clip itself, with what is known of the quantity as a floor.

Two measurements differ by more than chance where they are 1.96 * sqrt(2) standard errors apart (Weir 2005). The
smallest difference that counts of a quantity is written down in the registry, so its standard error is that over 2.77.
The clip may show a greater one: repetitions that differ, a body at rest that trembles, frames that are far apart.
"""

from __future__ import annotations

import math

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.measurement.reading import CONFIDENT
from viddiff.motion.measurement.spec import Statistic
from viddiff.motion.pose.landmarks import View
from viddiff.motion.quantities import Quantity

#: Smallest difference that counts, in standard errors of one measurement.
MIN_DIFFERENCE_IN_ERRORS = CONFIDENT * math.sqrt(2)
#: The jitter of a pose is looked for in windows of this length; the quietest fifth of them are at rest.
REST_WINDOW_S, REST_SHARE = 0.5, 0.2
#: A median of a normal sample is this much less sure than its mean.
MEDIAN_FACTOR = 1.25
#: How sure changes are against levels: a range has two ends, speeds are taken over parts of a second.
_OF_CHANGES: dict[Statistic, float] = {"range": math.sqrt(2), "travel": 2.0, "speed": 2.0, "max_speed": 4.0}
#: Durations closer than this share of them do not count: so far apart are 95 % of those that BlazePose gives from the
#: truth (``python -m benchmarks.measure_accuracy --estimator blazepose``).
RELATIVE_TIME = 0.1
#: A count is whole; one more may be missing where a clip begins or ends within a repetition.
_COUNT_ERROR, _CUT_OFF_ERROR = 0.15, 0.5


def least_difference(quantity: Quantity, view: View, statistic: Statistic) -> float:
    """Smallest difference that counts of a statistic of a quantity, from the registry."""
    changes = _OF_CHANGES.get(statistic, 1.0) if quantity.kind == "series" else 1.0
    return quantity.least_in(view) * changes


def jitter(series: Floats, step_s: float) -> float:
    """How much ``series`` (T,) trembles where the body rests: scatter around a line, in the quietest windows."""
    width = max(5, round(REST_WINDOW_S / step_s))
    finite = series[np.isfinite(series)]
    if len(finite) < width:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(finite, width)
    along = np.arange(width) - (width - 1) / 2
    level = windows.mean(axis=1, keepdims=True)
    tilt = windows @ along / (along @ along)
    scatter = (windows - level - tilt[:, None] * along).std(axis=1)
    return float(np.quantile(scatter, REST_SHARE))


def of_values(values: Floats, trembling: float, least: float) -> float:
    """Standard error of the median of ``values`` (N,), one of each repetition.

    Args:
        trembling: jitter of a body at rest, which every value has.
        least: smallest difference that counts of the quantity, which is a floor.
    """
    n = len(values)
    spread = MEDIAN_FACTOR * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return max(least / MIN_DIFFERENCE_IN_ERRORS, math.hypot(spread, trembling))


def least_of_times(least_s: float, values_s: Floats) -> float:
    """Smallest difference that counts of durations ``values_s`` (N,): no less than a share of them."""
    return max(least_s, RELATIVE_TIME * float(np.median(values_s)))


def of_times(values_s: Floats, resolution_s: float, least_s: float) -> float:
    """Standard error of the median of durations ``values_s`` (N,), whose borders are known to ``resolution_s``."""
    return of_values(values_s, math.sqrt(2) * resolution_s, least_s)


def of_count(cut_off: bool) -> float:
    """Standard error of a count."""
    return _CUT_OFF_ERROR if cut_off else _COUNT_ERROR
