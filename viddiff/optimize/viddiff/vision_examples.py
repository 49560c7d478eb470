"""Examples of the finder and the judge, which look at frames of all statements of a pair, and how they are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy
import numpy as np

from viddiff.core.settings import Settings
from viddiff.core.types import Difference, Progress, Sides, silent
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods.registry import labelled_differences
from viddiff.eval.viddiffbench.methods.viddiff import key_moments
from viddiff.motion.pairs import pair_of
from viddiff.motion.pose.reader import PoseReader
from viddiff.optimize.feedback import Feedback, join_sentences
from viddiff.optimize.viddiff.examples import ReadPair, labelled_samples
from viddiff.optimize.viddiff.feedback import MEANING, NEAR_S
from viddiff.programs.evidence import evidence_of
from viddiff.programs.viddiff.effort import EFFORTS
from viddiff.programs.viddiff.finder import FinderAnswer, Moments
from viddiff.programs.viddiff.frames import views_of
from viddiff.programs.viddiff.judge import JudgeAnswer
from viddiff.programs.viddiff.plans import GrammarPlans
from viddiff.signatures.clip import Clip
from viddiff.signatures.measurements import measurement_text
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo


@dataclass(frozen=True)
class LabelledVideos:
    """The videos of a pair, its labelled differences, and the key moments of the data."""

    action: str
    a: LoadedVideo
    b: LoadedVideo
    differences: tuple[Difference, ...]
    moments: Mapping[str, Moments]


def finder_examples(
    samples: Sequence[Sample], read: ReadPair, settings: Settings, progress: Progress = silent
) -> list[dspy.Example]:
    """One example for each pair, with an overview of both videos; fields as of ``pair_examples``.

    Raises:
        InputError: a video cannot be read.
    """

    def show(pair: LabelledVideos) -> dict[str, Any]:
        video_a, video_b = overviews(pair.a, pair.b, settings)
        return {"video_a": video_a, "video_b": video_b}

    return pair_examples(samples, read, show, progress)


def judge_examples(
    samples: Sequence[Sample],
    read: ReadPair,
    settings: Settings,
    poses: PoseReader | None = None,
    progress: Progress = silent,
) -> list[dspy.Example]:
    """One example for each pair, with close frames of the key moments; ``measurements`` is an input, too.

    Raises:
        InputError: a video cannot be read.
    """

    def show(pair: LabelledVideos) -> dict[str, Any]:
        video_a, video_b = close_frames(pair.differences, pair.moments, pair.a, pair.b, settings)
        measured = (
            measurement_texts(pair.differences, pair.action, pair.a, pair.b, poses) if settings.measurements else {}
        )
        return {"video_a": video_a, "video_b": video_b, "measurements": measured}

    return pair_examples(samples, read, show, progress)


def pair_examples(
    samples: Sequence[Sample], read: ReadPair, show: Callable[[LabelledVideos], dict[str, Any]], progress: Progress
) -> list[dspy.Example]:
    """One example for each pair, with all its labelled statements: a, b and c.

    Inputs are action, statements (key -> text) and what ``show`` gives: video_a, video_b (Clip) and more. Beside them
    stand sample_key, action_key, answers (key -> label) and wanted (key -> Moments, the key moments of the data).

    Raises:
        InputError: a video cannot be read.
    """
    usable, _ = labelled_samples(samples, "abc")
    examples = []
    for number, sample in enumerate(usable):
        progress("reading pairs", number, len(usable))
        a, b = read(sample)
        differences = tuple(
            difference for difference in labelled_differences(sample, "closed") or () if difference.key in sample.labels
        )
        times_s = key_moments(sample, a, b)
        moments = {
            difference.key: Moments(a=times_s[difference.key][0], b=times_s[difference.key][1])
            for difference in differences
            if difference.key in times_s
        }
        statements = {difference.key: difference.statement for difference in differences}
        shown = show(LabelledVideos(sample.action, a, b, differences, moments))
        inputs = {"action": sample.action, "statements": statements, **shown}
        about = {"sample_key": sample.key, "action_key": sample.action_key}
        example = dspy.Example(**inputs, **about, answers=dict(sample.labels), wanted=moments)
        examples.append(example.with_inputs(*inputs))
    progress("reading pairs", len(usable), len(usable))
    return examples


def overviews(a: LoadedVideo, b: LoadedVideo, settings: Settings) -> Sides[Clip]:
    """Small frames over all of both videos, as many as the effort of the settings shows."""
    effort = EFFORTS[settings.effort]
    frames = [
        overview(
            video, effort.overview_frames, effort.side_of_overview(max(video.sequence.width, video.sequence.height))
        )
        for video in (a, b)
    ]
    return Sides(Clip.of("A", frames[0]), Clip.of("B", frames[1]))


def close_frames(
    differences: Sequence[Difference],
    moments: Mapping[str, Moments],
    a: LoadedVideo,
    b: LoadedVideo,
    settings: Settings,
) -> Sides[Clip]:
    """Frames of the key moments of the data, as one call of the judge shows them."""
    effort = EFFORTS[settings.effort]
    views = views_of(differences, moments, a, b, effort.close_frames, effort.close_side)
    return Sides(Clip.of("A", views.a), Clip.of("B", views.b))


def measurement_texts(
    differences: Sequence[Difference], action: str, a: LoadedVideo, b: LoadedVideo, poses: PoseReader | None
) -> dict[str, str]:
    """What is measured about each statement by the plans of the grammar, as the judge gets it."""
    plans, _ = GrammarPlans().plan(action, differences)
    evidence = evidence_of(pair_of(a, b, poses)[0], differences, plans)
    return {one.difference.key: measurement_text(one.measurement) for one in evidence if one.measurement is not None}


def judge_together_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """How a judge answered the statements of a pair; the score is the share of right answers, c among them.

    Args:
        gold: an example of ``pair_examples``.
        pred: a prediction with ``answer``, see ``students.ask_judge``.
    """
    answers: Mapping[str, JudgeAnswer] = getattr(pred, "answer", None) or {}
    right = 0
    sentences = [f"No answer could be used. {pred.get('error') or ''}"] if not answers else []
    for key, statement in gold.statements.items():
        label, judged = gold.answers[key], answers.get(key)
        if judged is None:
            sentences.append(f"{statement!r} was left out; right is {label!r}.")
            continue
        answer = judged.opinion.answer
        right += answer == label
        if answer == label:
            continue
        if label == "c":
            kind = f"A false alarm: {statement!r} was answered {answer!r} (size {judged.opinion.size!r})"
        else:
            kind = f"{'Overlooked' if answer == 'c' else 'The wrong way round'}: {statement!r} was answered {answer!r}"
        sentences.append(f"{kind} because {judged.reason!r}; right is {label!r}: {MEANING[label]}.")
    summary = f"{right} of {len(gold.statements)} statements were answered rightly."
    return Feedback(score=right / len(gold.statements), text=join_sentences(summary, *sentences))


def finder_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """Which key moments of the data a finder named, within ``NEAR_S`` or one step of the overview that it saw.

    The score is the share of moments that were named; those of a statement that was left out were not.

    Args:
        gold: an example of ``pair_examples`` with at least one key moment.
        pred: a prediction with ``answer``, see ``students.ask_finder``.
    """
    answers: Mapping[str, FinderAnswer] = getattr(pred, "answer", None) or {}
    sentences = [f"No answer could be used. {pred.get('error') or ''}"] if not answers else []
    n_named = n_wanted = 0
    for key, moments in gold.wanted.items():
        for side, clip in (("a", gold.video_a), ("b", gold.video_b)):
            named_s = getattr(answers[key].moments, side) if key in answers else ()
            for time_s in getattr(moments, side):
                n_wanted += 1
                if any(abs(time_s - other_s) <= near_s(clip) for other_s in named_s):
                    n_named += 1
                    continue
                named = ", ".join(f"{other_s:.2f} s" for other_s in named_s) or "nothing"
                best = f"{gold.statements[key]!r} is seen best at {time_s:.2f} s of {clip.label}"
                sentences.append(f"Missed: {best}; {named} was named.")
    summary = f"{n_named} of {n_wanted} moments were named."
    return Feedback(score=n_named / n_wanted, text=join_sentences(summary, *sentences))


def near_s(clip: Clip) -> float:
    """How near a named moment has to be: no nearer than the frames of the clip lie to each other."""
    times_s = [frame.time_s for frame in clip.frames]
    return max(NEAR_S, float(np.max(np.diff(times_s), initial=0.0)))
