"""A measured quantity over time: the curves of both videos on the clock of the players, and where it was read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.types import SIDES, Finding, Measurement, Side
from viddiff.motion.cycles import cycles_of
from viddiff.motion.measurement import spec
from viddiff.motion.measurement.reading import Unreadable
from viddiff.motion.measurement.series import MeasuredClip
from viddiff.motion.measurement.statistics import LEVELS
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.quantities import QUANTITIES
from viddiff.report import formatting
from viddiff.report.clip_views import ComparedPair
from viddiff.report.sides import MeasuredValue, measured_value
from viddiff.report.time_alignment import Knot, clock_of, synchronise
from viddiff.report.timeline import axis

#: A value is shown for a moment up to this far from a frame in which the pose is seen.
NEAR_S = 0.2
#: More moments than this are a phase, not moments that one looks at.
MAX_MARKS = 12
#: The box of a curve: 0 to ``BOX`` in both directions.
BOX = 1000


@dataclass(frozen=True)
class CurveTrack:
    """A quantity over the frames of one clip: ``times_s`` (T,) of the file, ``values`` (T,), NaN where not seen."""

    times_s: Floats
    values: Floats

    def value_at(self, time_s: float) -> float | None:
        """The value at a time of the file; None where the pose is not seen near it."""
        finite = np.isfinite(self.values)
        if not finite.any() or not np.abs(self.times_s[finite] - time_s).min() <= NEAR_S:
            return None
        return float(np.interp(time_s, self.times_s[finite], self.values[finite]))


@dataclass(frozen=True)
class CurveMark:
    """A moment at which the number was read; places in percent of the plot."""

    left: float
    top: float
    time_s: float
    value: float


@dataclass(frozen=True)
class Level:
    """The number that was read and its 95 % interval; places in percent of the plot, downwards."""

    top: float
    upper: float
    height: float


@dataclass(frozen=True)
class Curve:
    """One video's curve: an SVG path in a box of ``BOX`` by ``BOX``."""

    side: Side
    path: str
    marks: tuple[CurveMark, ...]
    level: Level | None


@dataclass(frozen=True)
class Chart:
    """Both curves; ``rows`` are (place in percent, value), ``columns`` (place in percent, clock in seconds)."""

    measurement: Measurement
    unit: str
    curves: tuple[Curve, ...]
    rows: tuple[tuple[float, float], ...]
    columns: tuple[tuple[float, float], ...]


Tracks = Mapping[Side, CurveTrack]


class Curves:
    """The curves of two videos.

    Args:
        compared: the videos that were measured.
        poses: by side; a side without one has no curve.
    """

    def __init__(self, compared: ComparedPair, poses: Mapping[Side, Pose]) -> None:
        self._clips = {side: MeasuredClip(pose, cycles_of(pose)) for side, pose in poses.items()}
        self._knots = synchronise(compared)

    def tracks(self, measurement: Measurement) -> Tracks:
        """The quantity over time, for each side on which it can be read; a time or a path has none."""
        tracks = {side: _track(measurement, clip) for side, clip in self._clips.items()}
        return {side: track for side, track in tracks.items() if track is not None}

    def value_at(self, finding: Finding, side: Side, time_s: float) -> str:
        """What a difference is measured by at a moment of one video, "126°"; "" where it is not read there.

        Without a unit that is a word: there is no room for one below a frame, and the curves have it.
        """
        for measurement in finding.measurements:
            track = self.tracks(measurement).get(side)
            value = track.value_at(time_s) if track else None
            if value is not None:
                unit = QUANTITIES[measurement.quantity].unit
                return formatting.format_measurement(value, None, "" if " " in unit else unit)
        return ""

    def chart(self, measurement: Measurement) -> Chart | None:
        """The curves of a measurement; None where there are none."""
        tracks = self.tracks(measurement)
        if not tracks:
            return None
        unit = QUANTITIES[measurement.quantity].unit
        scale = _Scale(self._knots, tracks, measurement if _is_level(measurement) else None)
        return Chart(
            measurement=measurement,
            unit=unit,
            curves=tuple(_curve(side, tracks[side], measurement, scale) for side in SIDES if side in tracks),
            rows=tuple((scale.top(value), value) for value in round_values(scale.low, scale.high)),
            columns=tuple((scale.left_of(clock_s), clock_s) for clock_s in axis(scale.stop_s)),
        )


class _Scale:
    """From times and values to places in percent."""

    def __init__(self, knots: Sequence[Knot], tracks: Tracks, level: Measurement | None) -> None:
        self._knots = knots
        self.stop_s = knots[-1].clock_s
        values = [track.values[np.isfinite(track.values)] for track in tracks.values()]
        if level is not None:
            values += [np.array(interval) for side in SIDES if (interval := _interval(measured_value(level, side)))]
        every = np.concatenate(values)
        low, high = float(every.min()), float(every.max())
        room = 0.06 * (high - low) or 1.0
        self.low, self.high = low - room, high + room

    def left_of_time(self, side: Side, time_s: float) -> float:
        """A time of a file."""
        return self.left_of(clock_of(self._knots, side, time_s))

    def left_of(self, clock_s: float) -> float:
        """A time of the clock."""
        return 100 * clock_s / self.stop_s

    def top(self, value: float) -> float:
        """A value; the highest is on top."""
        return 100 * (self.high - value) / (self.high - self.low)


def round_values(low: float, high: float) -> list[float]:
    """Three to six round values from ``low`` to ``high``, which differ."""
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / 3))
    step = max(step for step in (power, 2 * power, 5 * power) if step <= span / 3)
    # 0 has no sign.
    return [i * step + 0.0 for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _track(measurement: Measurement, clip: MeasuredClip) -> CurveTrack | None:
    quantity = QUANTITIES.get(measurement.quantity)
    limb = measurement.side or "both"
    # A document may hold anything.
    if quantity is None or quantity.kind != "series" or limb not in get_args(spec.BodySide):
        return None
    try:
        values = clip.combine_sides(quantity, cast("spec.BodySide", limb))
    except Unreadable:
        return None
    return CurveTrack(clip.times_s, values) if np.isfinite(values).any() else None


def _is_level(measurement: Measurement) -> bool:
    """Whether the number is a value of the curve, and no speed or range of it."""
    return measurement.statistic in ("", *LEVELS) and measurement.unit == QUANTITIES[measurement.quantity].unit


def _interval(measured: MeasuredValue) -> tuple[float, float] | None:
    if measured.value is None:
        return None
    half = measured.error or 0.0
    return measured.value - half, measured.value + half


def _curve(side: Side, track: CurveTrack, measurement: Measurement, scale: _Scale) -> Curve:
    measured, level = measured_value(measurement, side), None
    if _is_level(measurement) and measured.value is not None and (interval := _interval(measured)):
        low, high = interval
        level = Level(scale.top(measured.value), scale.top(high), scale.top(low) - scale.top(high))
    return Curve(side, _path(side, track, scale), _marks(side, measured.times_s, track, scale), level)


def _marks(side: Side, times_s: Sequence[float], track: CurveTrack, scale: _Scale) -> tuple[CurveMark, ...]:
    if len(times_s) > MAX_MARKS:
        return ()
    values = [(time_s, track.value_at(time_s)) for time_s in times_s if math.isfinite(time_s)]
    return tuple(
        CurveMark(scale.left_of_time(side, t), scale.top(value), t, value) for t, value in values if value is not None
    )


def _path(side: Side, track: CurveTrack, scale: _Scale) -> str:
    """A line through all frames in which the quantity is seen, broken where it is not."""
    steps, pen_down = [], False
    for time_s, value in zip(track.times_s.tolist(), track.values.tolist(), strict=True):
        if math.isfinite(value):
            place = f"{scale.left_of_time(side, time_s) * BOX / 100:.0f} {scale.top(value) * BOX / 100:.0f}"
            steps.append(f"{'L' if pen_down else 'M'}{place}")
        pen_down = math.isfinite(value)
    return "".join(steps)
