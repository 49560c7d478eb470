"""Why a performance lost what it lost: its costliest parts, and what differs in them from an expert."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from viddiff import build
from viddiff.api import MediaDocument
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Difference, Progress, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.programs.skilldiff import explanation as documents
from viddiff.programs.skilldiff.explanation import ExplainedPart
from viddiff.skill.alignment import QueryAlignment
from viddiff.skill.experts import distance_of
from viddiff.skill.measurements import measurement_findings
from viddiff.skill.model import need_torch, reader_for, score_video
from viddiff.skill.models import UNNAMED, ExplanationModels
from viddiff.skill.parts import parts_with_costs
from viddiff.skill.reference import ReferenceAlignment
from viddiff.skill.repetitions import mean_repetition_costs

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.programs.compiled.artifact import ProgramLike
    from viddiff.programs.skilldiff.checkpoint import TrainedModel

VideoPath = str | PathLike[str]

NO_POSE = "No quantity was measured: that takes a person whose pose is seen in both clips."
NO_FURTHER = "No part is further from the expert than the expert's own repetitions are from each other."
NOT_ALIGNED = "No part is explained, since the clips could not be set side by side."


class SkillExplanation(documents.SkillExplanationRecord, MediaDocument):
    """What a query cost and why, which can write its own report.

    >>> from viddiff import skill
    >>> found = skill.explain("query.mp4", "expert.mp4")
    >>> skill.SkillExplanation.from_json(found.to_json()).reference.name
    'expert.mp4'
    """


def explain(
    query: VideoPath,
    references: VideoPath | Sequence[VideoPath],
    *,
    model: str | PathLike[str] | None = None,
    action: str = "",
    features: FeaturesName | None = None,
    parts: int | None = None,
    stages: Sequence[str] = (),
    differences: Sequence[str | Difference] | None = None,
    lm: str | dspy.LM | LMs | None = None,
    program: ProgramLike | Sequence[ProgramLike] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> SkillExplanation:
    """What a performance lost, in which parts, and what differs there from an expert.

    Sentences are what departs from the expert by more than its measured uncertainty, and with a model what it sees in
    both orders of the clips; advice, which a model writes, cites them.

    >>> from viddiff import skill
    >>> found = skill.explain("query.mp4", ["expert.mp4"])
    >>> [part.name for part in found.parts if part.shown]
    ['movement 1', 'pause', 'movement 2']

    Args:
        query, references, features, parts, stages, settings, progress, options: as of ``viddiff.skill.distance``.
        model: the folder of ``train``: parts then cost points of its score; None: they cost distance.
        action: what is done, for models that are asked; default: what ``model`` was trained on.
        differences: statements to judge in the costliest parts; None: a model proposes them.
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the models of the settings, and where there are none
            measurement alone.
        program: a compiled differencer.

    Returns:
        The costliest parts, a sentence for what differs there from the nearest reference, and advice that cites them;
        a call that failed is counted in ``n_failed``.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    from viddiff.report.media import source_media

    settings, on_progress = (
        settings or load_settings(lm=lm if isinstance(lm, str) else None, **options),
        progress or silent,
    )
    models = ExplanationModels(settings, lm, program, differences, on_progress)
    # Options that cannot be used are refused before anything is read.
    trained = _load_model(Path(model), models.settings) if model else None
    action = models.action(action, trained.card.activity if trained else UNNAMED)
    aligned = QueryAlignment(query, references, features, parts, stages, models.settings, on_progress)
    nearest = _nearest(aligned.references)
    explanation = _explain(aligned, nearest, trained, models, action)
    files = (Path(query), Path(aligned.paths[1 + aligned.references.index(nearest)]))
    return explanation.with_media(source_media(settings, aligned.store, aligned.poses or build.poses(settings), files))


def _explain(
    aligned: QueryAlignment,
    nearest: ReferenceAlignment,
    trained: TrainedModel | None,
    models: ExplanationModels,
    action: str,
) -> SkillExplanation:
    """The document, whose findings compare with ``nearest``."""
    distance, score = distance_of(aligned), None
    if trained:
        with aligned.timer("score"):
            score = score_video(trained, aligned.query, reader_for(trained, aligned.settings, aligned.poses))
    parts = parts_with_costs(aligned.parts, nearest, distance, score)
    with aligned.timer("measure"):
        measured = measurement_findings(aligned.query, nearest, parts)
    with aligned.timer("ask"):
        answer = models.ask(action, aligned.query, nearest, parts, measured)
    notices = _notices(aligned, nearest, parts, scored=score is not None)
    return SkillExplanation(
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        action=action,
        query=aligned.query.info,
        reference=nearest.video.info,
        distance=distance,
        score=score,
        parts=parts,
        repetitions=score.repetitions if score else mean_repetition_costs(distance),
        alignment=nearest.alignment,
        settings=build.settings_record(models.settings),
        versions=versions(),
        seconds=aligned.timer.seconds,
        **{
            **answer,
            "notices": (*notices, *answer.get("notices", ())),
        },
    )


def _load_model(folder: Path, settings: Settings) -> TrainedModel:
    """The model in a folder, if it can score a video."""
    need_torch()
    from viddiff.programs.skilldiff.checkpoint import load_model

    trained = load_model(folder)
    reader_for(trained, settings)
    return trained


def _nearest(references: Sequence[ReferenceAlignment]) -> ReferenceAlignment:
    """The reference that is least far, of those whose alignment can be believed where there is one."""
    return min(references, key=lambda one: (not one.is_reliable, mean(one.alignment.costs)))


def _notices(
    aligned: QueryAlignment, nearest: ReferenceAlignment, parts: Sequence[ExplainedPart], *, scored: bool
) -> Iterator[str]:
    yield from aligned.store.notices
    yield from nearest.alignment.notices
    if not nearest.is_reliable:
        if scored:
            yield NOT_ALIGNED
    elif nearest.repetitions and not any(part.shown for part in parts):
        yield NO_FURTHER
    elif nearest.pair is None:
        yield NO_POSE
