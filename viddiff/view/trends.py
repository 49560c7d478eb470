"""One person's measurements over days, from the comparisons of a batch that their clips are in."""

from __future__ import annotations

import contextlib
import datetime
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import NamedTuple

from viddiff.batch.people import MAX_NAME
from viddiff.batch.rows import Row
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import InputError
from viddiff.core.types import SIDES, Measurement, Side
from viddiff.report import formatting
from viddiff.report.sides import MeasuredValue, measured_value

#: Fewer days make no trend.
MIN_DAYS = 2


@dataclass(frozen=True)
class DatedClip:
    """A clip of a person; ``comparisons``: folders of the pairs that it is in, and its side there."""

    person: str
    day: datetime.date
    name: str
    comparisons: tuple[tuple[Path, Side], ...]


@dataclass(frozen=True)
class TrendPoint:
    """A quantity in one clip; ``value`` None: not measurable there. ``error``: half width of the 95 % interval."""

    day: datetime.date
    clip: str
    value: float | None
    error: float | None


class DayValue(NamedTuple):
    """A day with the median of its clips; None where none is measurable."""

    day: datetime.date
    value: float | None


@dataclass(frozen=True)
class Trend:
    """A quantity over days, in their order; of two days at least it has a value."""

    label: str
    unit: str
    points: tuple[TrendPoint, ...]

    @property
    def days(self) -> list[DayValue]:
        """Each day, in order."""
        days = []
        for day, points in groupby(self.points, key=lambda point: point.day):
            values = [point.value for point in points if point.value is not None]
            days.append(DayValue(day, median(values) if values else None))
        return days

    @property
    def change(self) -> float:
        """From the first day that has a value to the last one."""
        values = [value for _, value in self.days if value is not None]
        return values[-1] - values[0]

    @property
    def uncertainty(self) -> float | None:
        """Half width of the 95 % interval of the change; None where one of its ends has none."""
        measured = [point for point in self.points if point.value is not None]
        ends = [[point.error for point in measured if point.day == end.day] for end in (measured[0], measured[-1])]
        finite = [[error for error in errors if error is not None and math.isfinite(error)] for errors in ends]
        # The median of several clips may be any of them.
        return math.hypot(*map(max, finite)) if all(finite) else None

    @property
    def changed(self) -> bool:
        """Whether the change is larger than its uncertainty."""
        return self.uncertainty is not None and abs(self.change) > self.uncertainty


def dated_clips(rows: Iterable[Row], folder: Path) -> list[DatedClip]:
    """The clips of the rows of the batch in ``folder`` of which person and day are known, by person and day."""
    clips: dict[tuple[str, datetime.date, str], list[tuple[Path, Side]]] = {}
    for row in rows:
        for side in SIDES:
            person, day, video = (getattr(row, f"{name}_{side}") for name in ("person", "date", "video"))
            # A journal may come from anybody.
            with contextlib.suppress(ValueError):
                if person and day:
                    pairs = clips.setdefault((person[:MAX_NAME], datetime.date.fromisoformat(day), video), [])
                    pairs.append((folder / row.key, side))
    return [DatedClip(*key[:2], Path(key[2]).name, tuple(pairs)) for key, pairs in sorted(clips.items())]


def trends_of(
    clips: Sequence[DatedClip], read: Callable[[Path], ComparisonRecord], folders: Collection[Path]
) -> list[Trend]:
    """What was measured in clips of one person; what changed most clearly comes first.

    A clip is measured alike in every pair that it is in, so the first document that can be read serves. A day on which
    a quantity was not measurable is a gap in its line.

    Args:
        clips: of one person, in the order of their days.
        read: gives the comparison in a folder.
        folders: those that may be read.
    """
    measured = [(clip, _clip_values(clip, read, folders)) for clip in clips]
    labels = dict.fromkeys(key for _, numbers in measured for key in numbers)
    trends = []
    for label, unit in labels:
        points = tuple(_point(clip, numbers.get((label, unit), _NOT_MEASURED)) for clip, numbers in measured)
        if len({point.day for point in points if point.value is not None}) >= MIN_DAYS:
            trends.append(Trend(label, unit, points))
    return sorted(trends, key=_clearness, reverse=True)


_NOT_MEASURED = MeasuredValue(None, None, ())


def _point(clip: DatedClip, measured: MeasuredValue) -> TrendPoint:
    return TrendPoint(clip.day, clip.name, measured.value, measured.error)


def _clip_values(
    clip: DatedClip, read: Callable[[Path], ComparisonRecord], folders: Collection[Path]
) -> dict[tuple[str, str], MeasuredValue]:
    """(label, unit) -> what was measured; what was not measurable is left out."""
    for folder, side in clip.comparisons:
        if folder not in folders:
            continue
        try:
            comparison = read(folder)
        except InputError:
            continue
        numbers = {
            (_label(measurement), measurement.unit): measured_value(measurement, side)
            for measurement in comparison.measurements
        }
        return {key: number for key, number in numbers.items() if number.value is not None}
    return {}


def _label(measurement: Measurement) -> str:
    limb = f" ({measurement.side})" if measurement.side not in ("", "both") else ""
    return formatting.quantity_text(measurement) + limb


def _clearness(trend: Trend) -> float:
    """The change in units of its uncertainty."""
    return abs(trend.change) / trend.uncertainty if trend.uncertainty else 0.0
