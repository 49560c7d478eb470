"""The drawing of a trend: a line through the days, a mark and an interval for each clip; places in percent."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

from viddiff.report.curves import BOX, round_values
from viddiff.view.trends import Trend, TrendPoint

#: Room left of the first day, where the values of the lines stand, right of the last, and above and below the values.
_LEFT, _RIGHT, _ROOM = 12.0, 4.0, 0.08
#: Dates below the line stand at least so far apart.
_DATE_WIDTH = 24.0


@dataclass(frozen=True)
class TrendMark:
    """A clip: where it stands, and where its interval begins and ends (downwards)."""

    point: TrendPoint
    left: float
    top: float
    upper: float
    lower: float


@dataclass(frozen=True)
class TrendChart:
    """A trend; ``path`` in a box of ``BOX`` by ``BOX``; ``rows`` are (top, value), ``columns`` (left, day)."""

    trend: Trend
    path: str
    marks: tuple[TrendMark, ...]
    rows: tuple[tuple[float, float], ...]
    columns: tuple[tuple[float, datetime.date], ...]


def chart_of(trend: Trend) -> TrendChart:
    """The drawing; all days of the person are on its axis, also those on which this was not measurable."""
    first, last = trend.points[0].day, trend.points[-1].day
    ends = [end for point in trend.points if point.value is not None for end in _interval(point)]
    room = _ROOM * (max(ends) - min(ends)) or 1.0
    low, high = min(ends) - room, max(ends) + room

    def left(day: datetime.date) -> float:
        return _LEFT + (100 - _LEFT - _RIGHT) * (day - first).days / max(1, (last - first).days)

    def top(value: float) -> float:
        return 100 * (high - value) / (high - low)

    marks = tuple(
        TrendMark(point, left(point.day), top(point.value), *(top(end) for end in reversed(_interval(point))))
        for point in trend.points
        if point.value is not None
    )
    places = [(left(day), None if value is None else top(value)) for day, value in trend.days]
    columns = [(left(day), day) for day, _ in trend.days]
    rows = tuple((top(value), value) for value in round_values(low, high))
    return TrendChart(trend, _path(places), marks, rows, tuple(_with_room(columns)))


def _interval(point: TrendPoint) -> tuple[float, float]:
    value = point.value or 0.0
    half = point.error if point.error is not None and math.isfinite(point.error) else 0.0
    return value - half, value + half


def _path(places: Sequence[tuple[float, float | None]]) -> str:
    """A line from day to day, broken where nothing was measurable."""
    steps, pen_down = [], False
    for left, top in places:
        if top is not None:
            steps.append(f"{'L' if pen_down else 'M'}{left * BOX / 100:.0f} {top * BOX / 100:.0f}")
        pen_down = top is not None
    return "".join(steps)


def _with_room(columns: Sequence[tuple[float, datetime.date]]) -> list[tuple[float, datetime.date]]:
    """The first and the last day, and of those between what has room for its date."""
    *inner, last = columns
    labels = inner[:1]
    for left, day in inner[1:]:
        if left - labels[-1][0] >= _DATE_WIDTH and last[0] - left >= _DATE_WIDTH:
            labels.append((left, day))
    return [*labels, last]
