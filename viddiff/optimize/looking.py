"""Examples of the judge and the finder of two looks, one for each pair, and what is said of their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import dspy
import numpy as np

from viddiff.core.settings import Settings
from viddiff.core.types import Difference, Progress, silent
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods.registry import labelled_differences
from viddiff.eval.viddiffbench.methods.viddiff import key_times
from viddiff.motion.pairs import pair_of
from viddiff.motion.pose.reader import PoseReader
from viddiff.optimize.examples import ReadPair, labelled_samples
from viddiff.optimize.feedback import MEANING, NEAR_S, Feedback, join_sentences
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


def looking_examples(
    component: Literal["finder", "judge"],
    samples: Sequence[Sample],
    read: ReadPair,
    settings: Settings,
    poses: PoseReader | None = None,
    progress: Progress = silent,
) -> list[dspy.Example]:
    """One example for each pair, with all its labelled statements: a, b and c.

    Inputs are those of the component: action, video_a, video_b (Clip), statements (key -> text); for the judge also
    measurements. Beside them stand sample_key, action_key, answers (key -> label) and wanted (key -> Moments, the key
    times of the data). The finder is shown an overview, the judge close frames of the key times.

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
        times_s = key_times(sample, a, b)
        moments = {
            difference.key: Moments(a=times_s[difference.key][0], b=times_s[difference.key][1])
            for difference in differences
            if difference.key in times_s
        }
        frames = (
            overviews(a, b, settings) if component == "finder" else close_frames(differences, moments, a, b, settings)
        )
        inputs = {"action": sample.action, "video_a": frames[0], "video_b": frames[1]}
        inputs["statements"] = {difference.key: difference.statement for difference in differences}
        if component == "judge":
            inputs["measurements"] = (
                measurement_texts(differences, sample.action, a, b, poses) if settings.measurements else {}
            )
        about = {"sample_key": sample.key, "action_key": sample.action_key}
        example = dspy.Example(**inputs, **about, answers=dict(sample.labels), wanted=moments)
        examples.append(example.with_inputs(*inputs))
    progress("reading pairs", len(usable), len(usable))
    return examples


def overviews(a: LoadedVideo, b: LoadedVideo, settings: Settings) -> tuple[Clip, Clip]:
    """Small frames over all of both videos, as many as the effort of the settings shows."""
    effort = EFFORTS[settings.effort]
    frames = [
        overview(
            video, effort.overview_frames, effort.side_of_overview(max(video.sequence.width, video.sequence.height))
        )
        for video in (a, b)
    ]
    return Clip.of("A", frames[0]), Clip.of("B", frames[1])


def close_frames(
    differences: Sequence[Difference],
    moments: Mapping[str, Moments],
    a: LoadedVideo,
    b: LoadedVideo,
    settings: Settings,
) -> tuple[Clip, Clip]:
    """Frames of the key times of the data, as one call of the judge shows them."""
    effort = EFFORTS[settings.effort]
    views = views_of(differences, moments, a, b, effort.close_frames, effort.close_side)
    return Clip.of("A", views.a), Clip.of("B", views.b)


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
        gold: an example of ``looking_examples``.
        pred: the prediction of ``VisionStudent``.
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
        gold: an example of ``looking_examples`` with at least one key time.
        pred: the prediction of ``VisionStudent``.
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
