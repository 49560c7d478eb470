"""Repetitions: how often a movement comes back, and how long each takes.

The strongest component of the pose (``FigureTrack.pose``) is one number for each frame. A repetition goes from one side
of its range to the other and back; it is counted where the signal crosses two levels in turn, so that trembling around
one level counts nothing. A count is given only when the crossings keep time, the whole pose resembles itself one period
later, and does not do so much more after two: where arms go up and down, the strongest component may come back twice in
each repetition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viddiff.core.arrays import Floats

#: The two levels, as shares of the range between the 5th and the 95th percentile.
LOW, HIGH = 0.35, 0.65
#: Periods may differ by this much (standard deviation over mean) and still be repetitions of one movement.
MAX_SPREAD = 0.35
#: The correlation of the signal with itself one period later that makes it periodic.
MIN_CORRELATION = 0.4
#: The whole pose may resemble itself this much more after two periods than after one.
MAX_BETTER_LATER = 0.15
#: With fewer frames in a period it cannot be told from a faster one.
MIN_PERIOD_FRAMES = 4


@dataclass(frozen=True)
class Repetitions:
    """What repeats.

    Attributes:
        count: completed repetitions; None where the movement is not periodic enough.
        period_s: mean seconds of one; None with ``count``.
        spread_s: standard error of ``period_s``.
        turns: how often the pose went from one side of its range to the other.
        first_s: ``[start_s, stop_s)`` of one repetition, to show it; None with ``count``.
    """

    count: int | None
    period_s: float | None
    spread_s: float
    turns: int
    first_s: tuple[float, float] | None


def count_repetitions(times_s: Floats, pose: Floats) -> Repetitions:
    """Count what repeats in ``pose`` (N, K) or (N,) at ``times_s`` (N,), where something moves."""
    pose = pose if pose.ndim == 2 else pose[:, None]
    at_s = crossings(times_s, pose[:, 0])
    turns = len(at_s)
    none = Repetitions(None, None, 0.0, turns, None)
    # Two turns and two back: the least that shows that it repeats.
    if turns < 4:
        return none
    periods_s = at_s[2:] - at_s[:-2]
    period_s = float(periods_s.mean())
    spread_s = float(periods_s.std())
    interval_s = float(np.median(np.diff(times_s)))
    if period_s < MIN_PERIOD_FRAMES * interval_s or spread_s > MAX_SPREAD * period_s:
        return none
    if correlation_after(times_s, pose, period_s) < MIN_CORRELATION:
        return none
    once, twice = (correlation_after(times_s, pose, lags * period_s, 2 * period_s) for lags in (1, 2))
    if twice - once > MAX_BETTER_LATER:
        return none
    error_s = spread_s / float(np.sqrt(len(periods_s)))
    return Repetitions(turns // 2, period_s, error_s, turns, (float(at_s[0]), float(at_s[2])))


def crossings(times_s: Floats, signal: Floats) -> Floats:
    """(K,) times at which the signal reaches the other one of the two levels; K = 0 for a flat or short signal."""
    if len(signal) < MIN_PERIOD_FRAMES:
        return np.zeros(0)
    low, high = np.percentile(signal, (5, 95))
    if high <= low:
        return np.zeros(0)
    level = (signal - low) / (high - low)
    side = np.where(level > HIGH, 1, np.where(level < LOW, -1, 0))
    decided = np.flatnonzero(side)
    turned = decided[1:][np.diff(side[decided]) != 0]
    crossed: Floats = times_s[turned]
    return crossed


def correlation_after(times_s: Floats, pose: Floats, lag_s: float, room_s: float | None = None) -> float:
    """The correlation of the pose (N, K) with itself ``lag_s`` later, -1 to 1; 0 where it is flat or too short.

    ``room_s`` leaves out frames with less than that ahead of them, so that two lags can be compared over the same ones.
    """
    early = times_s[times_s <= times_s[-1] - max(lag_s, room_s or 0.0)]
    if len(early) < MIN_PERIOD_FRAMES:
        return 0.0
    now = pose[: len(early)]
    later = np.stack([np.interp(early + lag_s, times_s, column) for column in pose.T], axis=1)
    now_centred, later_centred = now - now.mean(axis=0), later - later.mean(axis=0)
    scale = np.sqrt((now_centred**2).sum() * (later_centred**2).sum())
    return float((now_centred * later_centred).sum() / scale) if scale > 0 else 0.0
