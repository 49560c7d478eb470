"""Landmarks made smooth without a lag: outliers out, short gaps closed, a low pass run forwards and backwards."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from viddiff.core.arrays import Floats, runs

#: Frames over which an outlier is compared with its neighbours (Hampel), and by how many robust deviations.
WINDOW = 7
_DEVIATIONS = 3.0
#: What is off for longer, in seconds, may be a movement: a kick is over after a few frames.
_MOMENT_S = 0.14
#: Longest gap that is closed, in seconds.
GAP_S = 0.2
#: Cutoff of the low pass: this, or this share of the frame rate.
CUTOFF_HZ, CUTOFF_SHARE = 6.0, 0.4
#: Fewer frames in a row than these are left as they are.
_MIN_SMOOTHED_FRAMES = 6


def smooth(times_s: Floats, values: Floats) -> Floats:
    """(T, ...) series without outliers, short gaps and jitter; NaN stays where something was not seen for longer.

    The low pass is a Butterworth filter of order 2 run both ways: order 4 in total, and no lag.

    Args:
        times_s: (T,) seconds, ascending.
        values: (T, ...) each column a series; NaN where nothing is known.
    """
    flat = without_outliers(times_s, values.reshape(len(values), -1))
    smoothed = np.stack([close_gaps(times_s, series) for series in flat.T], axis=1) if flat.size else flat
    finite = np.isfinite(smoothed)
    # Series that are known in the same frames go through the filter together.
    patterns, which = np.unique(finite, axis=1, return_inverse=True)
    for k, pattern in enumerate(patterns.T):
        columns = np.flatnonzero(which.ravel() == k)
        for start, stop in runs(pattern):
            if stop - start >= _MIN_SMOOTHED_FRAMES:
                part = np.ix_(np.arange(start, stop), columns)
                smoothed[part] = _low_pass(times_s[start:stop], smoothed[part])
    return smoothed.reshape(values.shape)


def without_outliers(times_s: Floats, values: Floats) -> Floats:
    """Series (T, N) whose momentary outliers are replaced by the median around them (Hampel)."""
    half = WINDOW // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=0)
    enough = np.isfinite(around).sum(axis=2) > half
    middle = _median(around)
    # 1.4826 times the median deviation is the standard deviation of a normal distribution.
    spread = 1.4826 * _median(np.abs(around - middle[..., None]))
    with np.errstate(invalid="ignore"):
        off = enough & (np.abs(values - middle) > _DEVIATIONS * spread)
    tick_s = _tick_s(times_s)
    for column in np.flatnonzero(off.any(axis=0)):
        for start, stop in runs(off[:, column]):
            if (stop - start) * tick_s > _MOMENT_S:
                off[start:stop, column] = False
    clean: Floats = np.where(off, middle, values)
    return clean


def _median(values: Floats) -> Floats:
    """The median along the last axis of what is known; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    n = np.isfinite(values).sum(axis=-1, keepdims=True)
    low, high = (np.take_along_axis(ordered, np.maximum(rank, 0), -1) for rank in ((n - 1) // 2, n // 2 - (n == 0)))
    middle: Floats = ((low + high) / 2)[..., 0]
    return middle


def close_gaps(times_s: Floats, series: Floats) -> Floats:
    """A series (T,) with gaps of at most ``GAP_S`` between its known values filled by straight lines."""
    if np.isfinite(series).all():
        return series
    finite = np.flatnonzero(np.isfinite(series))
    filled: Floats = series.copy()
    for before, after in pairwise(finite.tolist()):
        if after - before > 1 and times_s[after] - times_s[before] <= GAP_S + _tick_s(times_s):
            inside = slice(before + 1, after)
            filled[inside] = np.interp(times_s[inside], times_s[[before, after]], series[[before, after]])
    return filled


def _low_pass(times_s: Floats, values: Floats) -> Floats:
    """(T, N) without NaN, filtered along time."""
    from scipy.interpolate import make_interp_spline
    from scipy.signal import butter, sosfiltfilt

    fps = 1 / _tick_s(times_s)
    # Frames that do not come evenly are put on an even clock, as a filter needs them, and read back.
    clock_s = np.linspace(times_s[0], times_s[-1], 1 + round((times_s[-1] - times_s[0]) * fps))
    even = make_interp_spline(times_s, values, k=1)(clock_s)
    sections = butter(2, min(CUTOFF_HZ, CUTOFF_SHARE * fps), fs=fps, output="sos")
    passed = sosfiltfilt(sections, even, axis=0, padlen=min(len(even) - 1, 9))
    filtered: Floats = make_interp_spline(clock_s, passed, k=1)(times_s)
    return filtered


def _tick_s(times_s: Floats) -> float:
    """The usual time from frame to frame."""
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else float("inf")
