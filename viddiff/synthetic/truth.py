"""What is true of two rendered performances, by measurement of the skeletons, and the labels that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from viddiff.core.record import Record
from viddiff.core.types import Answer, Difference, Measurement, NumFrames
from viddiff.synthetic.performance import Performance

P = TypeVar("P", bound=Performance)


class LabelledDifference(Record):
    """One difference with its true answer."""

    difference: Difference
    """The statement."""
    stages: tuple[str, ...]
    """Names of the stages in which it shows, in order."""
    label: Answer
    """Of which video the statement is more true, "a" or "b"; "c": no visible difference."""
    truth: Measurement
    """The number that the statement is about, in both videos; a gap within its resolution is a "c"."""
    key_times_a_s: tuple[float, ...]
    """Times of frames of video A that show it, in order, in seconds."""
    key_times_b_s: tuple[float, ...]
    """Times of frames of video B that show it, in order, in seconds."""


@dataclass(frozen=True)
class Aspect(Generic[P]):
    """One way in which two performances may differ: the question, and how to measure the answer.

    Attributes:
        measure: a performance to its number, in ``unit``.
        resolution: the smallest difference that a viewer can see.
        stages: in which it shows. Its key frame is in the middle of the first of them; with ``num_frames`` "gt_1" the
            key frames are the first and the last of them all.
        moments_s: a performance to the times that show it best, where that is elsewhere.
    """

    key: str
    name: str
    statement: str
    query: str
    num_frames: NumFrames
    stages: tuple[str, ...]
    unit: str
    resolution: float
    measure: Callable[[P], float]
    moments_s: Callable[[P], tuple[float, ...]] | None = None


def label(truth: Measurement) -> Answer:
    """The answer that follows from the true numbers of both videos.

    Raises:
        ValueError: a number is missing.
    """
    if truth.a is None or truth.b is None:
        raise ValueError(f"The truth of {truth.name!r} has no number for both videos; measure both.")
    if abs(truth.a - truth.b) < truth.resolution:
        return "c"
    return "a" if truth.a > truth.b else "b"


def true_differences(aspects: tuple[Aspect[P], ...], a: P, b: P) -> tuple[LabelledDifference, ...]:
    """The true answer for every aspect."""
    return tuple(_compare(aspect, a, b) for aspect in aspects)


def matching_times_s(a: Performance, b: Performance, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) the moments of ``b`` that are the same moments of the action as ``times_s`` (T,) of ``a``; NaN at rest.

    The same share of a stage is the same moment; both have as many repetitions.
    """
    matched_s = np.full(len(times_s), np.nan)
    # Before the action and after it nothing tells one moment from another.
    for segment, other in zip(a.segments[1:-1], b.segments[1:-1], strict=True):
        inside = (times_s >= segment.start_s) & (times_s < segment.stop_s)
        share = (times_s[inside] - segment.start_s) / (segment.stop_s - segment.start_s)
        matched_s[inside] = other.start_s + share * (other.stop_s - other.start_s)
    return matched_s


def _compare(aspect: Aspect[P], a: P, b: P) -> LabelledDifference:
    truth = Measurement(
        name=aspect.name,
        unit=aspect.unit,
        a=aspect.measure(a),
        b=aspect.measure(b),
        resolution=aspect.resolution,
        stage=aspect.stages[0] if len(aspect.stages) == 1 else None,
    )
    return LabelledDifference(
        difference=Difference(
            key=aspect.key,
            name=aspect.name,
            statement=aspect.statement,
            num_frames=aspect.num_frames,
            query_string=aspect.query,
        ),
        stages=aspect.stages,
        label=label(truth),
        truth=truth,
        key_times_a_s=_key_moments_s(aspect, a),
        key_times_b_s=_key_moments_s(aspect, b),
    )


def _key_moments_s(aspect: Aspect[P], performance: P) -> tuple[float, ...]:
    if aspect.moments_s is not None:
        return tuple(round(time_s * performance.fps) / performance.fps for time_s in aspect.moments_s(performance))
    segments = [segment for segment in performance.segments if segment.stage in aspect.stages]
    last = segments[0 if aspect.num_frames == "1" else -1]
    start, stop = round(segments[0].start_s * performance.fps), round(last.stop_s * performance.fps)
    frames = ((start + stop - 1) // 2,) if aspect.num_frames == "1" else (start, stop - 1)
    return tuple(frame / performance.fps for frame in frames)
