"""The stage time line: both clips from their starts on, on one scale, as shares of the longer one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viddiff.core.types import Segment, Side, Sides, Stage, VideoInfo
from viddiff.report.clip_views import CardViews, ClipView, ComparedPair
from viddiff.report.sides import video_of
from viddiff.report.time_alignment import part

#: Stage colours in the style sheet; later stages begin again.
N_COLOURS = 8
#: Room for the number of a difference, in percent of the scale.
FLAG_WIDTH = 2.4


@dataclass(frozen=True)
class Bar:
    """A segment on the time line; left and width in percent of the scale, ``number`` of its stage from 1."""

    segment: Segment
    number: int
    colour: int
    left: float
    width: float


@dataclass(frozen=True)
class Tick:
    """A frame that was looked at; left in percent of the scale."""

    time_s: float
    cited: bool
    left: float


@dataclass(frozen=True)
class Flag:
    """A difference at its key moment; ``number`` is that of its card, left in percent of the scale."""

    number: int
    kind: str
    statement: str
    left: float


@dataclass(frozen=True)
class TimelineTrack:
    """One video on the time line; width in percent of the scale."""

    side: Side
    video: VideoInfo
    width: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class TimelineMark:
    """A time on the axis, in seconds from the start of the part compared; left in percent."""

    time_s: float
    left: float


@dataclass(frozen=True)
class StageRow:
    """A stage with its number from 1, its colour and where it lies in each video."""

    number: int
    stage: str
    description: str
    colour: int
    a: Segment | None
    b: Segment | None


@dataclass(frozen=True)
class StageTimeline:
    """Tracks, axis and table of the stages; ``offset``: a part compared does not begin where its file does.

    ``scale_s`` is the length of the scale in seconds.
    """

    tracks: tuple[TimelineTrack, TimelineTrack]
    marks: tuple[TimelineMark, ...]
    rows: tuple[StageRow, ...]
    offset: bool
    scale_s: float

    def start_s(self, side: Side) -> float:
        """The time of the file at which the scale begins for this video, in seconds."""
        return part(Sides(*self.tracks).of(side).video)[0]

    @property
    def colours(self) -> dict[str, int]:
        """The colour of each stage, by name."""
        return {row.stage: row.colour for row in self.rows}


def lay_out(compared: ComparedPair, stages: Sequence[Stage], places: Sequence[CardViews]) -> StageTimeline:
    """Lay out the stages of two videos, and where each card shows.

    Args:
        compared: tells the parts compared, and the segments.
        stages: in the order in which they are numbered.
        places: those of the cards.
    """
    videos = (compared.video_a, compared.video_b)
    scale_s = max(_positive(video.stop_s - video.start_s) for video in videos)
    order = _order(compared, stages)
    return StageTimeline(
        tracks=(_track("a", compared, places, scale_s, order), _track("b", compared, places, scale_s, order)),
        marks=tuple(TimelineMark(s, 100 * s / scale_s) for s in axis(scale_s)),
        rows=_rows(compared, stages, order),
        offset=any(video.start_s > 0 for video in videos),
        scale_s=scale_s,
    )


def axis(scale_s: float) -> list[float]:
    """Round times from 0 up to ``scale_s``, four to ten of them, a step of 1, 2 or 5 times a power of ten apart."""
    power = 10.0 ** math.floor(math.log10(scale_s / 4))
    step_s = max(step for step in (power, 2 * power, 5 * power) if step <= scale_s / 4 * 1.0001)
    return [i * step_s for i in range(int(scale_s / step_s * 1.0001) + 1)]


def _positive(duration_s: float) -> float:
    # A document may hold anything; a clip of no length is still drawn.
    return duration_s if math.isfinite(duration_s) and duration_s > 1e-3 else 1e-3


def _order(compared: ComparedPair, stages: Sequence[Stage]) -> dict[str, int]:
    # Stages that a localization names but the proposal does not are shown all the same.
    stage_names = [s.stage for where in (compared.localization_a, compared.localization_b) for s in where.segments]
    return {name: i for i, name in enumerate(dict.fromkeys([*(stage.name for stage in stages), *stage_names]))}


def _track(
    side: Side, compared: ComparedPair, places: Sequence[CardViews], scale_s: float, order: dict[str, int]
) -> TimelineTrack:
    video = video_of(compared, side)
    where = Sides(compared.localization_a, compared.localization_b).of(side)
    views = [(one, Sides(one.a, one.b).of(side)) for one in places]

    def place(time_s: float) -> float:
        share = 100 * (time_s - video.start_s) / scale_s
        return min(100.0, max(0.0, share)) if math.isfinite(share) else 0.0

    def bar(segment: Segment) -> Bar:
        left = place(segment.start_s)
        i = order[segment.stage]
        return Bar(segment, i + 1, i % N_COLOURS, left, max(0.0, place(segment.stop_s) - left))

    cited = _cited_times([seen for _, seen in views])
    ticks = tuple(Tick(time_s, cited[time_s], place(time_s)) for time_s in sorted(cited))
    moments = [(place(seen.key_s), one) for one, seen in views if seen.key_s is not None]
    lefts = _spread([left for left, _ in moments])
    flags = tuple(
        Flag(one.number, one.kind, one.statement, left) for left, (_, one) in zip(lefts, moments, strict=True)
    )
    return TimelineTrack(side, video, place(video.stop_s), tuple(map(bar, where.segments)), ticks, flags)


def _spread(lefts: Sequence[float]) -> list[float]:
    # Several differences often show in one moment: their numbers stand next to each other, not one on the other.
    step = min(FLAG_WIDTH, 100 / max(1, len(lefts)))
    placed, before = list(lefts), -step
    for i in sorted(range(len(lefts)), key=lambda i: lefts[i]):
        before = placed[i] = max(lefts[i], before + step)
    after = 100 + step
    for i in sorted(range(len(lefts)), key=lambda i: -placed[i]):
        after = placed[i] = min(placed[i], after - step)
    return placed


def _cited_times(views: Sequence[ClipView]) -> dict[float, bool]:
    # Every frame that was looked at, and whether any answer cites it.
    cited: dict[float, bool] = {}
    for one in views:
        for time_s in one.looked_s:
            cited[time_s] = cited.get(time_s, False) or time_s in one.cited_s
    return cited


def _rows(compared: ComparedPair, stages: Sequence[Stage], order: dict[str, int]) -> tuple[StageRow, ...]:
    described = {stage.name: stage.description for stage in stages}
    in_a = {s.stage: s for s in compared.localization_a.segments}
    in_b = {s.stage: s for s in compared.localization_b.segments}
    return tuple(
        StageRow(i + 1, name, described.get(name, ""), i % N_COLOURS, in_a.get(name), in_b.get(name))
        for name, i in order.items()
    )
