"""Differences as cards: the frames of both videos that were looked at, and the curves of what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from viddiff.core.types import Finding, Side
from viddiff.report import formatting
from viddiff.report.clip_views import ComparedPair
from viddiff.report.curves import Chart, Curves
from viddiff.report.pictures import ReportImage
from viddiff.report.sides import shown_frames, video_of


@dataclass(frozen=True)
class ReportFrame:
    """A frame in a clip strip; ``picture`` is None where it could not be had, ``value`` what is measured there."""

    time_s: float
    cited: bool
    picture: ReportImage | None
    value: str = ""


@dataclass(frozen=True)
class Strip:
    """The frames of one video that were looked at for one difference."""

    side: Side
    shots: tuple[ReportFrame, ...]
    portrait: bool

    @property
    def columns(self) -> int:
        """Frames in a row: large enough to see a detail, and with few holes at the end."""
        n = len(self.shots)
        if not self.portrait:
            return 1 if n == 1 else 2
        return {1: 2, 2: 2, 4: 4}.get(n, 3)


@dataclass(frozen=True)
class FindingCard:
    """One difference, ready to be shown; ``number`` counts from 1 in reading order."""

    number: int
    kind: str
    finding: Finding
    strips: tuple[Strip, Strip]
    charts: tuple[Chart, ...] = ()

    @property
    def has_own_name(self) -> bool:
        """Whether the name says more than the beginning of the statement under it."""
        difference = self.finding.difference
        return not difference.statement.casefold().startswith(difference.name.rstrip("…").casefold())


def cards(
    compared: ComparedPair, findings: Iterable[Finding], pictures: Mapping[str, ReportImage], curves: Curves
) -> list[FindingCard]:
    """All findings of two videos, numbered in their order."""

    def strip(finding: Finding, side: Side) -> Strip:
        frames, evidence = shown_frames(finding, side)
        values = [curves.value_at(finding, side, frame.time_s) for frame in frames]
        shots = [
            ReportFrame(frame.time_s, i in evidence, pictures.get(frame.ref), value)
            for i, (frame, value) in enumerate(zip(frames, values, strict=True))
        ]
        shape = next((shot.picture for shot in shots if shot.picture), video_of(compared, side))
        return Strip(side, tuple(shots), portrait=shape.height > shape.width)

    def card(number: int, finding: Finding) -> FindingCard:
        charts = tuple(chart for measurement in finding.measurements if (chart := curves.chart(measurement)))
        return FindingCard(
            number, formatting.kind_of(finding.verdict), finding, (strip(finding, "a"), strip(finding, "b")), charts
        )

    return [card(i, finding) for i, finding in enumerate(findings, 1)]
