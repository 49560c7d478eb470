"""Clips of one step compared, asked about and ranked."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.core.types import FrameRef, Progress
from viddiff.programs.stepdiff.results import CATEGORIES, CategoryDifferences
from viddiff.steps.documents import StepAnswer, StepComparison, StepRanking
from viddiff.steps.inputs import check_candidates, check_categories, check_text
from viddiff.steps.programs import answerer, captioner, ranker
from viddiff.steps.session import SAME_CLIP, StepSession
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs

#: Frames of each clip of a ranking that its page shows.
N_FRAMES = 3


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

    >>> from viddiff import steps
    >>> found = steps.compare("reference.mp4", "mine.mp4", step="fry the onions", lm="openai/gpt-4o")
    >>> [one.difference for of in found.categories for one in of.differences]
    ['The onions are stirred less often.']

    Args:
        reference, candidate: video files, or folders of images (then with ``folder_fps``).
        step: what is done in both, e.g. "fry the onions until golden".
        categories: those of the paper, or a user's own.
        checks: whether differences are checked, for two more calls.
        lm: a model string, a ``dspy.LM`` or ``LMs``; None: the model of the settings.
        settings: all settings; default: environment and viddiff.toml.
        progress: called with (task, done, total).
        options: single settings by name, e.g. ``effort="high"``; ``frames="aligned"`` shows the candidate at the same
            moments of the action as the reference.

    Returns:
        The differences of each category with their checks; a category whose call failed says so.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    step, names = check_text("step", step), check_categories(categories)
    asking = StepSession(lm, settings, progress, options)
    a, b = asking.pair(reference, candidate)
    if build.is_same_input(a, b):
        differences = tuple(CategoryDifferences(category=name) for name in names)
        return StepComparison(
            **asking.document_fields(step, a, (SAME_CLIP,)), candidate=b.info, categories=differences
        ).with_media(asking.media)
    program = captioner(asking, checks)
    reference_clip, (other,) = asking.show(a, [b])
    differences = asking.ask(program, step=step, reference=reference_clip, candidate=other, categories=names).categories
    return StepComparison(**asking.document_fields(step, a), candidate=b.info, categories=differences).with_media(
        asking.media
    )


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
    """The answer to a question about both clips, with the frames that it rests on.

    >>> from viddiff import steps
    >>> steps.ask("reference.mp4", "mine.mp4", "why is mine paler?", lm="openai/gpt-4o").answer.answer
    'It was fried for less time.'

    Args:
        reference, candidate, step, lm, settings, progress, options: as of ``compare``.
        question: in plain words, about what can be seen in both clips.

    Returns:
        The answer with its frames, or why there is none.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    question, step = check_text("question", question), check_text("step", step) if step else ""
    asking = StepSession(lm, settings, progress, options)
    a, b = asking.pair(reference, candidate)
    program = answerer(asking)
    reference_clip, (other,) = asking.show(a, [b])
    answer = asking.ask(program, question=question, reference=reference_clip, candidate=other, step=step).answer
    return StepAnswer(**asking.document_fields(step, a), candidate=b.info, answer=answer).with_media(asking.media)


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

    >>> from viddiff import steps
    >>> clips = ["first.mp4", "second.mp4"]
    >>> found = steps.rank("reference.mp4", clips, category="Technique", lm="openai/gpt-4o")
    >>> [found.candidates[one.index].name for one in found.ranked]
    ['first.mp4', 'second.mp4']

    Args:
        candidates: at least two.
        compares: whether candidates are compared with each other; else each is graded alone.

    Returns:
        The candidates, closest first; those whose call failed come last and say so.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    category, step = check_text("category", category), check_text("step", step) if step else ""
    check_candidates(candidates)
    asking = StepSession(lm, settings, progress, options)
    a, *others = asking.read([reference, *candidates])
    program = ranker(asking, compares)
    reference_clip, candidates_shown = asking.show(a, others)
    prediction = asking.ask(
        program, reference=reference_clip, candidates=candidates_shown, category=category, step=step
    )
    infos = tuple(video.info for video in others)
    ranked = tuple(
        one.model_copy(update={"frames": few_frames(candidates_shown[one.index])}) for one in prediction.ranked
    )
    return StepRanking(
        **asking.document_fields(step, a, prediction.notices),
        category=category,
        candidates=infos,
        ranked=ranked,
        frames=few_frames(reference_clip),
    ).with_media(asking.media)


def few_frames(video: LoadedVideo) -> tuple[FrameRef, ...]:
    """A few frames of a clip, evenly over it, to recognize it by."""
    return overview(video, N_FRAMES, max(video.sequence.width, video.sequence.height))
