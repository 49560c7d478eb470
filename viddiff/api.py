"""What users call: two videos in, a comparison out."""

from __future__ import annotations

import contextlib
import datetime
import functools
import tempfile
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import PrivateAttr
from typing_extensions import Self

from viddiff import build
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.settings import MODEL_FREE_METHOD, Settings, load_settings
from viddiff.core.timer import Timer
from viddiff.core.types import Difference, Finding, Outcome, Progress, silent
from viddiff.core.usage import PaidDocument
from viddiff.core.versions import versions
from viddiff.programs.statements import check_action, parse_differences
from viddiff.programs.viddiff.identical import identical_outcome
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    import dspy

    from viddiff.eval.viddiffbench.dataset import DataSet
    from viddiff.eval.viddiffbench.evaluate import Evaluation
    from viddiff.eval.viddiffbench.methods import Method
    from viddiff.lms import LMs
    from viddiff.programs.compiled.artifact import ProgramLike
    from viddiff.report.documents import AnyDocument
    from viddiff.report.media import HasSettings, Media


class MediaDocument(PaidDocument):
    """A document that knows the frames, videos and poses that it was made from; they are no part of it."""

    _media: Media | None = PrivateAttr(None)

    @property
    def media(self) -> Media:
        """``media_from`` with the settings of this folder."""
        return self.media_from(None)

    def media_from(self, settings: Settings | None) -> Media:
        """Its frames, videos and poses; of a document read back what the cache of this machine holds.

        Args:
            settings: say where that cache is; None: environment and viddiff.toml.
        """
        from viddiff.report.media import media_of

        return self._media or media_of(settings or load_settings(), cast("HasSettings", self))

    def with_media(self, media: Media) -> Self:
        """The same document, with these frames, videos and poses."""
        document = self.model_copy()
        document._media = media
        return document

    def report(
        self,
        path: str | PathLike[str],
        *,
        clips: bool = True,
        link: bool = False,
        settings: Settings | None = None,
    ) -> Path:
        """Write the self-contained HTML page to ``path``, with both clips and players where the videos are known.

        >>> import viddiff
        >>> comparison = viddiff.compare("a.mp4", "b.mp4", action="squat")
        >>> comparison.report("page.html", clips=False).name
        'page.html'

        Args:
            path: the file to write.
            clips: whether both clips are in the page.
            link: keep the clips in a folder next to the page, not in it.
            settings: say where the frames of a document that was read back are; None: environment and viddiff.toml.

        Returns:
            ``path``.

        Raises:
            UsageError: the file cannot be written there.
            InputError: a video is not the one that the document is about.
        """
        from viddiff.report.pages import write_page
        from viddiff.report.player_clips import ClipChoice

        choice = ClipChoice(clips=clips, link=link)
        return write_page(cast("AnyDocument", self), Path(path), self.media_from(settings), choice)


class Comparison(ComparisonRecord, MediaDocument):
    """The result of comparing two videos, which can write its own report.

    >>> import viddiff
    >>> comparison = viddiff.compare("a.mp4", "b.mp4", action="squat")
    >>> comparison.report("report.html").name
    'report.html'
    >>> viddiff.Comparison.from_json(comparison.to_json()) == comparison
    True
    """


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

    >>> import viddiff
    >>> comparison = viddiff.compare("a.mp4", "b.mp4", action="bodyweight squat")
    >>> [(one.difference.statement, one.verdict.answer) for one in comparison.differences]
    [('The longest pause is 0.23 seconds longer.', 'b')]
    >>> given = ["the squat is deeper"]
    >>> asked = viddiff.compare("a.mp4", "b.mp4", action="bodyweight squat", differences=given, lm="openai/gpt-4o")
    >>> asked.program, len(asked.differences)
    ('two_looks', 1)

    Args:
        video_a, video_b: video files, or folders of images (then with ``folder_fps``).
        action: what is done in both, e.g. "bodyweight squat".
        differences: statements to judge (closed mode); None: they are proposed (open mode).
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the models of the settings, and where there are none the
            measured program, which asks no model. Answers are cached in the folder of the settings; those of a
            ``dspy.LM`` or ``LMs``, where dspy is configured to keep them.
        program: compiled programs, one for a component at most: files, artifacts or modules, as ``VidDiff`` takes
            them; none: those of the settings.
        settings: all settings; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: single settings by name, e.g. ``fps=8``.

    Returns:
        The differences with their verdicts and frames; a question that failed has a verdict without an answer.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    settings = settings or load_settings(lm=lm if isinstance(lm, str) else None, **options)
    action = check_action(action)
    checked = parse_differences(differences) if differences is not None else None
    with build.answer_cache(settings, build.is_asked_by_settings(lm, settings)):
        return Comparer(settings, lm, program, progress or silent)(video_a, video_b, action, checked)


class Comparer:
    """Compares pairs of videos with the same settings, models, frames and poses; safe for several threads.

    Args:
        settings, lm, program, progress: as of ``compare``.
        threads: decoding threads for a video; None: two videos are read at once, and share the cores.

    Attributes:
        lms: the models; their budget and their count hold for all comparisons together.
        store, poses: where frames and poses go.

    Raises:
        UsageError, InputError, BackendError: settings that cannot be used, before a video is read.
    """

    def __init__(
        self,
        settings: Settings,
        lm: str | dspy.LM | LMs | None = None,
        program: ProgramLike | Sequence[ProgramLike] = (),
        progress: Progress = silent,
        threads: int | None = None,
    ) -> None:
        build.check_localizer(settings)
        self.lms = build.models(lm, settings) if lm is not None or settings.has_lm else None
        sees = lm is not None or settings.has_vision
        is_chosen = settings.method is not None and not build.METHODS[settings.method].asks_models
        self.compiled = build.compiled_programs(settings, self.lms is not None, program)
        self.program = build.method_name(settings, self.compiled) if sees or is_chosen else MODEL_FREE_METHOD
        self.compiled = build.programs_of_method(self.program, settings, self.compiled)
        build.check_weights(self.program, settings)
        self.settings = build.fit_to_model(settings, self.lms if sees else None, build.IMAGES_OF_A_QUESTION)
        self.plans = build.plans(self.settings, self.lms, self.compiled)
        self.store = build.frame_store(self.settings)
        self.poses = build.poses(self.settings)
        self.progress, self.threads = progress, threads

    @functools.cached_property
    def module(self) -> dspy.Module:
        """What answers; one for all comparisons, because it holds the weights and what may be in flight."""
        return build.comparison_program(
            self.program,
            build.ComparisonSetup(self.settings, self.lms, self.compiled, self.poses, self.plans, self.progress),
        )

    def load(self) -> None:
        """Import and make what comparisons need, before several threads do.

        Pydantic reads the docs of fields with ``ast.parse``, which fails in CPython 3.11 while another thread is in it.
        """
        import viddiff.lms.tracing
        import viddiff.localizer.alignment.videos
        import viddiff.motion.figure.cache  # noqa: F401

        _ = self.module

    def __call__(
        self,
        video_a: str | PathLike[str],
        video_b: str | PathLike[str],
        action: str,
        differences: Sequence[Difference] | None,
    ) -> Comparison:
        """The comparison of two videos; ``action`` and ``differences`` were checked.

        Raises:
            InputError, BackendError, BudgetError: as ``compare``.
        """
        from viddiff.localizer.alignment.videos import try_align_videos
        from viddiff.report.media import source_media

        name, timer = self.program, Timer()
        with self.lms.count_usage() if self.lms else contextlib.nullcontext(tuple) as usage:
            with timer("read"):
                a, b = build.read_pair(
                    video_a, video_b, self.settings, self.store, self.progress, self.poses, threads=self.threads
                )
            with timer("compare"):
                if build.is_same_input(a, b):
                    name, outcome = "none", identical_outcome(action, differences, a)
                else:
                    outcome = ask(self.module, action, a, b, differences, self.settings)
        with timer("align"):
            alignment = None if name == "none" else try_align_videos(a, b, self.poses)
        comparison = Comparison(
            **dict(outcome.model_copy(update={"notices": (*self.store.notices, *outcome.notices)})),
            created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            action=action,
            mode="open" if differences is None else "closed",
            program=name,
            video_a=a.info,
            video_b=b.info,
            alignment=alignment,
            programs=build.labels_of(self.compiled) if name != "none" else {},
            usage=usage(),
            budget_reached=self.lms is not None
            and self.lms.budget_reached
            and any(map(is_unanswered, outcome.differences)),
            settings=build.settings_record(self.settings),
            versions=versions(),
            seconds=timer.seconds,
        )
        files = Path(video_a), Path(video_b)
        return comparison.with_media(source_media(self.settings, self.store, self.poses, files))


def evaluate(
    data: DataSet | str | PathLike[str],
    method: Method | str | None = None,
    *,
    videos: str | PathLike[str] | None = None,
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    out: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Evaluation:
    """Run a method on labelled pairs and score it, as ``viddiff eval`` does.

    >>> import viddiff
    >>> made = viddiff.evaluate("pairs.json", "measured")
    >>> made.scores.micro.score, [row.answer for row in made.rows]
    (1.0, ['b'])

    Args:
        data: a data set, or what ``--data`` names; rows of StepDiff are for ``viddiff.steps.evaluate``.
        method: a method, or the name of a registered one (docs/extending.md); None: what ``compare`` uses.
        videos: the folder that video paths are relative to; default: where the data lie.
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the models of the settings.
        settings: all settings; default: environment and viddiff.toml.
        out: the run folder, where a run that was killed resumes; None: nothing is kept.
        progress: called with (task, done, total).
        options: fields of ``viddiff.eval.viddiffbench.options.EvalOptions``, e.g. ``mode="open"``, ``limit=10``.

    Returns:
        Scores, every answer beside its label, outcomes, usage.

    Raises:
        UsageError: an option that cannot be, or ``out`` holds a run with other settings.
        InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    from viddiff.eval.viddiffbench.data import load_data, videos_root
    from viddiff.eval.viddiffbench.dataset import DataSet
    from viddiff.eval.viddiffbench.evaluate import run
    from viddiff.eval.viddiffbench.methods import Method
    from viddiff.eval.viddiffbench.options import method_of, options_of

    run_options = options_of(options)
    settings = settings or load_settings()
    if isinstance(lm, str):
        settings = settings.model_copy(update={"lm": lm, "text_lm": None, "vision_lm": None})
    method_object = (
        method if isinstance(method, Method) else method_of(run_options.model_copy(update={"method": method}), settings)
    )
    folder = None if videos is None else Path(videos)
    dataset = data if isinstance(data, DataSet) else load_data(str(data), folder)
    root = videos_root("" if isinstance(data, DataSet) else str(data), folder)
    lms = None if lm is None or isinstance(lm, str) else build.models(lm, settings)
    with contextlib.ExitStack() as stack:
        stack.enter_context(build.answer_cache(settings, build.is_asked_by_settings(lm, settings)))
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()) if out is None else out)
        return run(dataset, root, method_object, run_options, settings, place, progress or silent, lms)


def ask(
    program: dspy.Module,
    action: str,
    loaded_a: LoadedVideo,
    loaded_b: LoadedVideo,
    differences: Sequence[Difference] | None,
    settings: Settings,
) -> Outcome:
    """Run a program; dspy's traces and histories, which would keep every image, stay empty."""
    with build.asking_context(settings):
        prediction = program(
            action=action,
            video_a=loaded_a,
            video_b=loaded_b,
            differences=differences,
            n_differences=settings.n_differences,
        )
    outcome: Outcome = prediction.outcome
    return outcome


def is_unanswered(finding: Finding) -> bool:
    """Whether a question has no answer."""
    return finding.verdict.answer is None
