"""Why a performance lost what it lost: its costliest parts, and what differs in them from an expert."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from viddiff import build
from viddiff.api import source_media
from viddiff.core import skill as documents
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings, load_settings
from viddiff.core.skill import ExplainedPart, SkillDistance, SkillScore
from viddiff.core.types import Progress, Segment, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.skill.aligned import Against, Aligned
from viddiff.skill.experts import distance_of
from viddiff.skill.measured import measured_sentences
from viddiff.skill.reading import Reader
from viddiff.skill.trained import need_torch, scored

if TYPE_CHECKING:
    from viddiff.report.media import Media

VideoPath = str | PathLike[str]

#: Parts that sentences are looked for in, at the most.
MOST_PARTS = 3
NO_POSE = "No quantity was measured: that takes a person whose pose is seen in both clips."
NOT_ALIGNED = "No part is explained, since the clips could not be set side by side."


class SkillExplanation(documents.SkillExplanation):
    """What a query cost and why, which can write its own report."""

    #: Frames, files and poses of an explanation made in this process: no part of the document.
    _media: Media | None = PrivateAttr(None)


def explain(
    query: VideoPath,
    references: VideoPath | Sequence[VideoPath],
    *,
    model: str | PathLike[str] | None = None,
    action: str = "",
    features: FeaturesName | None = None,
    parts: int | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> SkillExplanation:
    """Tell what a performance cost, in which parts, and what differs there from an expert.

    By measurement: what departs from the expert in a part by more than its uncertainty.

    >>> from viddiff import skill
    >>> found = skill.explain("query.mp4", ["expert.mp4"])  # doctest: +SKIP
    >>> [(part.name, part.share) for part in found.parts if part.shown]  # doctest: +SKIP
    >>> [sentence.difference.statement for sentence in found.sentences]  # doctest: +SKIP

    Args:
        query, references, features, parts, settings, progress, options: as of ``viddiff.skill.distance``.
        model: the folder of ``train``: parts then cost points of its score; None: they cost distance.
        action: what is done; default: what the model was trained on.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    settings, on_progress = settings or load_settings(**options), progress or silent
    aligned = Aligned(query, references, features, parts, settings, on_progress)
    nearest = _nearest(aligned.against)
    distance = distance_of(aligned)
    score = _scored(Path(model), aligned) if model else None
    told = _parts(aligned, nearest, distance, score)
    with aligned.timer("measure"):
        sentences = measured_sentences(aligned.query, nearest, told)
    explanation = SkillExplanation(
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        action=action or (score.activity if score else ""),
        query=aligned.query.info,
        reference=nearest.video.info,
        distance=distance,
        score=score,
        parts=told,
        sentences=sentences,
        alignment=nearest.alignment,
        notices=tuple(_notices(aligned, nearest)),
        settings=build.document(settings),
        versions=versions(),
        seconds=aligned.timer.seconds,
    )
    files = (Path(query), Path(aligned.paths[1 + aligned.against.index(nearest)]))
    explanation._media = source_media(settings, aligned.store, build.poses(settings), files)
    return explanation


def _nearest(against: Sequence[Against]) -> Against:
    """The reference that is least far, of those whose alignment can be believed where there is one."""
    return min(against, key=lambda one: (not one.believed, mean(one.alignment.costs)))


def _notices(aligned: Aligned, nearest: Against) -> Iterator[str]:
    yield from aligned.store.notices
    yield from nearest.alignment.notices
    if not nearest.believed:
        yield NOT_ALIGNED
    elif nearest.pair is None:
        yield NO_POSE


def _scored(model: Path, aligned: Aligned) -> SkillScore:
    need_torch()
    from viddiff.programs.skilldiff.checkpoint import load_trained

    trained = load_trained(model)
    if trained.card.features == "given":
        raise InputError(f"The model in {str(model)!r} was trained on features of your own: it scores no video.")
    with aligned.timer("score"):
        return scored(trained, Reader(trained.card.features, aligned.settings, aligned.poses), aligned.query)


def _parts(
    aligned: Aligned, nearest: Against, distance: SkillDistance, score: SkillScore | None
) -> tuple[ExplainedPart, ...]:
    """All parts, the costliest marked: what cost no more than the references disagree by is not explained."""
    found = _costs_of_score(score, nearest) if score else _costs_of_distance(aligned.parts, distance, nearest)
    believed = [part for part in found if part.share and not part.doubt and (part.cost or 0.0) > (part.spread or 0.0)]
    costliest = sorted(believed, key=lambda part: -(part.share or 0.0))[:MOST_PARTS]
    return tuple(part.model_copy(update={"shown": part in costliest}) for part in found)


def _costs_of_score(score: SkillScore, nearest: Against) -> list[ExplainedPart]:
    """What the model deducted for each part; it is known also where the clips of both are not set side by side."""
    lost = sum(max(0.0, part.deduction) for part in score.parts) or 1.0
    return [
        _part(
            Segment(stage=part.name, start_s=part.start_s, stop_s=part.stop_s),
            nearest,
            part.deduction,
            min(1.0, max(0.0, part.deduction) / lost),
            part.spread,
        )
        for part in score.parts
    ]


def _costs_of_distance(parts: Sequence[Segment], distance: SkillDistance, nearest: Against) -> list[ExplainedPart]:
    """How far each part is from those references that have it."""
    costs: dict[float, list[tuple[float, float]]] = {}
    for one in distance.against:
        for part in one.parts:
            if part.distance is not None and part.share is not None:
                costs.setdefault(part.start_s, []).append((part.distance, part.share))
    told = []
    for segment in parts:
        by_reference = costs.get(segment.start_s, [])
        distances, shares = zip(*by_reference, strict=True) if by_reference else ((), ())
        told.append(
            _part(
                segment,
                nearest,
                mean(distances) if distances else None,
                mean(shares) if shares else None,
                stdev(distances) if len(distances) > 1 else None,
            )
        )
    return told


def _part(
    segment: Segment, nearest: Against, cost: float | None, share: float | None, spread: float | None
) -> ExplainedPart:
    span = nearest.span(segment)
    return ExplainedPart(
        name=segment.stage,
        start_s=segment.start_s,
        stop_s=segment.stop_s,
        reference_start_s=span.start_s,
        reference_stop_s=span.stop_s,
        cost=cost,
        share=share,
        spread=spread,
        doubt=span.doubt,
    )
