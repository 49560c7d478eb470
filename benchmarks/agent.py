"""An agent that asks for frames, for ``python -m benchmarks.examine``; not a method of the package.

It sees the overview and answers each statement, or names the moments that it wants to see; close frames of these are
shown next, until it is sure or three calls are spent. No other order, no measurement and no rule is used.
"""

from __future__ import annotations

from viddiff.core.types import Outcome, Verdict
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods import labelled_differences
from viddiff.lms import Failure, LMs
from viddiff.lms.throttle import Throttle
from viddiff.programs.caller import Caller
from viddiff.programs.viddiff.effort import EFFORTS
from viddiff.programs.viddiff.finder import Finder, FinderAnswer
from viddiff.programs.viddiff.frames import views_of
from viddiff.programs.viddiff.search import Search
from viddiff.programs.viddiff.whole_clip import whole_clip_outcome
from viddiff.signatures.clip import Clip, open_stores
from viddiff.video import LoadedVideo

ROUNDS = 3


def agent(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
    """The answers to the labelled statements of a pair."""
    with open_stores(a.sequence.store, b.sequence.store):
        return ask_in_rounds(sample, a, b, lms)


def ask_in_rounds(sample: Sample, a: LoadedVideo, b: LoadedVideo, lms: LMs) -> Outcome:
    """The same, where the frames can be found."""
    effort, call, finder = EFFORTS["medium"], Caller(lms, Throttle(1)), Finder()
    differences = labelled_differences(sample, "closed") or ()
    answers = dict(Search(call, effort, sample.action, a, b, None).find(finder, differences).found)
    for _ in range(ROUNDS - 1):
        doubtful = [
            one
            for one in differences
            if one.key not in answers or confidence_of(answers[one.key]) < effort.review_threshold
        ]
        if not doubtful:
            break
        moments = {one.key: answers[one.key].moments for one in doubtful if one.key in answers}
        views = views_of(doubtful, moments, a, b, effort.close_frames, effort.close_side)
        looked = call(
            finder,
            "vision",
            action=sample.action,
            video_a=Clip.of("A", views.a),
            video_b=Clip.of("B", views.b),
            statements={one.key: one.statement for one in doubtful},
        )
        if not isinstance(looked, Failure):
            answers |= looked.moments
    verdicts = {
        key: Verdict(status="answered", answer=one.impression.answer, confidence=one.impression.confidence)
        for key, one in answers.items()
        if one.impression is not None
    }
    return whole_clip_outcome(sample.action, a, b, differences, verdicts)


def confidence_of(answer: FinderAnswer) -> float:
    """How sure it is of a statement."""
    return answer.confidence
