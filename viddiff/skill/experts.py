"""How far a performance is from those of experts, in which part of the movement, and by which quantities."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from statistics import mean, stdev
from typing import Any

import numpy as np

from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Progress, Segment, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.motion.measurement.aligned import AlignedQuantities
from viddiff.programs.skilldiff.documents import PartDistance, ReferenceDistance, SkillDistance, of_segment
from viddiff.skill.alignment import QueryAlignment
from viddiff.skill.reference import ReferenceAlignment
from viddiff.skill.repetitions import repetition_costs

VideoPath = str | PathLike[str]


def distance(
    query: VideoPath,
    references: VideoPath | Sequence[VideoPath],
    *,
    features: FeaturesName | None = None,
    parts: int | None = None,
    stages: Sequence[str] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> SkillDistance:
    """How far a performance is from those of experts, by part of the movement. No data to learn from are needed.

    It is a distance along the alignment and no score: it tells where the two differ most, not who is better. By pose,
    each part also says which measured quantities depart from the expert's by at least what counts.

    >>> from viddiff import skill
    >>> found = skill.distance("query.mp4", "expert.mp4")
    >>> [(part.name, round(part.share, 1)) for part in found.references[0].parts]
    [('start', 0.2), ('movement 1', 0.2), ('pause', 0.3), ('movement 2', 0.2), ('end', 0.1)]

    Args:
        query: a video file, or a folder of images (then with ``folder_fps``).
        references: one or more of experts.
        features: as of ``viddiff.align``.
        parts: that many equal parts of the query; None: the way out, the hold and the way back of each repetition
            where there is a pose, else the parts that the outline shows.
        stages: named parts of the first reference, "NAME=START-STOP" in seconds of it each; carried to the query.
        settings: all settings; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: single settings by name; ``start_a``, ``stop_a`` are of the query, ``start_b``, ``stop_b`` of each
            reference.

    Returns:
        The distance from each reference, in all and by part; a reference that could not be aligned counts only where
        none could.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    aligned = QueryAlignment(
        query, references, features, parts, stages, settings or load_settings(**options), progress or silent
    )
    return distance_of(aligned)


def distance_of(aligned: QueryAlignment) -> SkillDistance:
    """The distance of a query from its references."""
    references = tuple(_distance(one, aligned.parts) for one in aligned.references)
    distances = [one.distance for one in references if not one.health.problems] or [one.distance for one in references]
    return SkillDistance(
        query=aligned.query.info,
        references=references,
        distance=mean(distances),
        spread=stdev(distances) if len(distances) > 1 else None,
        notices=aligned.store.notices,
        versions=versions(),
        seconds=aligned.timer.seconds,
    )


def _distance(reference: ReferenceAlignment, parts: Sequence[Segment]) -> ReferenceDistance:
    alignment = reference.alignment
    return ReferenceDistance(
        reference=reference.video.info,
        features=alignment.features,
        distance=mean(alignment.costs),
        chance_distance=alignment.health.off_path,
        mirrored=alignment.mirrored,
        health=alignment.health,
        parts=_parts(reference, parts),
        repetitions=repetition_costs(reference),
        compared_repetition=reference.repetitions.number if reference.repetitions else None,
        notices=alignment.notices,
    )


def _parts(reference: ReferenceAlignment, parts: Sequence[Segment]) -> tuple[PartDistance, ...]:
    alignment, costs = reference.alignment, np.array(reference.alignment.costs)
    total = float(costs.sum()) or 1.0
    aligned = None
    if reference.pair and reference.is_reliable:
        aligned = AlignedQuantities(
            reference.pair.a, reference.pair.b, np.array(alignment.times_a_s), np.array(alignment.matched_b_s)
        )
    scored_parts = []
    for part in parts:
        match = reference.match(part)
        inside = costs[match.frames]
        scored_parts.append(
            PartDistance(
                **of_segment(part),
                reference_start_s=match.start_s,
                reference_stop_s=match.stop_s,
                distance=None if match.reason_unknown else float(inside.mean()),
                share=None if match.reason_unknown else min(1.0, float(inside.sum()) / total),
                reason_unknown=match.reason_unknown,
                within_reference=max((own.distance for own in reference.other_parts(part)), default=None),
                measured=aligned.gaps(part.start_s, part.stop_s) if aligned and not match.reason_unknown else (),
            )
        )
    return tuple(scored_parts)
