"""What each part of a performance cost, and which parts are worth an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev

from viddiff.core.types import Segment
from viddiff.motion.phases import is_rest
from viddiff.programs.skilldiff.documents import SkillDistance, SkillScore, of_segment
from viddiff.programs.skilldiff.explanation import ExplainedPart
from viddiff.skill.reference import ReferenceAlignment

#: Parts that sentences are looked for in, at the most.
MAX_EXPLAINED_PARTS = 3


def parts_with_costs(
    parts: Sequence[Segment], nearest: ReferenceAlignment, distance: SkillDistance, score: SkillScore | None
) -> tuple[ExplainedPart, ...]:
    """All parts, the costliest marked: what cost no more than the references disagree by is not explained.

    Nor is what cost no more than the repetitions of one reference differ by, nor a rest that no model deducts for.

    Args:
        parts: of the query.
        nearest: the reference that the sentences compare with.
        distance, score: what the parts cost; the score where there is one.
    """
    explained = _costs_of_score(score, nearest) if score else _costs_of_distance(parts, distance, nearest)
    known = [part for part in explained if part.share and not part.reason_unknown]
    costly = [part for part in known if (part.cost or 0.0) > (part.spread or 0.0)]
    if score is None:
        costly = [part for part in costly if (part.cost or 0.0) > (part.within_reference or 0.0)]
        # How long somebody stands before and after is chance, and so is its share of the distance.
        costly = [part for part in costly if not is_rest(part.segment)]
    costliest = sorted(costly, key=lambda part: -(part.share or 0.0))[:MAX_EXPLAINED_PARTS]
    return tuple(part.model_copy(update={"shown": part in costliest}) for part in explained)


def _costs_of_score(score: SkillScore, nearest: ReferenceAlignment) -> list[ExplainedPart]:
    """What the model deducted for each part; it is known also where the clips of both are not set side by side."""
    lost = sum(max(0.0, part.deduction) for part in score.parts) or 1.0
    return [
        _part(
            part.segment,
            nearest,
            part.deduction,
            min(1.0, max(0.0, part.deduction) / lost),
            part.spread,
        )
        for part in score.parts
    ]


def _costs_of_distance(
    parts: Sequence[Segment], distance: SkillDistance, nearest: ReferenceAlignment
) -> list[ExplainedPart]:
    """How far each part is from those references that have it."""
    explained = []
    for segment, *by_reference in zip(parts, *(one.parts for one in distance.references), strict=True):
        distances = [part.distance for part in by_reference if part.distance is not None]
        shares = [part.share for part in by_reference if part.share is not None]
        part = _part(
            segment,
            nearest,
            mean(distances) if distances else None,
            mean(shares) if shares else None,
            stdev(distances) if len(distances) > 1 else None,
        )
        within = [one.within_reference for one in by_reference if one.within_reference is not None]
        explained.append(part.model_copy(update={"within_reference": max(within, default=None)}))
    return explained


def _part(
    segment: Segment, nearest: ReferenceAlignment, cost: float | None, share: float | None, spread: float | None
) -> ExplainedPart:
    match = nearest.match(segment)
    return ExplainedPart(
        **of_segment(segment),
        reference_start_s=match.start_s,
        reference_stop_s=match.stop_s,
        cost=cost,
        share=share,
        spread=spread,
        reason_unknown=match.reason_unknown,
    )
