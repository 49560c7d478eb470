"""What was measured to differ in the costliest parts, as findings with frames of the same phase."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viddiff.core.types import Finding, FrameRef, Sides
from viddiff.motion.measurement.pair import PosePair, Segments, measurement
from viddiff.motion.measurement.parts import MatchedMoments, clearest_moment, differences_in
from viddiff.motion.measurement.propose import MeasuredDifference
from viddiff.programs.evidence import SHOWN, frames_at
from viddiff.programs.skilldiff.explanation import ExplainedPart
from viddiff.skill.reference import ReferenceAlignment
from viddiff.video.loaded import LoadedVideo

#: Sentences of one part, at the most.
MAX_FINDINGS_OF_PART = 3

#: Moments of the query, and those of the reference that belong to them, in seconds.
Moments = tuple[tuple[float, ...], tuple[float, ...]]
Frames = tuple[tuple[FrameRef, ...], tuple[FrameRef, ...]]


def moments_of(part: ExplainedPart, reference: ReferenceAlignment) -> Moments:
    """The middles of equal parts of a part of the query, and the same moments of the movement in the reference."""
    edges_s = np.linspace(part.start_s, part.stop_s, 2 * SHOWN + 1)
    times_s = tuple(edges_s[1::2].tolist())
    return times_s, reference.times_in_reference(part.segment, times_s)


def phases_of(query: LoadedVideo, reference: ReferenceAlignment, parts: Sequence[ExplainedPart]) -> list[Frames]:
    """For each part two clips of the same phase.

    Raises:
        InputError: a file is no longer the one that was loaded.
    """
    moments = [moments_of(part, reference) for part in parts]
    query_frames = frames_at(query, [times_s for times_s, _ in moments])
    reference_frames = frames_at(reference.video, [matched_s for _, matched_s in moments])
    return list(zip(query_frames, reference_frames, strict=True))


def measurement_findings(
    query: LoadedVideo, reference: ReferenceAlignment, parts: Sequence[ExplainedPart]
) -> tuple[Finding, ...]:
    """What differs in the parts that are shown, part by part, the clearest first; nothing without a pose.

    Raises:
        InputError: a file is no longer the one that was loaded.
    """
    costly = costliest_parts(parts)
    if reference.pair is None or not costly:
        return ()
    stages = stages_of(parts)
    frames = phases_of(query, reference, costly)
    return tuple(
        _finding(difference, part, reference, reference.pair, of_part)
        for part, of_part in zip(costly, frames, strict=True)
        for difference in differences_in(
            part.segment, reference.pair, stages, _match(part, reference), MAX_FINDINGS_OF_PART
        )
    )


def _match(part: ExplainedPart, reference: ReferenceAlignment) -> MatchedMoments:
    """Where the part lies in the reference, frame by frame, and how sure that is."""
    alignment, segment = reference.alignment, part.segment
    inside = reference.match(segment).frames
    return MatchedMoments(
        np.array(alignment.matched_b_s)[inside],
        np.array(alignment.spread_s)[inside],
        reference.repetitions.number if reference.repetitions else None,
        reference.other_parts(segment),
    )


def costliest_parts(parts: Sequence[ExplainedPart]) -> list[ExplainedPart]:
    """The parts that are shown, the costliest first."""
    return sorted((part for part in parts if part.shown), key=lambda part: -(part.share or 0.0))


def stages_of(parts: Sequence[ExplainedPart]) -> Sides[Segments]:
    """The parts of both clips; one that the reference does not have is not among its own."""
    return Sides(
        tuple(part.segment for part in parts),
        tuple(part.reference_segment for part in parts if not part.reason_unknown),
    )


def _finding(
    difference: MeasuredDifference, part: ExplainedPart, reference: ReferenceAlignment, pair: PosePair, frames: Frames
) -> Finding:
    """A measured difference as a finding that cites the moment at which it is largest."""
    times_s, matched_s = moments_of(part, reference)
    best = clearest_moment(difference, pair, np.array(times_s), np.array(matched_s))
    cited = (_nearest(frames[0], times_s[best]), _nearest(frames[1], matched_s[best]))
    return Finding(
        difference=difference.difference,
        stages=(part.name,),
        frames_a=frames[0],
        frames_b=frames[1],
        measurements=(measurement(difference.spec, difference.a, difference.b),),
        verdict=difference.verdict.model_copy(update={"evidence_a": (cited[0],), "evidence_b": (cited[1],)}),
    )


def _nearest(frames: Sequence[FrameRef], time_s: float) -> int:
    return min(range(len(frames)), key=lambda i: abs(frames[i].time_s - time_s))
