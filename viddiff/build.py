"""From settings to everything that they describe: limits, models, the localizer, programs. The only factory."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff.core.alignment import Alignment
from viddiff.core.errors import InputError, UsageError
from viddiff.core.extras import need_clip, need_projector
from viddiff.core.settings import MethodName, Settings
from viddiff.core.shared_store import of_settings
from viddiff.core.types import Progress, silent
from viddiff.video import FrameStore, Limits

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.localizer.clip.pooled import PooledClip
    from viddiff.localizer.localizer import Localizer
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.compiled.artifact import ProgramLike
    from viddiff.programs.compiled.components import Program
    from viddiff.programs.skilldiff.explainer import SkillExplainer
    from viddiff.programs.stepdiff.answerer import StepAnswerer
    from viddiff.programs.stepdiff.captioner import StepCaptioner
    from viddiff.programs.stepdiff.checker import StepChecker
    from viddiff.programs.stepdiff.instructions import InstructionComparer
    from viddiff.programs.stepdiff.projector.features import VideoFeatures
    from viddiff.programs.stepdiff.projector.options import EncoderName
    from viddiff.programs.stepdiff.projector.paired import PairedClips
    from viddiff.programs.stepdiff.ranker import StepRanker
    from viddiff.programs.viddiff.calibration import OpinionWeights
    from viddiff.programs.viddiff.measured import Measured
    from viddiff.programs.viddiff.plans import Plans
    from viddiff.programs.viddiff.program import VidDiff
    from viddiff.programs.viddiff.two_looks import TwoLooks
    from viddiff.video.loaded import LoadedVideo

    Compiled = tuple[Program, ...]

#: Method -> the compiled components that it runs; a planner is run by every method that measures.
RUNS: Mapping[str, frozenset[str]] = {
    "viddiff": frozenset({"proposer", "differencer"}),
    "two_looks": frozenset({"finder", "judge"}),
}
#: The compiled components that choose the published method where nothing else does.
OF_STAGES = RUNS["viddiff"]
#: The compiled components that programs on steps run.
OF_STEPS = frozenset({"captioner", "comparer", "ranker", "verifier"})
#: The most that a question shows of both videos.
IMAGES_OF_A_QUESTION = 12


def video_limits(settings: Settings) -> Limits:
    """What the settings refuse of a video."""
    return Limits(
        max_bytes=int(settings.max_video_mb * 2**20),
        max_duration_s=settings.max_video_s,
        max_pixels=settings.max_video_pixels,
        max_frames=settings.max_sampled_frames,
    )


def frame_store(settings: Settings) -> FrameStore:
    """Where frames and readings of videos are kept.

    Raises:
        UsageError, StoreError: the store that machines share cannot be used.
    """
    return FrameStore(settings.cache_dir if settings.cache else None, of_settings(settings.store))


def models(lm: str | dspy.LM | LMs | None, settings: Settings) -> LMs:
    """The models by role: those handed in, else those of the settings.

    Raises:
        BackendError, UsageError: a model string that cannot be.
    """
    from viddiff.lms import LMs

    if isinstance(lm, LMs):
        return lm
    if lm is not None and not isinstance(lm, str):
        return LMs(
            lm,
            budget_usd=settings.max_cost,
            max_calls=settings.max_calls,
            price=settings.price,
            table=settings.models,
        )
    text, vision = (lm, lm) if lm is not None else settings.model_names
    return LMs(
        text,
        vision,
        settings.judge_lm,
        settings.reflection_lm,
        budget_usd=settings.max_cost,
        max_calls=settings.max_calls,
        price=settings.price,
        table=settings.models,
        api_base=settings.api_base,
        timeout_s=settings.timeout_s,
        retries=settings.retries,
        cache=settings.cache,
        batches=settings.cache_dir / "answers" / "batches" if settings.provider_batch else None,
    )


def fit_to_model(settings: Settings, lms: LMs | None, n_images: int) -> Settings:
    """The settings with frames that fit the vision model where a request holds up to ``n_images``.

    Raises:
        UsageError: the model is known not to see.
    """
    if lms is None:
        return settings
    from viddiff.lms.limits import check_vision, fit_settings

    limits = lms.limits["vision"]
    check_vision(lms.lms["vision"].model, limits)
    return fit_settings(settings, limits, n_images)


def check_localizer(settings: Settings) -> None:
    """Whether there is a localizer of that name, and what it needs, before a video is read.

    Without a name it is the default, which gives way to one that needs no CLIP unless a CLIP model was chosen.

    Raises:
        UsageError: there is none, or it needs a pose and that is switched off.
        BackendError: it needs CLIP or an estimator of pose, and their libraries or weights are not there.
    """
    from viddiff.localizer.strategies import STRATEGIES

    chosen = None if settings.localizer is None else STRATEGIES[settings.localizer]
    if chosen.reads_text if chosen else settings.clip is not None:
        need_clip()
    if chosen is not None and chosen.reads_pose:
        check_pose(settings)


def localizer(settings: Settings, poses: PoseReader | None = None) -> Localizer:
    """The localizer of the settings. What the user chose must work; the default gives way to motion.

    Args:
        poses: what the strategy pose reads.
    """
    from viddiff.localizer.clip.encoder import DEFAULT_CLIP, ClipEncoder
    from viddiff.localizer.clip.store import EmbeddingStore
    from viddiff.localizer.localizer import Localizer

    chosen = settings.localizer is not None or settings.clip is not None
    return Localizer(
        settings.localizer or "viterbi",
        ClipEncoder(
            settings.clip or DEFAULT_CLIP,
            precision=settings.clip_dtype,
            folder=settings.cache_dir if settings.cache else None,
        ),
        EmbeddingStore(settings.cache_dir / "embeddings" if settings.cache else None, of_settings(settings.store)),
        seed=settings.seed,
        fallback=None if chosen else Localizer("motion"),
        skip_similar=settings.skip_similar,
        poses=poses,
    )


def clip_name(settings: Settings) -> str:
    """The CLIP model of the settings."""
    from viddiff.localizer.clip.encoder import DEFAULT_CLIP

    return settings.clip or DEFAULT_CLIP


def pooled_clip(settings: Settings) -> PooledClip:
    """What embeds whole clips and texts, with the CLIP model of the settings."""
    from viddiff.localizer.clip.encoder import ClipEncoder
    from viddiff.localizer.clip.pooled import PooledClip
    from viddiff.localizer.clip.store import EmbeddingStore

    store = EmbeddingStore(settings.cache_dir / "embeddings" if settings.cache else None, of_settings(settings.store))
    return PooledClip(ClipEncoder(clip_name(settings)), store, step_frames(settings))


def poses(settings: Settings) -> PoseReader:
    """What estimates pose and knows what was estimated; nothing is opened before a video is read."""
    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.reader import PoseReader

    return PoseReader(choice_of(settings))


def check_pose(settings: Settings) -> None:
    """Whether pose can be estimated.

    Raises:
        UsageError: it is switched off. BackendError: its library or its weights are not there.
    """
    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.kinds import estimator_kind

    if settings.pose == "none":
        raise UsageError("Pose is switched off (--pose none), and wanted: name an estimator.")
    estimator_kind(settings.pose).identity(choice_of(settings))


def alignment(a: LoadedVideo, b: LoadedVideo, poses: PoseReader | None) -> Alignment | None:
    """Which moments of two videos are the same; None where neither pose nor frames show it."""
    from viddiff.localizer.alignment.videos import align_videos

    try:
        return align_videos(a, b, poses)
    except InputError:
        return None


def plans(settings: Settings, lms: LMs | None = None, compiled: Compiled = ()) -> Plans:
    """Who says what is measured for a statement; a compiled planner where there is one.

    Raises:
        UsageError: a model is to say it, and there is none. InputError: a file that holds no plans.
    """
    from viddiff.programs.viddiff.plans import GrammarPlans, ModelPlans, WrittenPlans

    if settings.plans == "grammar":
        return GrammarPlans()
    if settings.plans != "model":
        return WrittenPlans.read(Path(settings.plans))
    if lms is None:
        raise UsageError("--plans model asks a text model, and there is none: give --lm or --text-lm.")
    from viddiff.programs.compiled.components import new_program, one_of
    from viddiff.programs.viddiff.planner import MeasurementPlanner

    planner = one_of(MeasurementPlanner, compiled) or new_program("planner", settings.attempts)
    assert isinstance(planner, MeasurementPlanner)
    return ModelPlans(planner, lms)


def measured_program(poses: PoseReader | None, plans: Plans | None = None) -> Measured:
    """The measured program."""
    from viddiff.programs.viddiff.measured import Measured

    return Measured(poses, plans)


def compiled_programs(settings: Settings, has_lm: bool, program: ProgramLike | Sequence[ProgramLike] = ()) -> Compiled:
    """The given programs, or where there are none those of the settings, read and checked before anything is asked.

    Raises:
        UsageError: two for one component, or no model to run them with. InputError: a file that cannot be used.
    """
    if program == () and not settings.program:
        return ()
    if not has_lm:
        raise UsageError(
            '--program needs a model to run it with: give --lm, e.g. --lm openai/gpt-4o (in Python lm="openai/gpt-4o").'
        )
    from viddiff.programs.compiled.artifact import as_tuple, programs_of

    return programs_of(as_tuple(program) or settings.program, settings.attempts, settings.cache_dir)


def program(
    settings: Settings,
    lms: LMs | None,
    compiled: Compiled,
    localizer: Localizer,
    poses: PoseReader | None = None,
    plans: Plans | None = None,
    progress: Progress = silent,
) -> VidDiff:
    """The VidDiff program of the settings."""
    from viddiff.programs.compiled.components import one_of
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.viddiff.program import VidDiff
    from viddiff.programs.viddiff.proposer import Proposer

    return VidDiff(
        lms,
        proposer=one_of(Proposer, compiled) or Proposer(settings.attempts, published=settings.preset == "paper"),
        differencer=one_of(Differencer, compiled) or Differencer(settings.attempts),
        localizer=localizer,
        frames=settings.frames,
        measure=settings.measurements,
        poses=poses,
        plans=plans,
        swap=settings.swap,
        batch=settings.batch_questions,
        threads=settings.threads,
        progress=progress,
    )


def two_looks(
    settings: Settings,
    lms: LMs | None,
    compiled: Compiled = (),
    poses: PoseReader | None = None,
    plans: Plans | None = None,
    progress: Progress = silent,
) -> TwoLooks:
    """The program that looks twice, of the settings."""
    from viddiff.programs.compiled.components import one_of
    from viddiff.programs.viddiff.finder import Finder
    from viddiff.programs.viddiff.judge import Judge
    from viddiff.programs.viddiff.looking_proposer import LookingProposer
    from viddiff.programs.viddiff.proposer import Proposer
    from viddiff.programs.viddiff.two_looks import TwoLooks

    return TwoLooks(
        lms,
        finder=one_of(Finder, compiled) or Finder(settings.attempts),
        judge=one_of(Judge, compiled) or Judge(settings.attempts),
        proposer=LookingProposer(settings.attempts),
        text_proposer=Proposer(settings.attempts),
        proposes=settings.proposer,
        weights=weights(settings),
        effort=settings.effort,
        without=settings.without,
        measure=settings.measurements,
        poses=poses,
        plans=plans,
        threads=settings.threads,
        progress=progress,
    )


def weights(settings: Settings) -> OpinionWeights | None:
    """The weights of the settings; None: those of the program.

    Raises:
        InputError: a file that holds none.
    """
    from viddiff.programs.viddiff.weights import read_weights

    return read_weights(settings.weights) if settings.weights else None


def check_weights(method: str, settings: Settings) -> None:
    """Whether the weights of the settings can be used, before a video is read.

    Raises:
        UsageError: the method has none. InputError: a file that holds none.
    """
    if settings.weights is not None and method != "two_looks":
        raise UsageError(f"The method {method} has no weights: leave --weights out, or give --method two_looks.")
    weights(settings)


def module(
    name: str,
    settings: Settings,
    lms: LMs | None,
    compiled: Compiled,
    poses: PoseReader,
    plans: Plans,
    progress: Progress = silent,
) -> dspy.Module:
    """The program of that name, which takes action, video_a, video_b, differences and n_differences."""
    if name == "measured":
        progress("measuring", 0, 0)
        return measured_program(poses, plans)
    if name == "two_looks":
        return two_looks(settings, lms, compiled, poses, plans, progress)
    return program(settings, lms, compiled, localizer(settings, poses), poses, plans, progress)


def step_frames(settings: Settings) -> int:
    """Frames of a clip that the programs on steps show."""
    from viddiff.programs.stepdiff.clips import FRAMES

    return FRAMES[settings.effort]


def labels_of(compiled: Compiled) -> dict[str, str]:
    """Component -> which compiled program; empty without any."""
    if not compiled:
        return {}
    from viddiff.programs.compiled.artifact import artifacts_of

    return {artifact.component: artifact.label for artifact in artifacts_of(*compiled)}


def step_pair(
    settings: Settings, reference: LoadedVideo, candidate: LoadedVideo, is_part: bool = False
) -> tuple[LoadedVideo, LoadedVideo, str | None]:
    """Both clips as programs on steps show them, and why frames are not aligned where the settings want it.

    Args:
        is_part: whether they are parts of videos; pose is read of whole videos alone.
    """
    if settings.frames != "aligned":
        return reference, candidate, None
    from viddiff.localizer.alignment.same_moments import at_same_moments

    return at_same_moments(reference, candidate, step_frames(settings), None if is_part else poses(settings))


def step_programs(settings: Settings) -> Compiled:
    """The compiled programs of the settings, for programs on steps.

    Raises:
        UsageError: one that no program on steps runs. InputError: a file that cannot be used.
    """
    from viddiff.programs.compiled.components import component_of

    compiled = compiled_programs(settings, has_lm=True)
    for one in compiled:
        if component_of(one) not in OF_STEPS and not one.optional:
            raise UsageError(f"Programs on steps run no compiled {component_of(one)}: leave --program out.")
    return tuple(one for one in compiled if component_of(one) in OF_STEPS)


def step_checker(settings: Settings) -> StepChecker:
    """The program that checks what is said of a step; a compiled verifier where there is one."""
    from viddiff.programs.compiled.components import one_of
    from viddiff.programs.stepdiff.checker import StepChecker

    return one_of(StepChecker, step_programs(settings)) or StepChecker(settings.attempts)


def step_captioner(
    settings: Settings, lms: LMs | None, checks: bool = True, progress: Progress = silent
) -> StepCaptioner:
    """The program that tells the differences of a step by category."""
    from viddiff.programs.compiled.components import one_of
    from viddiff.programs.stepdiff.captioner import DifferenceCaptioner, StepCaptioner

    return StepCaptioner(
        lms,
        captioner=one_of(DifferenceCaptioner, step_programs(settings)),
        checker=step_checker(settings),
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
    from viddiff.programs.compiled.components import one_of
    from viddiff.programs.stepdiff.ranker import CandidateComparer, SimilarityGrader, StepRanker

    return StepRanker(
        lms,
        grader=one_of(SimilarityGrader, step_programs(settings)),
        comparer=one_of(CandidateComparer, step_programs(settings)),
        effort=settings.effort,
        compares=compares,
        attempts=settings.attempts,
        threads=settings.threads,
        progress=progress,
    )


def projector_named(lm: object, settings: Settings) -> Path | None:
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
    from viddiff.localizer.clip.encoder import ClipEncoder
    from viddiff.programs.stepdiff.projector.features import ClipPatches, Encoder, GreyEncoder, VideoFeatures

    folder = settings.cache_dir if settings.cache else None
    encoder: Encoder = GreyEncoder()
    if name == "clip":
        need_clip()
        encoder = ClipPatches(ClipEncoder(clip, precision=settings.clip_dtype, folder=folder))
    return VideoFeatures(encoder, n_frames, folder / "features" if folder else None)


def paired_clips(folder: Path, settings: Settings) -> PairedClips:
    """The projector in a folder of ``viddiff steps train``, ready to be asked.

    Raises:
        BackendError: torch or transformers are not installed, or the language model cannot be had.
        InputError: there is none, or it is damaged.
    """
    need_projector()
    from viddiff.programs.stepdiff.projector.checkpoint import load_card
    from viddiff.programs.stepdiff.projector.paired import PairedClips

    card = load_card(folder)
    described = None
    if card.encoder_name != "given":
        described = clip_features(card.encoder_name, card.clip, card.options.frames, settings)
        if described.encoder.key != card.encoder:
            raise InputError(f"The projector was trained on frames described by {card.encoder!r}, which are not here.")
    return PairedClips(folder, described)


def skill_explainer(
    settings: Settings, lms: LMs | None, compiled: Compiled = (), progress: Progress = silent
) -> SkillExplainer:
    """The program that explains the costliest parts of a performance; it runs a compiled differencer.

    Raises:
        UsageError: a compiled program that it does not run.
    """
    from viddiff.programs.compiled.components import component_of, one_of
    from viddiff.programs.differencer import Differencer
    from viddiff.programs.skilldiff.explainer import SkillExplainer

    for one in compiled:
        if component_of(one) != "differencer" and not one.optional:
            raise UsageError(
                f"An explanation runs no compiled {component_of(one)}: give a differencer, or leave --program out."
            )
    return SkillExplainer(
        lms,
        differencer=one_of(Differencer, compiled),
        attempts=settings.attempts,
        threads=settings.threads,
        progress=progress,
    )


@contextmanager
def asking(settings: Settings, *stores: FrameStore) -> Iterator[None]:
    """Within this context programs ask as the settings say; dspy's histories, which would hold images, stay empty.

    Requests find frames in ``stores`` and in those of the videos that a program is given.
    """
    import dspy

    from viddiff.lms import adapter_of
    from viddiff.lms.tracing import tracers
    from viddiff.signatures.clip import open_stores

    callbacks = [*(dspy.settings.callbacks or []), *tracers(settings.mlflow)]
    asked = dspy.context(adapter=adapter_of(settings.adapter), callbacks=callbacks, trace=[], disable_history=True)
    with asked, open_stores(*stores):
        yield


def method(settings: Settings, compiled: Compiled) -> MethodName:
    """The method of the settings; where they leave it open, the one that runs the compiled programs.

    Raises:
        UsageError: see ``programs_used``.
    """
    chosen = settings.chosen_method
    if compiled and settings.method is None:
        from viddiff.programs.compiled.components import component_of

        alone = {component_of(one) for one in compiled if not one.optional}
        every = {component_of(one) for one in compiled}
        stages = alone & OF_STAGES or (not every & RUNS[chosen] and every & OF_STAGES)
        chosen = "viddiff" if stages else chosen
    programs_used(chosen, settings, compiled)
    return chosen


def programs_used(method: str, settings: Settings, compiled: Compiled) -> Compiled:
    """The compiled programs that a method runs; of a file with several the others lie idle.

    Raises:
        UsageError: it does not run one that was given alone; or that is a planner, and there are no model plans.
    """
    if not compiled:
        return ()
    from viddiff.programs.compiled.components import component_of

    faults = {one: fault_of_program(component_of(one), method, settings) for one in compiled}
    fault = next((fault for one, fault in faults.items() if fault and not one.optional), None)
    if fault:
        raise UsageError(fault)
    return tuple(one for one, fault in faults.items() if not fault)


def fault_of_program(component: str, method: str, settings: Settings) -> str | None:
    """Why a method does not run a compiled component, in a sentence; None: it does."""
    if component == "planner":
        if settings.plans == "model":
            return None
        return "A compiled planner is asked with --plans model: add it, or leave --program out."
    if component in OF_STEPS:
        return (
            f"A compiled {component} is run by viddiff steps, and by viddiff eval on files of StepDiff: leave "
            "--program out."
        )
    if component in RUNS.get(method, ()):
        return None
    runs = " or ".join(name for name in RUNS if component in RUNS[name])
    return f"The method {method} runs no compiled {component}: leave --program out, or give --method {runs}."


def document(settings: Settings) -> dict[str, Any]:
    """Settings for a document: without paths of this machine."""
    paths = {"cache_dir", "api_base", "program", "mlflow", "pose_model", "plans", "weights", "store"}
    return settings.model_dump(mode="json", exclude=paths)
