"""A query set beside one reference: which part of the reference belongs to which part of the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viddiff.core.alignment import Alignment
from viddiff.core.types import Segment
from viddiff.localizer.alignment.repetitions import OtherRepetition, RepetitionAlignment
from viddiff.motion.measurement.pair import PosePair
from viddiff.motion.measurement.parts import OtherPart
from viddiff.video.loaded import LoadedVideo


@dataclass(frozen=True)
class MatchedPart:
    """The part of a reference, ``[start_s, stop_s)``, that belongs to a part of the query.

    Attributes:
        frames: (T,) which of the aligned frames of the query lie in the part.
        reason_unknown: why it is not known; "" where it is.
    """

    start_s: float
    stop_s: float
    frames: NDArray[np.bool_]
    reason_unknown: str


class _Repetition(NamedTuple):
    """(T,) the frames of a repetition, and why it has nothing in the reference; "" where it has."""

    frames: NDArray[np.bool_]
    reason_unknown: str


@dataclass(frozen=True)
class ReferenceAlignment:
    """The query against one reference.

    Attributes:
        alignment: with the notices of both clips and, among the problems of its health, that they repeat the action a
            different number of times.
        pair: what quantities are read from; None where a clip has no pose.
        repetitions: where each repetition of the query was aligned with one of the reference; None: both as a whole.
    """

    video: LoadedVideo
    alignment: Alignment
    pair: PosePair | None
    repetitions: RepetitionAlignment | None = None

    @property
    def is_reliable(self) -> bool:
        """Whether nothing speaks against the alignment."""
        return not self.alignment.health.problems

    def match(self, part: Segment) -> MatchedPart:
        """What belongs to a part of the query."""
        times_s = np.array(self.alignment.times_a_s)
        within, why = self._repetition_of(part)
        frames = within & (times_s >= part.start_s) & (times_s < part.stop_s)
        start_s, stop_s = self.times_in_reference(part, (part.start_s, part.stop_s)) if within.any() else (0.0, 0.0)
        step_s = float(np.median(np.diff(self.alignment.times_b_s))) if len(self.alignment.times_b_s) > 1 else 0.0
        if not self.is_reliable:
            why = "the clips could not be aligned"
        elif not why and not frames.any():
            why = "no frame of it was aligned"
        elif not why and stop_s - start_s < step_s:
            why = "the reference has no such part"
        return MatchedPart(start_s, stop_s, frames, why)

    def times_in_reference(self, part: Segment, times_s: Sequence[float]) -> tuple[float, ...]:
        """The moments of the reference that belong to moments in a part of the query."""
        within = self._repetition_of(part).frames
        alignment = self.alignment
        reference_s = np.interp(times_s, np.array(alignment.times_a_s)[within], np.array(alignment.matched_b_s)[within])
        return tuple(reference_s.tolist())

    def other_parts(self, part: Segment) -> tuple[OtherPart, ...]:
        """The same part of the movement in the reference's other repetitions."""
        match = self.match(part)
        if self.repetitions is None or match.reason_unknown:
            return ()
        return tuple(filter(None, (_part_in_repetition(repetition, match) for repetition in self.repetitions.others)))

    def _repetition_of(self, part: Segment) -> _Repetition:
        """The repetition that a part lies in."""
        times_s = np.array(self.alignment.times_a_s)
        if self.repetitions is None:
            return _Repetition(np.ones(len(times_s), bool), "")
        middle_s = (part.start_s + part.stop_s) / 2
        for span, why in zip(self.repetitions.spans, self.repetitions.doubts, strict=True):
            if span.start_s <= middle_s < span.stop_s:
                return _Repetition((times_s >= span.start_s) & (times_s < span.stop_s), why)
        return _Repetition(np.zeros(len(times_s), bool), "no part of a repetition")


def _part_in_repetition(repetition: OtherRepetition, match: MatchedPart) -> OtherPart | None:
    inside = (repetition.matched_s >= match.start_s) & (repetition.matched_s < match.stop_s)
    if not inside.any():
        return None
    within_s = repetition.times_s[inside]
    step_s = float(np.median(np.diff(repetition.times_s))) if len(repetition.times_s) > 1 else 0.0
    return OtherPart(
        repetition.number, float(within_s[0]), float(within_s[-1]) + step_s, float(repetition.costs[inside].mean())
    )
