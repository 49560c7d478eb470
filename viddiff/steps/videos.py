"""Two whole videos of one instruction, compared step by step."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viddiff import build
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.programs.stepdiff.results import CATEGORIES
from viddiff.steps.documents import InstructionComparison
from viddiff.steps.inputs import check_categories
from viddiff.steps.session import SAME_CLIP, StepSession
from viddiff.video.loaded import LoadedVideo
from viddiff.video.transcript import Cue, cues_within, read_transcript

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs


def compare_videos(
    reference: str | PathLike[str],
    candidate: str | PathLike[str],
    *,
    transcript_reference: str | PathLike[str] | None = None,
    transcript_candidate: str | PathLike[str] | None = None,
    categories: Sequence[str] = CATEGORIES,
    checks: bool = True,
    lm: str | dspy.LM | LMs | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> InstructionComparison:
    """Find the steps of both videos, match them in order, and compare them one by one.

    >>> from viddiff import steps
    >>> said = {"transcript_reference": "said.vtt"}
    >>> found = steps.compare_videos("reference.mp4", "mine.mp4", **said, lm="openai/gpt-4o")
    >>> [step.name for step in found.steps if step.candidate is None]
    ['preheat the oven']

    Args:
        reference, candidate: video files, or folders of images (then with ``folder_fps``).
        transcript_reference, transcript_candidate: what is said, as VTT or SRT; a video without one is captioned.
        categories, checks, lm, settings, progress, options: as of ``steps.compare``.

    Returns:
        The steps in the order of the reference, those that both videos show with their differences.

    Raises:
        UsageError, InputError, BackendError, BudgetError: see ``viddiff.core.errors``.
    """
    names = check_categories(categories)
    transcripts = [Path(path) if path else None for path in (transcript_reference, transcript_candidate)]
    cues = [read_transcript(path) if path else () for path in transcripts]
    asking = StepSession(lm, settings, progress, options)
    if asking.paired:
        raise UsageError("A projector compares clips of one step and cannot find steps: name the step (--step).")
    a, b = asking.pair(reference, candidate)
    if build.is_same_input(a, b):
        same = InstructionComparison(**asking.document_fields("", a, (SAME_CLIP,)), candidate=b.info, steps=())
        return same.with_media(asking.media)
    program = build.instruction_comparer(asking.settings, asking.lms, checks, asking.progress)
    cues_of = (of_part(cues[0], a, transcripts[0]), of_part(cues[1], b, transcripts[1]))
    prediction = asking.ask(program, reference=a, candidate=b, cues=cues_of, categories=names)
    return InstructionComparison(
        **asking.document_fields(prediction.task, a, prediction.notices),
        candidate=b.info,
        localization=prediction.localization,
        steps=prediction.steps,
    ).with_media(asking.media)


def of_part(cues: tuple[Cue, ...], video: LoadedVideo, transcript: Path | None) -> tuple[Cue, ...]:
    """The cues of the part of a video that is compared.

    Raises:
        InputError: the transcript has none there, so that it is likely that of another video.
    """
    info = video.info
    inside = cues_within(cues, info.start_s, info.stop_s)
    if transcript and not inside:
        raise InputError(
            f"The transcript {transcript.name!r} says nothing from {info.start_s:.0f} to {info.stop_s:.0f} s of "
            f"{info.name!r}: give the transcript of this video, or none to have the video captioned."
        )
    return inside
