"""Measurements of a pair of videos: what can be computed need not be asked."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.core.types import Measurement, Segment
from viddiff.motion.figure.features import UNITS, Reading, read_figure
from viddiff.motion.figure.tracking import FigureTrack

#: Two ends of a stage, each known to a frame sampled at 4 fps.
SEGMENT_RESOLUTION_S = 0.5


def measure(
    track_a: FigureTrack,
    track_b: FigureTrack,
    segments_a: Sequence[Segment] = (),
    segments_b: Sequence[Segment] = (),
    segment_resolution_s: float = SEGMENT_RESOLUTION_S,
) -> tuple[Measurement, ...]:
    """All measurements of a pair: those of ``UNITS``, then the duration of each stage that both videos have.

    A number that cannot be believed is None.

    Args:
        track_a, track_b: from ``track_figure``.
        segments_a, segments_b: where the stages lie.
        segment_resolution_s: how well the length of a stage is known.
    """
    return measurements_of(read_figure(track_a), read_figure(track_b)) + stage_durations(
        segments_a, segments_b, segment_resolution_s
    )


def measurements_of(a: Reading, b: Reading) -> tuple[Measurement, ...]:
    """The quantities of two clips side by side, at the coarser of both resolutions."""
    return tuple(
        Measurement(
            name=name,
            unit=unit,
            a=a[name].value,
            b=b[name].value,
            resolution=max(a[name].resolution, b[name].resolution),
        )
        for name, unit in UNITS.items()
    )


def stage_durations(
    segments_a: Sequence[Segment], segments_b: Sequence[Segment], resolution_s: float
) -> tuple[Measurement, ...]:
    """The length of each stage that both videos have."""
    length_b = {segment.stage: segment.stop_s - segment.start_s for segment in segments_b}
    return tuple(
        Measurement(
            name="duration",
            unit="s",
            a=segment.stop_s - segment.start_s,
            b=length_b[segment.stage],
            resolution=resolution_s,
            stage=segment.stage,
        )
        for segment in segments_a
        if segment.stage in length_b
    )
