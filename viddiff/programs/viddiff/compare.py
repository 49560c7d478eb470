"""From two files to a comparison: settings, videos, program, document."""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Comparison, Difference, Finding, Outcome, Progress
from viddiff.programs.statements import check_action, given_differences
from viddiff.programs.viddiff.identical import same_video
from viddiff.programs.viddiff.measured import Measured
from viddiff.video import FrameStore, Limits, Sampling, load
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.localizer.localizer import Localizer
    from viddiff.motion.pose.reader import PoseReader
    from viddiff.programs.compiled.artifact import ProgramLike
    from viddiff.programs.compiled.state import Program

    Compiled = tuple[Program, ...]

#: The most that a question shows of both videos.
IMAGES_OF_A_QUESTION = 12

#: Libraries whose version can change a result.
_VERSIONS = ("viddiff", "dspy", "litellm", "torch", "open_clip_torch", "numpy", "av")


def compare(
    video_a: str | PathLike[str],
    video_b: str | PathLike[str],
    *,
    action: str,
    differences: Sequence[str | Difference] | None = None,
    lm: str | dspy.LM | LMs | None = None,
    program: ProgramLike | Sequence[ProgramLike] = (),
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Comparison:
    """Compare two videos of the same action.

    Args:
        video_a, video_b: video files, or folders of images (then with ``folder_fps``).
        action: what is done in both, e.g. "bodyweight squat".
        differences: statements to judge (closed mode); None: they are proposed (open mode).
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the models of the settings, and where there are none the
            measured program, which asks no model.
        program: compiled programs, one for a stage at the most: files, artifacts or modules, as ``VidDiff`` takes
            them; none: those of the settings.
        settings: all settings; default: environment and viddiff.toml.
        progress: hears what is being done.
        options: single settings by name, e.g. ``fps=8``.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    named = lm if isinstance(lm, str) else None
    settings = settings or load_settings(lm=named, **options)
    hear = progress or (lambda task, done, total: None)
    action = check_action(action)
    given = given_differences(differences) if differences is not None else None
    clock = Clock()
    # A model string that cannot be is said before anything is read.
    lms = models(lm, settings) if lm is not None or settings.has_lm else None
    compiled = compiled_programs(settings, lms is not None, program)
    settings = seeing(settings, lms, IMAGES_OF_A_QUESTION)
    store = FrameStore(settings.cache_dir if settings.cache else None)
    with clock("read"):
        footage_a, footage_b = read_pair(video_a, video_b, settings, store, hear)
    with clock("compare"):
        program, outcome = run_program(action, footage_a, footage_b, given, lms, settings, compiled, hear)
    comparison = Comparison(
        **dict(outcome.model_copy(update={"notices": (*store.notices, *outcome.notices)})),
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        action=action,
        mode="open" if given is None else "closed",
        program=program,
        video_a=footage_a.info,
        video_b=footage_b.info,
        programs=labels_of(compiled) if program == "viddiff" else {},
        usage=lms.usage if lms else (),
        budget_reached=lms is not None and lms.budget_reached and any(map(unanswered, outcome.differences)),
        settings=written(settings),
        versions=versions(),
        seconds=clock.seconds,
    )
    comparison.keep_open(store, (Path(video_a), Path(video_b)))
    return comparison


def seeing(settings: Settings, lms: LMs | None, n_images: int) -> Settings:
    """The settings with frames that fit the vision model where a request holds up to ``n_images``.

    Raises:
        UsageError: the model is known not to see.
    """
    if lms is None:
        return settings
    from viddiff.lms.limits import check_vision, fitted

    limits = lms.limits["vision"]
    check_vision(lms.lms["vision"].model, limits)
    return fitted(settings, limits, n_images)


def run_program(
    action: str,
    footage_a: LoadedVideo,
    footage_b: LoadedVideo,
    given: Sequence[Difference] | None,
    lms: LMs | None,
    settings: Settings,
    compiled: Compiled,
    hear: Progress,
) -> tuple[str, Outcome]:
    """(name of the program, its outcome): nothing to ask for the same video twice, no model: the measured program."""
    if same_input(footage_a, footage_b):
        return "none", same_video(action, given, footage_a)
    if lms is None:
        return "measured", Measured()(action, footage_a, footage_b, given, settings.n_differences)
    return "viddiff", ask_models(action, footage_a, footage_b, given, lms, settings, compiled, hear)


def read_pair(
    video_a: str | PathLike[str],
    video_b: str | PathLike[str],
    settings: Settings,
    store: FrameStore,
    hear: Progress,
    poses: PoseReader | None = None,
) -> tuple[LoadedVideo, LoadedVideo]:
    """Both videos, read at the same time; each decoder then works on a core of its own.

    With ``poses``, pose is estimated in the same decoding passes.
    """
    limits = video_limits(settings)

    def read(path: str | PathLike[str], side: str) -> LoadedVideo:
        sampling = Sampling(
            fps=settings.fps,
            max_side=settings.max_side,
            start_s=getattr(settings, f"start_{side}"),
            stop_s=getattr(settings, f"stop_{side}"),
            folder_fps=settings.folder_fps,
            decoder=settings.decoder,
            # Two videos are read at once.
            threads=max(1, (os.cpu_count() or 2) // 2),
        )
        task = f"reading {side.upper()}"
        open_stream = poses.open_stream if poses else None
        return load(Path(path), sampling, store, limits, lambda share: hear(task, round(100 * share), 100), open_stream)

    jobs = [functools.partial(read, path, side) for path, side in ((video_a, "a"), (video_b, "b"))]
    footage_a, footage_b = in_parallel(jobs, 2)
    return footage_a, footage_b


def video_limits(settings: Settings) -> Limits:
    """What the settings refuse of a video."""
    return Limits(
        max_bytes=int(settings.max_video_mb * 2**20),
        max_duration_s=settings.max_video_s,
        max_pixels=settings.max_video_pixels,
        max_frames=settings.max_sampled_frames,
    )


def unanswered(finding: Finding) -> bool:
    """Whether a question has no answer."""
    return finding.verdict.answer is None


def same_input(footage_a: LoadedVideo, footage_b: LoadedVideo) -> bool:
    """Whether both inputs are the same part of the same file."""
    keys = [(f.info.source_hash, f.info.start_s, f.info.stop_s) for f in (footage_a, footage_b)]
    return keys[0] == keys[1]


def ask_models(
    action: str,
    footage_a: LoadedVideo,
    footage_b: LoadedVideo,
    given: Sequence[Difference] | None,
    lms: LMs,
    settings: Settings,
    compiled: Compiled,
    hear: Progress,
) -> Outcome:
    """Run the VidDiff program; dspy's traces and histories, which would keep every image, stay empty."""
    import dspy

    from viddiff.lms import adapter_of
    from viddiff.lms.tracing import tracers
    from viddiff.programs.viddiff.differencer import Differencer
    from viddiff.programs.viddiff.program import VidDiff
    from viddiff.programs.viddiff.proposer import Proposer

    program = VidDiff(
        lms,
        program=compiled,
        proposer=Proposer(settings.attempts),
        differencer=Differencer(settings.attempts),
        localizer=localizer(settings),
        frames=settings.frames,
        measure=settings.measurements,
        swap=settings.swap,
        batch=settings.batch_questions,
        threads=settings.threads,
        progress=hear,
    )
    callbacks = [*(dspy.settings.callbacks or []), *tracers(settings.mlflow)]
    adapter = adapter_of(settings.adapter)
    with dspy.context(adapter=adapter, callbacks=callbacks, trace=[], disable_history=True):
        prediction = program(
            action=action,
            video_a=footage_a,
            video_b=footage_b,
            differences=given,
            n_differences=settings.n_differences,
        )
    outcome: Outcome = prediction.outcome
    return outcome


def compiled_programs(settings: Settings, has_lm: bool, program: ProgramLike | Sequence[ProgramLike] = ()) -> Compiled:
    """The given programs, or where there are none those of the settings, read and checked before anything is asked.

    Raises:
        UsageError: two for one stage, or no model to run them with. InputError: a file that cannot be used.
    """
    if program == () and not settings.program:
        return ()
    if not has_lm:
        raise UsageError(
            '--program needs a model to run it with: give --lm, e.g. --lm openai/gpt-4o (in Python lm="openai/gpt-4o").'
        )
    from viddiff.programs.compiled.artifact import listed, programs_of

    programs = programs_of(listed(program) or settings.program, settings.attempts, settings.cache_dir)
    return tuple(module for module in programs if module is not None)


def labels_of(compiled: Compiled) -> dict[str, str]:
    """Stage -> which compiled program; empty without any."""
    if not compiled:
        return {}
    from viddiff.programs.compiled.artifact import artifacts_of

    return {artifact.stage: artifact.label for artifact in artifacts_of(*compiled)}


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
    text, vision = (lm, lm) if lm is not None else model_names(settings)
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
    )


def model_names(settings: Settings) -> tuple[str, str]:
    """The model strings of the text and the vision role.

    Raises:
        BackendError: none is configured.
    """
    text, vision = settings.text_lm or settings.lm, settings.vision_lm or settings.lm
    if text is None or vision is None:
        raise BackendError("No model is configured: give --lm, e.g. --lm openai/gpt-4o.")
    return text, vision


def localizer(settings: Settings) -> Localizer:
    """The localizer of the settings. What the user chose must work; the default gives way to motion."""
    from viddiff.localizer.clip.encoder import DEFAULT_CLIP, ClipEncoder
    from viddiff.localizer.clip.store import EmbeddingStore
    from viddiff.localizer.localizer import Localizer

    chosen = settings.localizer is not None or settings.clip is not None
    return Localizer(
        settings.localizer or "viterbi",
        ClipEncoder(settings.clip or DEFAULT_CLIP),
        EmbeddingStore(settings.cache_dir / "embeddings" if settings.cache else None),
        seed=settings.seed,
        fallback=None if chosen else Localizer("motion"),
        skip_similar=settings.skip_similar,
    )


def written(settings: Settings) -> dict[str, Any]:
    """Settings as they stand in a document: without paths of this machine."""
    return settings.model_dump(mode="json", exclude={"cache_dir", "api_base", "program", "mlflow", "pose_model"})


def versions() -> dict[str, str]:
    """Versions of what can change a result, read without importing it."""
    return dict(_versions())


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in _VERSIONS:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append((name, metadata.version(name)))
    return tuple(found)


class Clock:
    """Wall-clock seconds by part of the work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        """Time what is done inside."""
        start = time.perf_counter()
        yield
        self.seconds[part] = round(time.perf_counter() - start, 3)
