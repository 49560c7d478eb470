"""Programs on the steps of instructional videos."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from viddiff.build.compiled import compiled_programs
from viddiff.build.shared import clip_encoder, embedding_store, poses
from viddiff.core.errors import InputError, UsageError
from viddiff.core.extras import check_clip_installed, check_projector_installed
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, silent

if TYPE_CHECKING:
    from viddiff.build.compiled import Compiled
    from viddiff.lms import LMs
    from viddiff.localizer.alignment.same_moments import ClipPair
    from viddiff.localizer.clip.video_embedder import VideoEmbedder
    from viddiff.programs.stepdiff.answerer import StepAnswerer
    from viddiff.programs.stepdiff.captioner import StepCaptioner
    from viddiff.programs.stepdiff.instructions import InstructionComparer
    from viddiff.programs.stepdiff.projector.features import VideoFeatures
    from viddiff.programs.stepdiff.projector.options import EncoderName
    from viddiff.programs.stepdiff.projector.trained import TrainedProjector
    from viddiff.programs.stepdiff.ranker import StepRanker
    from viddiff.programs.stepdiff.verifier import StepVerifier
    from viddiff.video.loaded import LoadedVideo


def video_embedder(settings: Settings) -> VideoEmbedder:
    """What embeds whole clips and texts, with the CLIP model of the settings."""
    from viddiff.localizer.clip.video_embedder import VideoEmbedder

    return VideoEmbedder(clip_encoder(settings), embedding_store(settings), step_frames(settings))


def step_frames(settings: Settings) -> int:
    """Frames of a clip that the programs on steps show."""
    from viddiff.programs.stepdiff.clips import FRAMES

    return FRAMES[settings.effort]


def step_pair(settings: Settings, reference: LoadedVideo, candidate: LoadedVideo, is_part: bool = False) -> ClipPair:
    """Both clips as programs on steps show them.

    Args:
        is_part: whether they are parts of videos; pose is read of whole videos alone.
    """
    from viddiff.localizer.alignment.same_moments import ClipPair, at_same_moments

    if settings.frames != "aligned":
        return ClipPair(reference, candidate, None)
    return at_same_moments(reference, candidate, step_frames(settings), None if is_part else poses(settings))


def step_programs(settings: Settings) -> Compiled:
    """The compiled programs of the settings, for programs on steps.

    Raises:
        UsageError: one that no program on steps runs. InputError: a file that cannot be used.
    """
    from viddiff.programs.compiled.registry import component_of, components_run_by

    compiled, run = compiled_programs(settings, has_lm=True), components_run_by("steps")
    for one in compiled:
        if component_of(one) not in run and not one.optional:
            raise UsageError(f"viddiff steps cannot run a compiled {component_of(one)}: leave --program out.")
    return tuple(one for one in compiled if component_of(one) in run)


def step_verifier(settings: Settings) -> StepVerifier:
    """The program that checks what is said of a step; a compiled verifier where there is one."""
    from viddiff.programs.compiled.registry import program_of_kind
    from viddiff.programs.stepdiff.verifier import StepVerifier

    return program_of_kind(StepVerifier, step_programs(settings)) or StepVerifier(settings.attempts)


def step_captioner(
    settings: Settings, lms: LMs | None, checks: bool = True, progress: Progress = silent
) -> StepCaptioner:
    """The program that tells the differences of a step by category."""
    from viddiff.programs.compiled.registry import program_of_kind
    from viddiff.programs.stepdiff.captioner import DifferenceCaptioner, StepCaptioner

    return StepCaptioner(
        lms,
        captioner=program_of_kind(DifferenceCaptioner, step_programs(settings)),
        verifier=step_verifier(settings),
        effort=settings.effort,
        checks=checks,
        attempts=settings.attempts,
        threads=settings.threads,
        progress=progress,
    )


def instruction_comparer(
    settings: Settings, lms: LMs | None, checks: bool = True, progress: Progress = silent
) -> InstructionComparer:
    """The program that compares whole videos step by step."""
    from viddiff.programs.stepdiff.instructions import InstructionComparer

    return InstructionComparer(
        lms,
        captioner=step_captioner(settings, lms, checks),
        show=functools.partial(step_pair, settings, is_part=True),
        attempts=settings.attempts,
        threads=settings.threads,
        progress=progress,
    )


def step_answerer(settings: Settings, lms: LMs | None) -> StepAnswerer:
    """The program that answers a question about two clips of a step."""
    from viddiff.programs.stepdiff.answerer import StepAnswerer

    return StepAnswerer(lms, effort=settings.effort, attempts=settings.attempts)


def step_ranker(settings: Settings, lms: LMs | None, compares: bool = True, progress: Progress = silent) -> StepRanker:
    """The program that ranks candidates of a step."""
    from viddiff.programs.compiled.registry import program_of_kind
    from viddiff.programs.stepdiff.ranker import CandidateComparer, SimilarityGrader, StepRanker

    return StepRanker(
        lms,
        grader=program_of_kind(SimilarityGrader, step_programs(settings)),
        comparer=program_of_kind(CandidateComparer, step_programs(settings)),
        effort=settings.effort,
        compares=compares,
        attempts=settings.attempts,
        threads=settings.threads,
        progress=progress,
    )


def projector_folder(lm: object, settings: Settings) -> Path | None:
    """The folder of the trained projector that a model string names, ``local/<folder>``; None: it names none."""
    from viddiff.programs.stepdiff.projector.options import CARD

    name = (settings.vision_lm or settings.lm) if lm is None else lm
    if not isinstance(name, str) or not name.startswith("local/"):
        return None
    folder = Path(name.removeprefix("local/")).expanduser()
    return folder if (folder / CARD).is_file() else None


def clip_features(name: EncoderName, clip: str, n_frames: int, settings: Settings) -> VideoFeatures:
    """What describes videos for a projector: "grey", or the patches of a CLIP model.

    Raises:
        BackendError: CLIP is not installed.
    """
    from viddiff.programs.stepdiff.projector.features import ClipPatches, Encoder, GreyEncoder, VideoFeatures

    folder = settings.cache_dir if settings.cache else None
    encoder: Encoder = GreyEncoder()
    if name == "clip":
        check_clip_installed()
        encoder = ClipPatches(clip_encoder(settings.model_copy(update={"clip": clip})))
    return VideoFeatures(encoder, n_frames, folder / "features" if folder else None)


def paired_clips(folder: Path, settings: Settings) -> TrainedProjector:
    """The projector in a folder of ``viddiff steps train``, ready to be asked.

    Raises:
        BackendError: torch or transformers are not installed, or the language model is not available.
        InputError: there is none, or it is damaged.
    """
    check_projector_installed()
    from viddiff.programs.stepdiff.projector.checkpoint import load_card
    from viddiff.programs.stepdiff.projector.trained import TrainedProjector

    card = load_card(folder)
    described = None
    if card.encoder_name != "given":
        described = clip_features(card.encoder_name, card.clip, card.options.frames, settings)
        if described.encoder.key != card.encoder:
            raise InputError(
                f"The projector was trained on features of the encoder {card.encoder!r}, which is not available."
            )
    return TrainedProjector(folder, described)
