"""A model trained on scored performances, and a query scored by it: the score, and what each part cost."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.errors import BackendError, InputError, UsageError
from viddiff.core.extras import are_installed
from viddiff.core.record import parse_options
from viddiff.core.settings import Settings, load_settings
from viddiff.core.skill import ScoredPart, SkillScore, of_segment
from viddiff.core.types import Progress, Segment, VideoInfo, silent
from viddiff.core.versions import versions
from viddiff.localizer.alignment.features import FeaturesName
from viddiff.motion.cycles import Span
from viddiff.skill.features_reader import FeaturesReader, ItemReader
from viddiff.skill.repetitions import equal_parts, repetition_deductions

if TYPE_CHECKING:
    from viddiff.eval.skilldiff.fit import FitReport
    from viddiff.eval.skilldiff.items import SkillData
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.skilldiff.checkpoint import TrainedModel
    from viddiff.programs.skilldiff.options import SkillOptions
    from viddiff.programs.skilldiff.scoring import ByReference
    from viddiff.video.loaded import LoadedVideo

#: Equal parts of a query whose movement shows none.
N_PARTS = 8
_OF_PAIRS = "The model was trained on pairs: its scores, 0 to 1, tell who is better and are no marks."


def train(
    data: str | PathLike[str],
    out: str | PathLike[str],
    *,
    activity: str | None = None,
    features: FeaturesName = "figure",
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> FitReport | None:
    """Train a model on performances of one activity (docs/skilldiff.md says in which form): by scores, or by pairs.

    A run that was killed goes on with the same call, to the same result.

    >>> from viddiff import skill
    >>> report = skill.train("squats/", "model/", epochs=30)  # doctest: +SKIP
    >>> report.model.rho, report.length_only.rho  # doctest: +SKIP

    Args:
        data: a folder with ``items.jsonl``.
        out: the folder of the model.
        activity: which, where the data have several.
        features: what describes the frames of videos; items with features of their own keep those.
        settings: how videos are read; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: fields of ``viddiff.programs.skilldiff.options.SkillOptions``.

    Returns:
        How well the test part is scored, beside what the length of a clip alone tells; None without a test part.

    Raises:
        UsageError: options that cannot be, or ``out`` holds another model. InputError: data that cannot be used.
        BackendError: torch is not installed.
    """
    need_torch()
    from viddiff.eval.skilldiff.arrays import prepare
    from viddiff.eval.skilldiff.fit import fit
    from viddiff.eval.skilldiff.load import load_data

    model_options = _options(options)
    on_progress, loaded = progress or silent, load_data(Path(data))
    kind = _activity(loaded, activity)
    has_features = [item.features is not None for item in loaded.items if item.activity == kind]
    if any(has_features) and not all(has_features):
        raise InputError("Some items have features and others have videos: use only one of them within an activity.")
    reader = ItemReader(
        loaded, FeaturesReader("figure" if all(has_features) else features, settings or load_settings()), on_progress
    )
    prepared = prepare(loaded, kind, reader, model_options.frames)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    return fit(prepared, model_options, folder, kind, "given" if all(has_features) else features, on_progress)[1]


def score(
    query: str | PathLike[str],
    model: str | PathLike[str],
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> SkillScore:
    """Score a query by a trained model: the score, and what each part of the movement cost.

    Where a pose is seen, the parts are those of the movement, else equal ones. The deductions of all parts sum to the
    best score less the score. What a part cost is a statement about the model, and no mark of the part.

    >>> from viddiff import skill
    >>> found = skill.score("query.mp4", "model/")  # doctest: +SKIP
    >>> [(part.name, part.deduction) for part in found.parts]  # doctest: +SKIP

    Args:
        query: a video, or a ``.npy`` or ``.npz`` of (frames, numbers) where the model was trained on such.
        model: the folder of ``train``.
        settings, progress, options: as of ``viddiff.skill.distance``.

    Returns:
        The score in the unit that the model was trained in, what each part cost, and how far it may be off.

    Raises:
        UsageError, InputError, BackendError: see ``viddiff.core.errors``.
    """
    need_torch()
    from viddiff.eval.skilldiff.load import load_features
    from viddiff.programs.skilldiff.checkpoint import load_model
    from viddiff.programs.skilldiff.scoring import score_vectors

    trained = load_model(Path(model))
    if trained.card.features == "given":
        if Path(query).suffix not in (".npy", ".npz"):
            raise InputError(f"The model was trained on your own features: give a .npy file instead of {str(query)!r}.")
        vectors = load_features(Path(query))
        by_reference = score_vectors(trained, vectors)
        return _document(trained, by_reference, np.arange(len(vectors), dtype=np.float64), (), Path(query).name, None)
    reader = reader_for(trained, settings or load_settings(**options))
    (progress or silent)("reading", 0, 0)
    return score_video(trained, reader.read(query), reader)


def score_video(trained: TrainedModel, video: LoadedVideo, reader: FeaturesReader) -> SkillScore:
    """The score of a video that was read, by a model of videos.

    Raises:
        InputError, BackendError: as ``score``.
    """
    from viddiff.programs.skilldiff.scoring import score_vectors

    features = reader.describe(video)
    by_reference = score_vectors(trained, features.vectors)
    return _document(trained, by_reference, features.times_s, reader.segments(video), video.info.name, video.info)


def reader_for(trained: TrainedModel, settings: Settings, poses: PoseReader | None = None) -> FeaturesReader:
    """What describes videos as the model was trained on them.

    Raises:
        InputError: it was trained on features. UsageError, BackendError: pose cannot be estimated.
    """
    features = trained.card.features
    if features == "given":
        raise InputError("The model was trained on your own features: it cannot score videos.")
    return FeaturesReader(features, settings, poses)


def _document(
    trained: TrainedModel,
    by_reference: ByReference,
    times_s: Floats,
    segments: tuple[Segment, ...],
    name: str,
    info: VideoInfo | None,
) -> SkillScore:
    card = trained.card
    span = card.best - card.low
    parts = _parts(by_reference, times_s, segments, span)
    return SkillScore(
        query=info,
        name=name,
        activity=card.activity,
        score=card.best - span * float(by_reference.by_frame.sum(1).mean()),
        best=card.best,
        error_95=card.error_95,
        spread=_spread(span * by_reference.scores),
        references=card.references,
        parts=parts,
        repetitions=repetition_deductions(parts),
        notices=(*card.problems, *((_OF_PAIRS,) if card.labels == "pairs" else ())),
        versions=versions(),
    )


def _parts(
    by_reference: ByReference, times_s: Floats, segments: tuple[Segment, ...], span: float
) -> tuple[ScoredPart, ...]:
    """What each part cost; every frame is in one part."""
    frames_s = np.linspace(times_s[0], times_s[-1], by_reference.by_frame.shape[1])
    segments = segments or equal_parts(N_PARTS, (Span(float(times_s[0]), float(times_s[-1])),))
    edges_s = [*(segment.start_s for segment in segments), segments[-1].stop_s]
    of_frame = np.clip(np.searchsorted(edges_s, frames_s, side="right") - 1, 0, len(segments) - 1)
    costs = span * np.stack([by_reference.by_frame[:, of_frame == part].sum(1) for part in range(len(segments))], 1)
    return tuple(
        ScoredPart(**of_segment(segment), deduction=float(costs[:, i].mean()), spread=_spread(costs[:, i]))
        for i, segment in enumerate(segments)
    )


def _spread(values: Floats) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def _activity(data: SkillData, name: str | None) -> str:
    """The activity to train on."""
    names = sorted({item.activity for item in data.items})
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        raise UsageError(f"The data have several activities ({', '.join(map(repr, names))}): choose one (--activity).")
    return name


def _options(fields: dict[str, Any]) -> SkillOptions:
    """What was asked for.

    Raises:
        UsageError: an option that cannot be.
    """
    from viddiff.programs.skilldiff.options import SkillOptions

    return parse_options(SkillOptions, fields)


def need_torch() -> None:
    """Raise BackendError where a model cannot be run."""
    if not are_installed(("torch", "safetensors")):
        raise BackendError("A trained model needs torch: pip install 'viddiff[clip]'.")
