"""``viddiff eval``: from a data set and a method to a run folder with its result."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from viddiff import build
from viddiff.build import fit_to_model, models, poses
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Comparison, Outcome, Progress, Record
from viddiff.core.versions import versions
from viddiff.eval.dataset import DataSet, Sample
from viddiff.eval.journal import Journal, opened, records_of
from viddiff.eval.manifest import (
    FILE,
    Control,
    Manifest,
    Mode,
    claim,
    prompts_hash,
    read_manifest,
)
from viddiff.eval.runner import Runner, RunState
from viddiff.eval.viddiffbench import results
from viddiff.eval.viddiffbench.data import clip_span, load_data, resolve_video, videos_root
from viddiff.eval.viddiffbench.judges import Judge, JudgeName, judge_named
from viddiff.eval.viddiffbench.matching import Matching
from viddiff.eval.viddiffbench.methods import METHODS, Setup
from viddiff.eval.viddiffbench.methods.viddiff import ORACLE
from viddiff.eval.viddiffbench.predictions import write_predictions
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.lms import LMs
from viddiff.localizer.clip.encoder import DEFAULT_CLIP, ClipEncoder
from viddiff.localizer.strategies import STRATEGIES
from viddiff.motion.pose.reader import PoseReader

#: Settings that can change an answer; they are part of what a run is.
_DECIDING = frozenset(
    {
        "adapter",
        "attempts",
        "preset",
        "clip",
        "skip_similar",
        "frames",
        "measurements",
        "pose",
        "person",
        "pose_fps",
        "swap",
        "batch_questions",
        "seed",
        "max_side",
        "decoder",
        "models",
    }
)


class Options(Record):
    """What ``viddiff eval`` was asked to do, beside the settings."""

    data: str
    videos: str | None = None
    mode: Mode = "closed"
    split: str | None = None
    method: str = "viddiff"
    localizer: str | None = None
    control: Control = "none"
    limit: int | None = None
    per_action: int | None = None
    shard: tuple[int, int] | None = None
    allow_missing: bool = False
    judge: JudgeName = "lm"
    keep_failed: bool = False
    """Score what failed as it stands; else what failed for a reason that passes is asked again."""


def evaluate(options: Options, settings: Settings, out: Path, progress: Progress) -> RunResult:
    """Run, or go on with, the run in ``out``; its result, which also stands there.

    Raises:
        UsageError: other settings than the run was made with, or another process on it.
        InputError: the data or a video. BackendError: a model. BudgetError: the budget ended the run for now.
    """
    check_localizer(options.localizer)
    dataset = load_data(options.data, Path(options.videos) if options.videos else None)
    samples = chosen(dataset, options)
    method = METHODS[options.method]
    settings = fit_to_model(settings, models_of(options, settings), method.n_images)
    manifest = manifest_of(dataset, options, settings)
    with opened(out) as journal:
        if not (out / FILE).exists():
            fetch_weights(manifest.localizer, settings)
        claim(out, manifest)
        memory = RunState(journal, options.keep_failed)
        lms = models_of(options, affordable(settings, memory.spent_usd, memory.n_asked))
        judge = judge_of(options, settings, lms)
        root = videos_root(options.data, Path(options.videos) if options.videos else None)
        locate = functools.partial(located, root)
        poses = poses_of(options, settings)
        answer = method.start(Setup(options.mode, settings, samples, memory, lms, manifest.localizer, poses))
        runner = Runner(manifest, memory, answer, method.fps, locate, settings, lms, poses, progress)
        runner.run(samples)
        result = finished(out, manifest, samples, journal, judge, settings.threads, progress)
        # The judge asked, too.
        runner.keep_usage()
        results.write(out, results.USAGE, results.usage_of(journal.read()))
        return result


def check_localizer(name: str | None) -> None:
    """Whether there is such a localizer; the key points of the data ("oracle") serve as one.

    Raises:
        UsageError: there is none of that name.
    """
    if name != ORACLE:
        build.check_localizer(name)


def fetch_weights(localizer: str | None, settings: Settings) -> None:
    """The weights of the localizer are had before anything is asked, and before the folder is bound to settings."""
    if localizer is not None and localizer in STRATEGIES and STRATEGIES[localizer].reads_text:
        ClipEncoder(settings.clip or DEFAULT_CLIP).fetch()


def models_of(options: Options, settings: Settings) -> LMs | None:
    """The models that a run asks; None for a method that asks none."""
    return models(None, settings) if METHODS[options.method].asks_models else None


def judge_of(options: Options, settings: Settings, lms: LMs | None) -> Judge | None:
    """Who matches the statements of open mode; a method without a model still needs one for that.

    Raises:
        UsageError: the judge needs a model and there is none.
    """
    if options.mode == "closed":
        return None
    if options.judge == "lm" and lms is None:
        lms = models(None, settings) if settings.has_lm else None
    return judge_named(options.judge, lms, settings.attempts, settings.adapter)


def finished(
    out: Path,
    manifest: Manifest,
    samples: Sequence[Sample],
    journal: Journal,
    judge: Judge | None,
    threads: int,
    progress: Progress,
) -> RunResult:
    """Compute and write what a finished run came to."""
    records = journal.read()

    def keep(matching: Matching) -> None:
        journal.append(
            {"type": "matching", "sample": matching.sample_key, "matching": matching.model_dump(mode="json")}
        )

    result = results.result_of(manifest, samples, records, judge, threads, progress, keep)
    answers = results.answers_of(manifest, samples, results.outcomes_of(records)[0])
    write_predictions(out / results.PREDICTIONS, samples, answers.rows)
    results.write(out, results.ANSWERS, answers)
    results.write(out, results.RESULT, result)
    return result


def chosen(dataset: DataSet, options: Options) -> tuple[Sample, ...]:
    """The samples of a run, in the order of the data.

    Raises:
        UsageError: an unknown split, or nothing left.
    """
    splits = list(dict.fromkeys(sample.split for sample in dataset.samples))
    if options.split is not None and options.split not in splits:
        raise UsageError(f"--split {options.split!r} is not in the data: it has {', '.join(splits) or 'none'}.")
    samples = [sample for sample in dataset.samples if options.split in (None, sample.split)]
    if options.per_action is not None:
        samples = first_of_each(samples, options.per_action)
    samples = samples[: options.limit]
    if options.shard is not None:
        index, count = options.shard
        samples = samples[index - 1 :: count]
    if not samples:
        raise UsageError("No pair is left to evaluate: widen --split, --limit, --per-action or --shard.")
    return tuple(samples)


def first_of_each(samples: Sequence[Sample], per_action: int) -> list[Sample]:
    """The first few samples of each action."""
    seen: dict[str, int] = {}
    kept = []
    for sample in samples:
        seen[sample.action_key] = seen.get(sample.action_key, 0) + 1
        if seen[sample.action_key] <= per_action:
            kept.append(sample)
    return kept


def manifest_of(dataset: DataSet, options: Options, settings: Settings) -> Manifest:
    """What decides the result."""
    method = METHODS[options.method]
    asked = dict(zip(("text", "vision"), settings.model_names, strict=True)) if method.asks_models else {}
    deciding = {name: value for name, value in settings.model_dump(mode="json").items() if name in _DECIDING}
    # The sampling rate of the data's domain holds unless the user set one.
    deciding["fps"] = settings.fps if "fps" in settings.model_fields_set else None
    return Manifest(
        data=dataset.name,
        data_hash=dataset.content_hash,
        release=dataset.release,
        mode=options.mode,
        split=options.split,
        method=options.method,
        localizer=method.localizer(options.localizer, settings),
        control=options.control,
        models=asked,
        programs=digests_of(options, settings),
        prompts=prompts_hash(),
        versions={name: version for name, version in versions().items() if name in ("viddiff", "dspy")},
        settings=deciding,
        limit=options.limit,
        per_action=options.per_action,
        shard=options.shard,
        allow_missing=options.allow_missing,
        judge=options.judge if options.mode == "open" else None,
    )


def digests_of(options: Options, settings: Settings) -> dict[str, str]:
    """Stage -> digest of the compiled program; they are read and checked here, before anything else.

    Raises:
        UsageError: a method that runs none. InputError: a file that cannot be used.
    """
    if not settings.program:
        return {}
    if not METHODS[options.method].compiles:
        named = " or ".join(name for name in METHODS if METHODS[name].compiles)
        raise UsageError(f"--program is for the method {named}; {options.method!r} runs no compiled program.")
    from viddiff.programs.compiled.artifact import artifacts_of, programs_of

    programs = programs_of(settings.program, settings.attempts, settings.cache_dir)
    return {artifact.stage: artifact.digest for artifact in artifacts_of(*programs)}


def poses_of(options: Options, settings: Settings) -> PoseReader | None:
    """What estimates pose, for methods that measure; a control that shows one frame is not told of the others."""
    measures = METHODS[options.method].measures(settings)
    return poses(settings) if measures and options.control != "first-frame" else None


def affordable(settings: Settings, spent_usd: float, n_asked: int) -> Settings:
    """The settings with what is left of money and calls after earlier sessions.

    Raises:
        UsageError: nothing is left.
    """
    left: dict[str, float] = {}
    if settings.max_cost is not None:
        left["max_cost"] = settings.max_cost - spent_usd
        if left["max_cost"] <= 0:
            raise UsageError(f"--max-cost {settings.max_cost:g} is spent (${spent_usd:.4f}): raise it to go on.")
    if settings.max_calls is not None:
        left["max_calls"] = settings.max_calls - n_asked
        if left["max_calls"] <= 0:
            raise UsageError(f"--max-calls {settings.max_calls} are used up ({n_asked} made): raise it to go on.")
    return settings.model_copy(update=left)


def located(root: Path, sample: Sample, side: str) -> tuple[Path, float | None, float | None]:
    """Where a video of a sample lies, and the part of it that is the clip."""
    ref = sample.video_a if side == "a" else sample.video_b
    path = resolve_video(root, ref)
    if not path.exists():
        raise InputError(
            f"Video {ref.path!r} of pair {sample.key!r} is not below {str(root)!r}: "
            "fetch it (viddiff data get), name its folder (--videos), or leave such pairs out (--allow-missing)."
        )
    start_s, stop_s = clip_span(ref)
    return path, start_s, stop_s


@dataclass(frozen=True)
class Material:
    """What the page of a run shows beside its result."""

    result: RunResult
    usage: results.RunUsage
    outcomes: dict[str, Outcome]
    samples: tuple[Sample, ...]
    #: By sample key.
    comparisons: dict[str, Comparison]

    @property
    def n_failed(self) -> int:
        """Questions without an answer because something failed or was refused, and pairs that the judge failed on."""
        n_judged = len(self.result.scores.errors) if self.result.scores.mode == "open" else 0
        return n_judged + sum(outcome.n_failed for outcome in self.outcomes.values())

    @property
    def n_passing(self) -> int:
        """Pairs with failures that the same command asks again."""
        return sum(outcome.retryable for outcome in self.outcomes.values())


def material(options: Options, out: Path, result: RunResult) -> Material:
    """The material of a finished run in ``out``."""
    records = records_of(out)
    check_localizer(options.localizer)
    dataset = load_data(options.data, Path(options.videos) if options.videos else None)
    return Material(
        result,
        results.usage_of(records),
        results.outcomes_of(records)[0],
        chosen(dataset, options),
        results.comparisons_of(read_manifest(out), records),
    )
