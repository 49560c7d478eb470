"""What was measured about each statement: what the numbers alone tell, the numbers, and where they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from viddiff.core.record import Record
from viddiff.core.types import Difference, FrameRef, Measurement, Sides, Verdict
from viddiff.motion.measurement.decide import decide
from viddiff.motion.measurement.pair import NO_STAGES, MeasuredPair, Segments, measurement
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable
from viddiff.video.close_up import close_up, nearest_places
from viddiff.video.loaded import LoadedVideo

#: The most frames of one video that show one measurement.
SHOWN = 6


class MeasuredStatement(Record):
    """What was measured about one statement.

    Attributes:
        verdict: what the numbers alone tell; "not_measurable" with the reason where they do not.
        measurement: the numbers, with their uncertainty and when they were read; None where there are none.
    """

    difference: Difference
    verdict: Verdict
    measurement: Measurement | None = None


def evidence_of(
    pair: MeasuredPair,
    differences: Sequence[Difference],
    plans: Mapping[str, MeasurementSpec | NotMeasurable],
    stages: Sides[Segments] = NO_STAGES,
) -> tuple[MeasuredStatement, ...]:
    """The evidence for each difference.

    Args:
        plans: difference key -> what is measured for it, or why nothing is.
        stages: of the action in both clips, where they were found.
    """

    def read(difference: Difference) -> MeasuredStatement:
        plan = plans[difference.key]
        if isinstance(plan, NotMeasurable):
            return MeasuredStatement(difference=difference, verdict=Verdict(status="not_measurable", reason=plan.why))
        readings = pair.read(plan, *stages)
        numbers = measurement(plan, *readings)
        is_measured = numbers.a is not None and numbers.b is not None
        return MeasuredStatement(
            difference=difference, verdict=decide(plan, *readings), measurement=numbers if is_measured else None
        )

    return tuple(map(read, differences))


def propose_evidence(pair: MeasuredPair, n_differences: int) -> tuple[MeasuredStatement, ...]:
    """What differs by measurement, the clearest first."""
    return tuple(
        MeasuredStatement(
            difference=one.difference, verdict=one.verdict, measurement=measurement(one.spec, one.a, one.b)
        )
        for one in pair.propose(n_differences)
    )


def frames_at(video: LoadedVideo, times_s: Sequence[Sequence[float]]) -> list[tuple[FrameRef, ...]]:
    """For each list of moments the frames on screen then, ``SHOWN`` at the most, evenly over them.

    All are taken in one decoding pass, at the video's own rate.

    Raises:
        InputError: the file is no longer the one that was loaded.
    """
    chosen_s = [_even_moments(sorted(moments_s)) for moments_s in times_s]
    sequence = video.sequence
    frames = close_up(
        video, sorted({t for moments in chosen_s for t in moments}), max_side=max(sequence.width, sequence.height)
    )
    on_screen_s = np.array([frame.time_s for frame in frames])
    return [tuple(frames[index] for index in nearest_places(on_screen_s, moments)) for moments in chosen_s]


def _even_moments(moments_s: Sequence[float]) -> list[float]:
    indices = np.unique(np.rint(np.linspace(0, len(moments_s) - 1, min(SHOWN, len(moments_s)))).astype(int))
    return [moments_s[index] for index in indices]
