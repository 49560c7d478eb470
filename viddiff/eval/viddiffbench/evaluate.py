"""``viddiff eval``: from a data set and a method to a run folder with its result."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from viddiff import build
from viddiff.build import fit_to_model, models, poses
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import UsageError
from viddiff.core.files import read_bytes
from viddiff.core.settings import Settings
from viddiff.core.types import Outcome, Progress
from viddiff.eval.cluster import Cluster
from viddiff.eval.journal import Journal, open_journal, records_of
from viddiff.eval.manifest import FILE, claim, read_manifest
from viddiff.eval.session import RunUsage, Session, usage_of
from viddiff.eval.viddiffbench import results
from viddiff.eval.viddiffbench.data import load_data, videos_root
from viddiff.eval.viddiffbench.data.videos import locate_clip
from viddiff.eval.viddiffbench.dataset import AnswerRow, DataSet, Sample
from viddiff.eval.viddiffbench.identity import manifest_of
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.matchers import StatementMatcher, matcher_of
from viddiff.eval.viddiffbench.matching import Matching
from viddiff.eval.viddiffbench.methods import Method, MethodContext
from viddiff.eval.viddiffbench.methods.viddiff import ORACLE
from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores
from viddiff.eval.viddiffbench.options import EvalOptions, choose_samples, method_of
from viddiff.eval.viddiffbench.predictions import write_predictions
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.eval.viddiffbench.run_comparison import read_answers
from viddiff.eval.viddiffbench.runner import Runner, RunState
from viddiff.lms import LMs
from viddiff.localizer.strategies import STRATEGIES
from viddiff.motion.pose.reader import PoseReader


def evaluate(options: EvalOptions, settings: Settings, out: Path, progress: Progress) -> RunResult:
    """``run`` on what the options name; its result.

    Raises:
        UsageError, InputError, BackendError, BudgetError: as ``run``.
    """
    check_localizer(options.localizer, settings)
    videos = Path(options.videos) if options.videos else None
    dataset, root = load_data(options.data, videos), videos_root(options.data, videos)
    return run(dataset, root, method_of(options, settings), options, settings, out, progress).result


def run(
    dataset: DataSet,
    root: Path,
    method: Method,
    options: EvalOptions,
    settings: Settings,
    out: Path,
    progress: Progress,
    lms: LMs | None = None,
) -> Evaluation:
    """Run, or go on with, the run in ``out``; what came of it, which also stands there.

    Args:
        dataset, root: labelled pairs, and the folder that their video paths are relative to.
        method: what answers them.
        options: which pairs, and how; ``data``, ``videos`` and ``method`` were read before.
        settings: how videos are read and models are asked.
        out: the run folder.
        progress: called with how many pairs are done.
        lms: models by role; None: those of the settings.

    Raises:
        UsageError: other settings than the run was made with, or another process on it.
        InputError: a video. BackendError: a model. BudgetError: the budget ended the run for now.
    """
    check_localizer(options.localizer, settings)
    samples = choose_samples(dataset, options)
    settings = fit_to_model(settings, lms or models_of(method, settings), method.n_images)
    manifest = manifest_of(dataset, options, settings, method, lms)
    with open_journal(out) as journal:
        if not (out / FILE).exists():
            fetch_weights(manifest.localizer, settings)
        claim(out, manifest)
        session = Session(journal, progress)
        session.lms = lms = lms or models_of(method, session.settings_within_budget(settings))
        state = RunState(journal, session.records, options.keep_failed)
        matcher = matcher_of(options.judge, settings, lms) if options.mode == "open" else None
        poses = poses_of(method, options, settings)
        plans = build.plans(settings, lms, build.compiled_programs(settings, has_lm=True))
        answer = method.start(
            MethodContext(options.mode, settings, samples, state, lms, manifest.localizer, poses, plans)
        )
        locate = functools.partial(locate_clip, root.absolute() if options.engine == "ray" else root)
        with cluster_of(options, settings, manifest.localizer) as cluster:
            # For readers of the journal; results are computed without it.
            state.write({"type": "samples", "n": len(samples)})
            runner = Runner(manifest, state, answer, method.fps, locate, settings, lms, poses, cluster)
            n_threads = max(settings.threads, cluster.n_cpus if cluster else 1)
            session.answer_items("pairs", samples, attrgetter("key"), state.done, runner.answer, n_threads)
        write_results(out, manifest, samples, journal, matcher, settings.threads, progress, method)
        # The matcher asked, too.
        session.keep_usage()
        results.write(out, results.USAGE, usage_of(journal.read()))
    return evaluation_of(out, samples)


def cluster_of(
    options: EvalOptions, settings: Settings, localizer: str | None
) -> contextlib.AbstractContextManager[Cluster | None]:
    """Where clips are read; None: in this process.

    Raises:
        UsageError: no cache, which carries what was read, or no Ray. BackendError: no cluster can be had.
    """
    if options.engine == "local":
        return contextlib.nullcontext()
    if not settings.cache:
        raise UsageError("--engine ray passes clips through the cache: leave --no-cache out.")
    return contextlib.closing(Cluster(settings, options.ray_address, localizer))


def check_localizer(name: str | None, settings: Settings) -> None:
    """Whether a localizer that was named can be used; the key moments of the data ("oracle") serve as one.

    Raises:
        UsageError, BackendError: see ``viddiff.build.check_localizer``.
    """
    if name not in (None, ORACLE):
        build.check_localizer(settings.model_copy(update={"localizer": name}))


def fetch_weights(localizer: str | None, settings: Settings) -> None:
    """The weights of the localizer are had before anything is asked, and before the folder is bound to settings."""
    if localizer is not None and localizer in STRATEGIES and STRATEGIES[localizer].reads_text:
        build.clip_encoder(settings).fetch()


def models_of(method: Method, settings: Settings) -> LMs | None:
    """The models that a run asks; None for a method that asks none, where none plans what it measures."""
    return models(None, settings) if method.asks_models or settings.plans == "model" else None


def write_results(
    out: Path,
    manifest: Manifest,
    samples: Sequence[Sample],
    journal: Journal,
    matcher: StatementMatcher | None,
    threads: int,
    progress: Progress,
    method: Method,
) -> None:
    """Compute and write what a finished run came to."""
    records = journal.read()

    def keep(matching: Matching) -> None:
        journal.append(
            {"type": "matching", "sample": matching.sample_key, "matching": matching.model_dump(mode="json")}
        )

    result = results.result_of(manifest, samples, records, matcher, threads, progress, keep, method)
    answers = results.answers_of(manifest, samples, results.outcomes_of(records)[0])
    write_predictions(out / results.PREDICTIONS, samples, answers.rows)
    results.write(out, results.ANSWERS, answers)
    results.write(out, results.RESULT, result)


def poses_of(method: Method, options: EvalOptions, settings: Settings) -> PoseReader | None:
    """What estimates pose, for methods that measure; a control that shows one frame is not told of the others."""
    return poses(settings) if method.measures(settings) and options.control != "first-frame" else None


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation came to.

    Attributes:
        result: scores with intervals, and what the run was.
        rows: every answer beside its label, as ``viddiff.eval.statistics`` and tables of one's own take them.
        usage: calls, tokens, money and time, over all sessions of the run.
        outcomes: sample key -> everything that was answered.
        samples: the pairs, in the order of the data.
        comparisons: sample key -> the same as a document that can be reported and viewed.
    """

    result: RunResult
    rows: tuple[AnswerRow, ...]
    usage: RunUsage
    outcomes: dict[str, Outcome]
    samples: tuple[Sample, ...]
    comparisons: dict[str, ComparisonRecord]

    @property
    def scores(self) -> ClosedScores | OpenScores:
        """The scores of the result."""
        return self.result.scores

    @property
    def n_failed(self) -> int:
        """Questions without an answer because something failed or was refused, and pairs that the judge failed on."""
        n_judged = len(self.result.scores.errors) if self.result.scores.mode == "open" else 0
        return n_judged + sum(outcome.n_failed for outcome in self.outcomes.values())

    @property
    def n_passing(self) -> int:
        """Pairs with failures that the same command asks again."""
        return sum(outcome.retryable for outcome in self.outcomes.values())


def evaluation_of(out: Path, samples: tuple[Sample, ...]) -> Evaluation:
    """The finished run in ``out``, read back; every number is that of its documents."""
    records = records_of(out)
    return Evaluation(
        result=RunResult.model_validate_json(read_bytes(out / results.RESULT)),
        rows=read_answers(out),
        usage=usage_of(records),
        outcomes=results.outcomes_of(records)[0],
        samples=samples,
        comparisons=results.comparisons_of(read_manifest(out, Manifest), records),
    )
