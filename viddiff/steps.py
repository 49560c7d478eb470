"""Two or more clips of one step of an instruction in, a document out: differences, an answer, an order.

>>> from viddiff import steps
>>> found = steps.compare("reference.mp4", "mine.mp4", step="fry the onions", lm="openai/gpt-4o")  # doctest: +SKIP
>>> found.categories[2].differences[0].difference  # doctest: +SKIP
'The onions are stirred all the time instead of now and then.'
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff import build
from viddiff.api import is_same_input, read_clip, read_pair
from viddiff.core.errors import InputError, UsageError
from viddiff.core.notices import Notice
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings, load_settings
from viddiff.core.types import Progress, silent
from viddiff.core.versions import versions
from viddiff.programs.statements import unfit
from viddiff.programs.stepdiff.results import (
    CATEGORIES,
    CategoryDifferences,
    StepAnswer,
    StepComparison,
    StepRanking,
)
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs

#: Clips in one request, at the most.
_MOST_CLIPS = 3
#: Of files that are read as videos where a folder is named.
SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")


def compare(
    reference: str | PathLike[str],
    candidate: str | PathLike[str],
    *,
    step: str,
    categories: Sequence[str] = CATEGORIES,
    checks: bool = True,
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> StepComparison:
    """What the candidate does otherwise than the reference, by category, each checked in both orders of the clips.

    Args:
        reference, candidate: video files, or folders of images (then with ``folder_fps``).
        step: what is done in both, e.g. "fry the onions until golden".
        categories: those of the paper, or a user's own.
        checks: whether differences are checked, for two more calls.
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the model of the settings.
        settings: all settings; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: single settings by name, e.g. ``effort="high"``.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    step, names = checked("step", step), checked_categories(categories)
    asking = _Asking(lm, settings, progress, options)
    a, b = asking.pair(reference, candidate)
    if is_same_input(a, b):
        found = tuple(CategoryDifferences(category=name) for name in names)
        notice = Notice("same_video", "Both videos are the same clip: nothing was asked.")
        return StepComparison(**asking.about(step, a, (notice,)), candidate=b.info, categories=found)
    program = build.step_captioner(asking.settings, asking.lms, checks, asking.progress)
    found = asking.ask(program, step=step, reference=a, candidate=b, categories=names).categories
    return StepComparison(**asking.about(step, a), candidate=b.info, categories=found)


def ask(
    reference: str | PathLike[str],
    candidate: str | PathLike[str],
    question: str,
    *,
    step: str = "",
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> StepAnswer:
    """The answer to a question about both clips, with the frames that it rests on; arguments as of ``compare``.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    question, step = checked("question", question), checked("step", step) if step else ""
    asking = _Asking(lm, settings, progress, options)
    a, b = asking.pair(reference, candidate)
    program = build.step_answerer(asking.settings, asking.lms)
    answer = asking.ask(program, question=question, reference=a, candidate=b, step=step).answer
    return StepAnswer(**asking.about(step, a), candidate=b.info, answer=answer)


def rank(
    reference: str | PathLike[str],
    candidates: Sequence[str | PathLike[str]],
    *,
    category: str,
    step: str = "",
    compares: bool = True,
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> StepRanking:
    """Which candidate comes closest to the reference in a category; other arguments as of ``compare``.

    Args:
        candidates: at least two.
        compares: whether candidates are compared with each other; else each is graded alone.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    category, step = checked("category", category), checked("step", step) if step else ""
    check_candidates(candidates)
    asking = _Asking(lm, settings, progress, options)
    a, *others = asking.read([reference, *candidates])
    program = build.step_ranker(asking.settings, asking.lms, compares, asking.progress)
    said = asking.ask(program, reference=a, candidates=others, category=category, step=step)
    infos = tuple(video.info for video in others)
    return StepRanking(**asking.about(step, a, said.notices), category=category, candidates=infos, ranked=said.ranked)


class _Asking:
    """The settings, models and frames of one document."""

    def __init__(
        self,
        lm: str | dspy.LM | LMs | None,
        settings: Settings | None,
        progress: Progress | None,
        options: dict[str, Any],
    ) -> None:
        settings = settings or load_settings(lm=lm if isinstance(lm, str) else None, **options)
        self.lms = build.models(lm, settings)
        self.settings = build.fit_to_model(settings, self.lms, _MOST_CLIPS * build.step_frames(settings))
        self.store = build.frame_store(self.settings)
        self.progress = progress or silent

    def pair(self, reference: str | PathLike[str], candidate: str | PathLike[str]) -> tuple[LoadedVideo, LoadedVideo]:
        """Both clips; ``start_b`` and ``stop_b`` are of the candidate."""
        return read_pair(reference, candidate, self.settings, self.store, self.progress)

    def read(self, paths: Sequence[str | PathLike[str]]) -> list[LoadedVideo]:
        """The reference and candidates, two at a time."""
        jobs: list[Callable[[], LoadedVideo]] = [
            functools.partial(read_clip, path, side, self.settings, self.store, self.progress, None, threads=1)
            for path, side in zip(paths, "a" + "b" * (len(paths) - 1), strict=True)
        ]
        return in_parallel(jobs, 2)

    def ask(self, program: dspy.Module, **inputs: Any) -> dspy.Prediction:
        """The prediction of a program."""
        with build.asking(self.settings):
            return program(**inputs)

    def about(self, step: str, reference: LoadedVideo, notices: Sequence[str] = ()) -> dict[str, Any]:
        """What every document has."""
        return {
            "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "step": step,
            "reference": reference.info,
            "notices": (*self.store.notices, *notices),
            "usage": tuple(self.lms.usage),
            "settings": build.document(self.settings),
            "versions": versions(),
        }


def checked(what: str, text: str) -> str:
    """A text of the user on one line.

    Raises:
        InputError: empty, too long, or holding what must not reach a prompt.
    """
    fault = unfit(text)
    if fault:
        raise InputError(f"The {what} {text[:60]!r} {fault}: say it in a few plain words.")
    return " ".join(text.split())


def checked_categories(names: Sequence[str]) -> tuple[str, ...]:
    """The categories, each once.

    Raises:
        InputError: one that cannot be asked. UsageError: there is none.
    """
    if not names:
        raise UsageError("There is no category to compare in: name one, or leave --category out.")
    return tuple(dict.fromkeys(checked("category", name) for name in names))


def check_candidates(paths: Sequence[str | PathLike[str]]) -> None:
    """Raise UsageError where there is nothing to rank."""
    if len(paths) < 2:
        raise UsageError(f"{len(paths)} candidate has no order: give at least two videos, or a folder with them.")


def videos_in(folder: Path) -> list[Path]:
    """The video files of a folder, by name.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    except OSError as error:
        raise InputError(f"The folder {str(folder)!r} cannot be read ({error.strerror}): check the path.") from None
