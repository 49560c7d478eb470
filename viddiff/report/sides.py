"""One side of what a document says of two videos."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from viddiff.core.types import Finding, FrameRef, Measurement, Side, Sides, VideoInfo


class VideoPair(Protocol):
    """Two videos."""

    @property
    def video_a(self) -> VideoInfo:
        """The first."""

    @property
    def video_b(self) -> VideoInfo:
        """The second."""


class ShownFrames(NamedTuple):
    """The frames of a finding; ``evidence`` are positions in ``frames``, which a document may set beyond their end."""

    frames: tuple[FrameRef, ...]
    evidence: tuple[int, ...]


class MeasuredValue(NamedTuple):
    """A value, the half width of its 95 % interval, and when it was read, in seconds of the file.

    Value and error are None where they cannot be read, or are no finite numbers.
    """

    value: float | None
    error: float | None
    times_s: tuple[float, ...]


def videos_of(pair: VideoPair) -> Sides[VideoInfo]:
    """Both videos."""
    return Sides(pair.video_a, pair.video_b)


def video_of(pair: VideoPair, side: Side) -> VideoInfo:
    """One of both videos."""
    return videos_of(pair).of(side)


def shown_frames(finding: Finding, side: Side) -> ShownFrames:
    """The frames of one video that a finding rests on."""
    verdict = finding.verdict
    return ShownFrames(
        Sides(finding.frames_a, finding.frames_b).of(side), Sides(verdict.evidence_a, verdict.evidence_b).of(side)
    )


def measured_value(measurement: Measurement, side: Side) -> MeasuredValue:
    """What was measured in one video."""
    one = measurement
    values, errors = Sides(one.a, one.b), Sides(one.error_a, one.error_b)
    return MeasuredValue(_finite(values.of(side)), _finite(errors.of(side)), Sides(one.times_a, one.times_b).of(side))


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
