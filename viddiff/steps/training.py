"""A projector trained on rows of StepDiff and on paired questions and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.extras import check_projector_installed
from viddiff.core.record import parse_options
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Progress, silent
from viddiff.programs.stepdiff.projector.options import TINY, EncoderName, ProjectorOptions

if TYPE_CHECKING:
    from viddiff.eval.stepdiff.projector.train import FeatureSource, Parts, TrainingPlan
    from viddiff.programs.stepdiff.projector.checkpoint import ProjectorCard

VideoPath = str | PathLike[str]
Size = Literal["tiny", "full"]
#: What describes frames, by size, where nobody says.
_ENCODERS: Mapping[Size, EncoderName] = {"tiny": "grey", "full": "clip"}


def train(
    data: VideoPath,
    out: VideoPath,
    *,
    lm: str,
    size: Size = "tiny",
    encoder: EncoderName | None = None,
    features: VideoPath | None = None,
    videos: VideoPath | None = None,
    tests: Sequence[VideoPath] = (),
    held_out: float = 0.2,
    allow_missing: bool = False,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> ProjectorCard:
    """Train the pair-conditioned projector (paper, section 3.3) in the folder ``out``.

    The same call resumes a run that was killed, with the same result.

    >>> from viddiff import steps
    >>> card = steps.train("steps/", "projector/", lm="local/Qwen/Qwen2.5-0.5B-Instruct")  # doctest: +SKIP
    >>> card.scores["diffmcq"], card.scores["diffmcq_shuffled"]  # doctest: +SKIP

    Args:
        data: a file of rows or chats, or a folder with ``data.jsonl``, ``diffcap.jsonl``, ``diffmcq.jsonl`` or
            ``diffrank.jsonl``.
        lm: the language model, ``local/`` and a folder or a repository; it is not changed.
        size: "tiny", for a CPU, or "full", the paper's.
        encoder: what describes frames: "grey", or "clip" with the CLIP model of the settings; None: by the size.
        features: a folder with ``<clip id>.npy`` of (frames, patches, numbers), in place of videos.
        videos: where the videos are; None: beside the rows.
        tests: files of rows whose videos are left out.
        held_out: the share of the rows that is kept to score on; no video of theirs is trained on.
        allow_missing: rows whose clips are missing are left out.
        settings: how videos are read; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: fields of ``viddiff.programs.stepdiff.projector.options.ProjectorOptions``.

    Returns:
        What was trained, and how it scores on the rows held out.

    Raises:
        UsageError: options that cannot be, or ``out`` holds another projector. InputError: data that cannot be used.
        BackendError: torch or transformers are not installed, or the language model is not available.
    """
    check_projector_installed()
    from viddiff.eval.stepdiff.load import videos_root
    from viddiff.eval.stepdiff.projector.train import fit
    from viddiff.programs.stepdiff.projector.language import Language

    projector_options, settings = options_of(size, options), settings or load_settings()
    parts = _parts(data, tests, held_out, projector_options.seed)
    name: EncoderName = "given" if features else encoder or _ENCODERS[size]
    root = Path(features or videos or videos_root(Path(data), parts.clips))
    described = _feature_source(name, root, projector_options.frames, settings)
    language = Language(source_of(lm), dtype=projector_options.precision)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    return fit(parts, described, language, projector_options, folder, allow_missing, progress or silent)


def plan(
    data: VideoPath,
    *,
    lm: str,
    size: Size = "tiny",
    encoder: EncoderName | None = None,
    features: VideoPath | None = None,
    tests: Sequence[VideoPath] = (),
    held_out: float = 0.2,
    **options: Any,
) -> TrainingPlan:
    """What ``train`` would train on, and how; no video is read. Arguments and errors as of ``train``."""
    check_projector_installed()
    projector_options = options_of(size, options)
    name = "given" if features else encoder or _ENCODERS[size]
    return _parts(data, tests, held_out, projector_options.seed).plan(name, source_of(lm), projector_options)


def options_of(size: Size, fields: Mapping[str, Any]) -> ProjectorOptions:
    """What was asked for.

    Raises:
        UsageError: an option that cannot be.
    """
    options = parse_options(ProjectorOptions, {**(TINY if size == "tiny" else {}), **fields})
    if options.width % options.heads:
        raise UsageError(f"The width {options.width} is not divisible by {options.heads} heads: choose other numbers.")
    return options


def source_of(lm: str) -> str:
    """The folder or repository of a local model string.

    Raises:
        UsageError: it is none.
    """
    source = lm.removeprefix("local/")
    if source == lm or not source:
        raise UsageError(f"{lm!r} is not a local model: give --lm local/FOLDER or local/REPOSITORY.")
    return source


def _parts(data: VideoPath, tests: Sequence[VideoPath], held_out: float, seed: int) -> Parts:
    from viddiff.eval.stepdiff.load import load_items
    from viddiff.eval.stepdiff.projector.rows import read_rows
    from viddiff.eval.stepdiff.projector.train import Parts
    from viddiff.eval.stepdiff.qa.make import videos_of_tests

    guarded = videos_of_tests([load_items(Path(test)) for test in tests])
    return Parts.of(read_rows(Path(data)), frozenset(guarded), held_out, seed)


def _feature_source(name: EncoderName, folder: Path, n_frames: int, settings: Settings) -> FeatureSource:
    from viddiff.eval.stepdiff.projector.features import FromFiles, FromVideos
    from viddiff.eval.stepdiff.projector.train import FeatureSource
    from viddiff.eval.stepdiff.videos import ClipReader

    if name == "given":
        return FeatureSource(FromFiles(folder, n_frames), name, name)
    clip = build.clip_model(settings) if name == "clip" else ""
    described = build.clip_features(name, clip, n_frames, settings)
    return FeatureSource(FromVideos(ClipReader(folder, settings), described), name, described.encoder.key, clip)
