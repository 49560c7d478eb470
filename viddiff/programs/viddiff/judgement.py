"""What is said of the statements of one pair, look by look, and what it comes to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence

from viddiff.core.settings import Ablation
from viddiff.core.types import SIDES, Difference, Finding, FrameRef, Verdict
from viddiff.lms import Failure
from viddiff.lms.limits import subsample
from viddiff.programs.evidence import MeasuredStatement
from viddiff.programs.viddiff.calibration import (
    Decision,
    Opinion,
    Opinions,
    OpinionWeights,
    decide,
    is_doubtful,
    is_overruled,
    likelihood,
)
from viddiff.programs.viddiff.effort import Effort
from viddiff.programs.viddiff.finder import Moments
from viddiff.programs.viddiff.frames import Views, merge_times
from viddiff.programs.viddiff.looks import Look, Looks, frames_of
from viddiff.programs.viddiff.overview_proposer import OverviewDifferences
from viddiff.programs.viddiff.whole_clip import WHOLE
from viddiff.signatures.viddiff.finder import MAX_MOMENTS
from viddiff.video.loaded import LoadedVideo

#: A decision that is less sure than this is told as unsure.
UNSURE = 0.5
#: A second look judges so many statements at the least: asked about one alone, models see differences that are not
#: there.
MIN_GROUP_SIZE = 3
#: Before the reason of a look that does not give the answer.
UNCONFIRMED_PREFIX = "Not confirmed, so it counts as no clear difference:"
OVERRULED_PREFIX = "The overview and what was measured decide against this look:"
#: Whether a statement needs another look, by what was said of it and the decision so far.
NeedsReview = Callable[[Opinions, Decision], bool]


class Judgement:
    """Has the statements of one pair judged, and says what it comes to.

    Args:
        seen: the statements, and what an overview told of them.
        measured: difference key -> what was measured about it.
        key_moments: difference key -> where to look, instead of what the finder says.
        weights: how much each opinion counts.
        effort: when a statement deserves another look, and how many get one.
        without: parts that are left out.
    """

    def __init__(
        self,
        seen: OverviewDifferences,
        measured: Mapping[str, MeasuredStatement],
        key_moments: Mapping[str, Moments],
        weights: OpinionWeights,
        effort: Effort,
        without: Collection[Ablation],
    ) -> None:
        self.seen, self.measured = seen, measured
        self.weights, self.effort, self.without = weights, effort, without
        self.moments = {d.key: key_moments.get(d.key) or self.moments_of(d.key) for d in seen.differences}
        self.first_looks: dict[str, Look | Failure] = {}
        self.second_looks: dict[str, Look] = {}
        self.swapped_second_looks: dict[str, Look] = {}
        self.notices: tuple[str, ...] = ()

    def moments_of(self, key: str) -> Moments:
        """Where a statement is best judged: by measurement, and by the finder."""
        number = self.measured[key].measurement if key in self.measured else None
        found = self.seen.found[key].moments if key in self.seen.found else Moments()
        times_a, times_b = (
            subsample(t, MAX_MOMENTS) for t in ((number.times_a, number.times_b) if number else ((), ()))
        )
        return Moments(a=merge_times((*times_a, *found.a)), b=merge_times((*times_b, *found.b)))

    def look(self, looks: Looks) -> None:
        """Judge all statements on close frames, and those that stay doubtful once more."""
        swap = "other_order" not in self.without
        self.first_looks = looks.at(self.seen.differences, self.moments, swap)
        doubtful = functools.partial(is_doubtful, threshold=self.effort.review_threshold)
        self.second_looks = self.review(looks, doubtful, swap=False)
        if swap:
            self.swapped_second_looks = self.review(looks, is_overruled, swap=True)

    def review(self, looks: Looks, needs_review: NeedsReview, swap: bool) -> dict[str, Look]:
        """Key of a statement that needs it -> another look, in one order; a notice tells of those that failed."""
        chosen = self.choose(needs_review)
        again = looks.at(chosen, self.moments, swap, again=True)
        failed = [look for look in again.values() if isinstance(look, Failure)]
        if failed:
            notice = f"{len(failed)} of {len(chosen)} statements got no second look: {failed[0].message}"
            self.notices = (*self.notices, notice)
        return {key: look for key, look in again.items() if isinstance(look, Look)}

    def choose(self, needs_review: NeedsReview) -> list[Difference]:
        """The statements that need another look, the least sure first; others where these are too few for a call."""
        ranked: list[tuple[bool, float, Difference]] = []
        for difference in self.seen.differences:
            opinions = self.of(difference.key)
            decision = decide(opinions, self.weights)
            if isinstance(self.first_looks[difference.key], Look) and decision is not None:
                ranked.append((not needs_review(opinions, decision), decision.confidence, difference))
        ranked.sort(key=lambda entry: entry[:2])
        n_doubtful = sum(not settled for settled, _, _ in ranked)
        if n_doubtful == 0 or "second_look" in self.without:
            return []
        n_chosen = min(max(n_doubtful, MIN_GROUP_SIZE), self.effort.second_looks)
        return [difference for _, _, difference in ranked[:n_chosen]]

    def of(self, key: str) -> Opinions:
        """All that was said of a statement."""
        first, second, swapped = (
            self.first_looks.get(key),
            self.second_looks.get(key),
            self.swapped_second_looks.get(key),
        )
        found, measured = self.seen.found.get(key), self.measured.get(key)
        counts = found is not None and "impression" not in self.without
        return Opinions(
            impression=found.impression if found and counts else None,
            swapped_impression=found.swapped_impression if found and counts else None,
            verdict=first.judged.opinion if isinstance(first, Look) else None,
            second_look=second.judged.opinion if second else None,
            swapped_second_look=swapped.judged.opinion if swapped else None,
            measured=opinion_of(measured.verdict) if measured else None,
        )

    def judged_frames(self, key: str) -> Views:
        """The frames on which a statement was judged, in order."""
        given = self.first_looks[key], self.second_looks.get(key), self.swapped_second_looks.get(key)
        views = [look.views for look in given if isinstance(look, Look)]
        frames = ({frame.time_s: frame for view in views for frame in view.of(side)} for side in SIDES)
        a, b = (tuple(of[time_s] for time_s in sorted(of)) for of in frames)
        return Views(a=a, b=b)

    def likeliest_differences(self, n_differences: int) -> tuple[Difference, ...]:
        """The statements of which it is likeliest that there is such a difference, the likeliest first."""
        ranked = sorted(self.seen.differences, key=lambda one: -likelihood(self.of(one.key), self.weights))
        return tuple(ranked[:n_differences])

    def finding(self, difference: Difference, a: LoadedVideo, b: LoadedVideo) -> Finding:
        """The finding of a statement, with the frames that show it; a failed call of the judge is a failed question."""
        key = difference.key
        first = self.first_looks[key]
        frames = Views((), ())
        if isinstance(first, Look):
            decision = decide(self.of(key), self.weights)
            assert decision is not None  # the judge has said something
            # The reason and the evidence are those of a look that gives the answer, if one does.
            all_looks = (self.swapped_second_looks.get(key), self.second_looks.get(key), first)
            looks = [look for look in all_looks if look is not None]
            look = next((one for one in looks if one.judged.opinion.answer == decision.answer), looks[0])
            frames = frames_of(look, self.moments[key], a, b)
            verdict = verdict_of(decision, look, *frames)
        else:
            verdict = first.verdict
        number = self.measured[key].measurement if key in self.measured else None
        return Finding(
            difference=difference,
            stages=(WHOLE,),
            frames_a=frames.a,
            frames_b=frames.b,
            measurements=(number,) if number else (),
            verdict=verdict,
        )


def verdict_of(decision: Decision, look: Look, frames_a: Sequence[FrameRef], frames_b: Sequence[FrameRef]) -> Verdict:
    """A decision as a verdict on these frames; where no look gives its answer, the reason says so."""
    reason = look.judged.reason
    if look.judged.opinion.answer != decision.answer:
        reason = f"{UNCONFIRMED_PREFIX if decision.answer == 'c' else OVERRULED_PREFIX} {reason}"
    cited_a = {look.views.a[i].ref for i in look.judged.evidence_a}
    cited_b = {look.views.b[i].ref for i in look.judged.evidence_b}
    return Verdict(
        status="answered" if decision.confidence >= UNSURE else "unsure",
        answer=decision.answer,
        confidence=decision.confidence,
        reason=reason,
        evidence_a=tuple(i for i, frame in enumerate(frames_a) if frame.ref in cited_a),
        evidence_b=tuple(i for i, frame in enumerate(frames_b) if frame.ref in cited_b),
    )


def opinion_of(verdict: Verdict) -> Opinion | None:
    """A measured verdict as an opinion; None where nothing was told."""
    if verdict.answer is None:
        return None
    return Opinion(answer=verdict.answer, confidence=verdict.confidence)
