"""One side of what a document says of two videos."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from viddiff.core.types import Finding, FrameRef, Measurement, Side, VideoInfo


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


def video_of(pair: VideoPair, side: Side) -> VideoInfo:
    """One of both videos."""
    return pair.video_a if side == "a" else pair.video_b


def shown_frames(finding: Finding, side: Side) -> ShownFrames:
    """The frames of one video that a finding rests on."""
    if side == "a":
        return ShownFrames(finding.frames_a, finding.verdict.evidence_a)
    return ShownFrames(finding.frames_b, finding.verdict.evidence_b)


def measured_value(measurement: Measurement, side: Side) -> MeasuredValue:
    """What was measured in one video."""
    if side == "a":
        value, error, times_s = measurement.a, measurement.error_a, measurement.times_a
    else:
        value, error, times_s = measurement.b, measurement.error_b, measurement.times_b
    return MeasuredValue(_finite(value), _finite(error), times_s)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
