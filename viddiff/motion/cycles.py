"""Repetitions and phases of a clip, from its pose: when it moves, how often the pose comes back, and its extremes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.posture import Posture, posture_of, steps_of

#: The pose is away when it has gone this share of the way, and back when it has come to this share.
AWAY, BACK = 0.6, 0.35
#: The pose is near its extreme from this share of the way on.
NEAR = 0.9
#: At a clip's first or last frame the pose is at rest up to this share.
AT_REST = 0.3
#: Nearer to rest, or to the extreme, than this share of the way, jitter is as large as movement.
_RESTS = 0.05
#: Shares of a move at which its time is read; its ends are computed from these, as they themselves drown in jitter.
_SHARES = np.linspace(0.1, 0.9, 17)


@dataclass(frozen=True)
class Span:
    """A part of the clip, ``[start_s, stop_s)``, in seconds."""

    start_s: float
    stop_s: float

    @property
    def duration_s(self) -> float:
        """Its length."""
        return self.stop_s - self.start_s


@dataclass(frozen=True)
class Excursion:
    """Once away from a resting pose, to an extreme, and back.

    Attributes:
        start_s: when the pose is left.
        extreme_s: when it is furthest away from the resting pose.
        stop_s: when the pose is back; where it does not come back, when the movement ends.
        hold: the rest around the extreme; its two times are equal where nothing is held.
        returns: whether the pose comes back.
        top: while the pose is within a tenth of its extreme, though the body may move; None: as long as the hold.
    """

    start_s: float
    extreme_s: float
    stop_s: float
    hold: Span
    returns: bool = True
    top: Span | None = None

    @property
    def span(self) -> Span:
        """From leaving the resting pose until it is back."""
        return Span(self.start_s, self.stop_s)


@dataclass(frozen=True)
class Cycles:
    """When a clip moves and how often its pose comes back.

    Attributes:
        active: from the first movement to the last one; None where nobody moves or nobody is seen.
        excursions: in time order, without overlap; at least one where something moves.
        resolution_s: uncertainty of each border (one standard deviation), in seconds: about half a frame.
        cut_off: whether the clip begins or ends in the middle of an excursion, so that one more may be missing.
    """

    active: Span | None
    excursions: tuple[Excursion, ...]
    resolution_s: float
    cut_off: bool = False

    @property
    def repetitions(self) -> tuple[Excursion, ...]:
        """The excursions from which the pose comes back."""
        return tuple(excursion for excursion in self.excursions if excursion.returns)

    @property
    def cyclic(self) -> bool:
        """Whether the action is repeated: the same phase of each repetition can then be compared."""
        return len(self.repetitions) >= 2

    @property
    def main(self) -> Excursion | None:
        """The longest excursion, whose extreme is that of an action done once; None where nothing moves."""
        return max(self.excursions, key=lambda excursion: excursion.span.duration_s, default=None)


def cycles_of(pose: Pose) -> Cycles:
    """Repetitions and phases of a clip.

    The dominant signal of the pose goes away from rest and comes back; each time it does so fully is an excursion. When
    it leaves and arrives is read from the time course of the whole move, not from a threshold of motion, which would
    make everything shorter than it is.
    """
    posture = posture_of(pose)
    tick_s = float(np.median(np.diff(pose.times_s))) if len(pose.times_s) > 1 else 0.0
    if posture is None:
        return Cycles(None, (), tick_s / 2)
    peaks = _peaks(posture.signal)
    valleys = _valleys(posture, peaks)
    excursions = [
        _excursion(posture, peak, before, after)
        for peak, before, after in zip(peaks, valleys[:-1], valleys[1:], strict=True)
    ]
    if not excursions:
        return Cycles(None, (), tick_s / 2)
    active = Span(excursions[0].start_s, excursions[-1].stop_s)
    cut_off = posture.signal[0] > AT_REST or (posture.signal[-1] > AT_REST and excursions[-1].returns)
    return Cycles(active, tuple(excursions), tick_s / 2, bool(cut_off))


def _peaks(signal: Floats) -> list[tuple[int, int]]:
    """[first, last) frames of each time the pose is away: from when it is, until it is back (hysteresis)."""
    peaks, start = [], None
    for frame, value in enumerate(signal):
        if start is None and value >= AWAY:
            start = frame
        elif start is not None and value <= BACK:
            peaks.append((start, frame))
            start = None
    return peaks if start is None else [*peaks, (start, len(signal))]


def _valleys(posture: Posture, peaks: list[tuple[int, int]]) -> list[int]:
    """Frames of rest before, between and after the peaks: one more than there are peaks."""
    if not peaks:
        return []
    inner = [before[1] + int(np.argmin(posture.signal[before[1] : after[0]])) for before, after in pairwise(peaks)]
    return [0, *inner, len(posture.signal) - 1]


def hold_of(times_s: Floats, values: Floats, returns: bool = True) -> Span:
    """The rest of a quantity at its maximum, told from its own course.

    While the hands rest at their highest the trunk may still move, and so the body does.

    Args:
        times_s: (T,) seconds of one excursion.
        values: (T,) of the quantity, finite.
        returns: whether it comes back; else it rests until the end.
    """
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return Span(float(times_s[0]), float(times_s[-1]))
    course = Posture(times_s, (values - low) / (high - low), steps_of(values[:, None]), high - low)
    top = _middle(*_ends_of_top(course, 0, len(values)))
    start_s = _move(course, 0, top)[1] if top > 0 else float(times_s[0])
    stop_s = _move(course, top, len(values) - 1)[0] if returns and top < len(values) - 1 else float(times_s[-1])
    return Span(min(start_s, stop_s), max(start_s, stop_s))


def _excursion(posture: Posture, peak: tuple[int, int], before: int, after: int) -> Excursion:
    start, stop = peak
    first, last = _ends_of_top(posture, start, stop)
    top = _middle(first, last)
    returns = stop < len(posture.signal)
    start_s, hold_start_s = _move(posture, before, top)
    hold_stop_s, stop_s = _move(posture, top, after) if returns else (float(posture.times_s[-1]),) * 2
    extreme_s = float(posture.times_s[start + int(np.argmax(posture.signal[start:stop]))])
    near = Span(*posture.times_s[[first, last]].tolist())
    hold = Span(min(hold_start_s, hold_stop_s), max(hold_start_s, hold_stop_s))
    near_extreme = _hold_within(near, start_s, stop_s if returns else None)
    if hold.duration_s < near_extreme.duration_s / 2:
        hold = near_extreme
    return Excursion(start_s, extreme_s, stop_s, hold, returns, near)


def _hold_within(top: Span, start_s: float, stop_s: float | None) -> Span:
    """The hold by when the pose comes near its extreme and leaves it: a body that sways there is never at rest."""
    share = float(_least_jerk(np.array([NEAR]))[0])
    began_s = start_s + (top.start_s - start_s) / share
    ended_s = top.stop_s if stop_s is None else stop_s - (stop_s - top.stop_s) / share
    return Span(began_s, max(began_s, ended_s))


def _ends_of_top(posture: Posture, start: int, stop: int) -> tuple[int, int]:
    """The first and the last frame within a tenth of the extreme."""
    signal = posture.signal[start:stop]
    high = np.flatnonzero(signal >= signal.max() - (1 - NEAR))
    return start + int(high[0]), start + int(high[-1])


def _middle(first: int, last: int) -> int:
    return round((first + last) / 2)


def _move(posture: Posture, first: int, last: int) -> tuple[float, float]:
    """When the move between two frames of rest begins and ends.

    People move with the least jerk (Flash and Hogan 1985): how much of the way is done at which share of the time is
    known. A line through the times at which shares of the way are done, against those shares of the time, gives both.
    """
    first, last = _extend_into_rest(posture, first, last)
    times_s, steps = posture.times_s[first : last + 1], posture.steps[first:last]
    if len(steps) < 2 or not steps.any():
        return float(times_s[0]), float(times_s[-1])
    way = np.concatenate(([0.0], np.cumsum(steps)))
    read_s = np.interp(_SHARES, way / way[-1], times_s)
    took_s, began_s = np.polyfit(_least_jerk(_SHARES), read_s, 1)
    return max(float(times_s[0]), float(began_s)), min(float(times_s[-1]), float(began_s + took_s))


def _extend_into_rest(posture: Posture, first: int, last: int) -> tuple[int, int]:
    """The frames around a move within those of the rest before and after it, whose jitter would count as way."""
    signal = posture.signal[first : last + 1]
    progress = signal if signal[-1] > signal[0] else 1 - signal
    half = int(np.argmax(progress >= 0.5))
    began = int(np.max(np.flatnonzero(progress[: half + 1] <= _RESTS), initial=0))
    ended = (
        half + int(np.argmax(progress[half:] >= 1 - _RESTS))
        if (progress[half:] >= 1 - _RESTS).any()
        else len(progress) - 1
    )
    # Three times from there to half of the way is beyond the start of any move, and short enough for little jitter.
    return first + max(0, round(half - 3 * (half - began))), first + min(
        len(progress) - 1, round(half + 3 * (ended - half))
    )


def _least_jerk(shares: Floats) -> Floats:
    """At which share of its time a move of least jerk has done these shares of its way."""
    u = np.linspace(0, 1, 501)
    inverse: Floats = np.interp(shares, u**3 * (10 - 15 * u + 6 * u**2), u)
    return inverse
