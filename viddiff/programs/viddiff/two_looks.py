"""Two looks: an overview tells where to look, close frames of those moments tell the answer.

One call sees all of both videos, small, and names for each statement the moments at which it is best judged, with a
first impression. A second call judges the statements together on close frames of those moments, with the videos in the
other order, and is told what was measured. Where the two, or a measurement, contradict each other or nobody is sure,
the statement gets one more look at more frames. What was said is combined by one calibrated rule
(``viddiff.programs.viddiff.calibration``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence

import dspy

from viddiff.core.settings import EffortName, Part, ProposerName
from viddiff.core.types import Difference, Finding, FrameRef, Outcome, Progress, Proposal, Stage, Verdict, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.limits import limits_in_force, subsample
from viddiff.lms.throttle import Throttle
from viddiff.motion.measurement.pair import Pair
from viddiff.motion.pairs import pair_of
from viddiff.motion.person_box import person_crop
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.caller import Caller
from viddiff.programs.compiled.artifact import cautions
from viddiff.programs.evidence import Evidence, evidence_of, propose_evidence
from viddiff.programs.predict import AsyncModule
from viddiff.programs.viddiff.calibration import (
    Decision,
    Opinion,
    Opinions,
    OpinionWeights,
    decide,
    is_doubtful,
    is_overruled,
)
from viddiff.programs.viddiff.effort import EFFORTS, Effort
from viddiff.programs.viddiff.finder import Finder, Moments
from viddiff.programs.viddiff.frames import Views, merge_times, show_all
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.looking_proposer import LookingProposer, OverviewDifferences
from viddiff.programs.viddiff.looks import Look, Looks, frames_of
from viddiff.programs.viddiff.plans import GrammarPlans, Plans
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.programs.viddiff.search import Search
from viddiff.programs.viddiff.whole_clip import WHOLE, localize_whole
from viddiff.signatures.viddiff.finder import MAX_MOMENTS
from viddiff.video.loaded import LoadedVideo

#: A decision that is less sure than this is told as unsure.
UNSURE = 0.5
#: A second look judges so many statements: asked about one alone, models see differences that are not there.
COMPANY = 3


#: Whether a statement deserves another look, by what was said of it and the decision so far.
Deserves = Callable[[Opinions, Decision], bool]


class TwoLooks(AsyncModule):
    """Compares two videos of the same action: an overview names the moments, a judge sees them close (docs/answers.md).

    >>> from viddiff import LMs, TwoLooks
    >>> program = TwoLooks(LMs("openai/gpt-4o"), effort="low")  # doctest: +SKIP
    >>> outcome = program(action="squat", video_a=a, video_b=b, n_differences=5).outcome  # doctest: +SKIP

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. Only the vision model is asked.
        finder, judge, proposer, text_proposer: the modules; None: the defaults.
        proposes: who names differences where none are given, see ``viddiff.core.settings.ProposerName``.
        weights: how much each opinion counts; None: the defaults.
        effort: how many frames and calls a pair may take.
        without: parts that are left out, see ``viddiff.core.settings.Part``.
        measure: whether measurements are taken; they are told to the judge and count as an opinion.
        poses: estimates pose, or knows it; None: only the outlines of what moves are measured.
        plans: from statements to measurements; None: the statement grammar.
        threads: calls in flight at once, at the most.
        progress: hears what is being done.
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        finder: Finder | None = None,
        judge: Judge | None = None,
        proposer: LookingProposer | None = None,
        text_proposer: Proposer | None = None,
        proposes: ProposerName = "overview",
        weights: OpinionWeights | None = None,
        effort: EffortName = "medium",
        without: Collection[Part] = (),
        measure: bool = True,
        poses: PoseReader | None = None,
        plans: Plans | None = None,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.finder = finder or Finder()
        self.judge = judge or Judge()
        self.proposer = proposer or LookingProposer()
        self.text_proposer, self.proposes = text_proposer or Proposer(), proposes
        self.weights = weights or OpinionWeights()
        self.effort: Effort = EFFORTS[effort]
        self.without = frozenset(without)
        self.measure, self.poses, self.plans = measure, poses, plans or GrammarPlans()
        self.lms = lms
        self.throttle = Throttle(threads)
        self.progress = progress

    def forward(
        self,
        action: str,
        video_a: LoadedVideo,
        video_b: LoadedVideo,
        differences: Sequence[Difference] | None = None,
        n_differences: int = 10,
        evidence: Mapping[str, Evidence] | None = None,
        key_moments: Mapping[str, Moments] | None = None,
    ) -> dspy.Prediction:
        """A prediction: ``outcome`` is an Outcome, ``opinions`` key -> Opinions, ``shown`` key -> the Views judged.

        Args:
            action: what is done in both videos.
            video_a, video_b: loaded videos.
            differences: given differences (closed mode), or None to propose ``n_differences`` (open mode).
            evidence: difference key -> what was measured about it; None: it is measured here.
            key_moments: difference key -> where to look, instead of what the finder says.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        self.progress("measuring", 0, 0)
        pair, notices = pair_of(video_a, video_b, self.poses) if self.measure and evidence is None else (None, ())
        call = Caller(self.lms, self.throttle)
        max_images = limits_in_force(self.lms).max_images
        search = Search(call, self.effort, action, video_a, video_b, max_images)
        seen = self.search_overview(search, differences, n_differences, pair)
        measured = dict(evidence or {})
        if pair is not None:
            plans, planned = self.plans.plan(action, seen.differences)
            # No stage is measured: this program finds moments, not where stages begin and end.
            measured = {one.difference.key: one for one in evidence_of(pair, seen.differences, plans)}
            notices = (*notices, *planned)
        opinions = _Judgement(self, seen, measured, key_moments or {})
        numbers = {key: one.measurement for key, one in measured.items() if one.measurement is not None}
        # One that decides nothing is not told to the judge: models take it for a sign that nothing differs.
        decisive = {key: number for key, number in numbers.items() if measured[key].verdict.status == "answered"}
        close = "close_frames" not in self.without
        poses = self.poses if self.measure else None
        zoom = show_all if "zoom" in self.without else functools.partial(person_crop, poses=poses)
        looks = Looks(
            call, self.judge, self.effort, action, video_a, video_b, max_images, decisive, close, self.progress, zoom
        )
        opinions.look(looks)
        kept = seen.differences if differences is not None else opinions.likeliest(n_differences)
        outcome = Outcome(
            proposal=as_proposal(action, kept),
            localization_a=localize_whole(video_a, "a"),
            localization_b=localize_whole(video_b, "b"),
            measurements=pair.table() if pair else tuple(numbers.values()),
            differences=tuple(opinions.finding(difference, video_a, video_b) for difference in kept),
            notices=tuple(
                dict.fromkeys((*cautions(self.finder, self.judge), *seen.notices, *notices, *opinions.notices))
            ),
            fault=seen.fault,
        )
        return dspy.Prediction(
            outcome=outcome,
            opinions={d.key: opinions.of(d.key) for d in kept},
            shown={d.key: opinions.shown(d.key) for d in kept},
        )

    def search_overview(
        self, search: Search, differences: Sequence[Difference] | None, n_differences: int, pair: Pair | None
    ) -> OverviewDifferences:
        """What is to be judged, and what an overview tells of it."""
        self.progress("looking", 0, 0)
        if differences is not None:
            return self.find(search, differences)
        named = OverviewDifferences() if self.proposes == "overview" else self.propose_unseen(search, n_differences)
        if self.proposes == "text":
            seen = self.find(search, named.differences) if named.differences else OverviewDifferences()
            return seen.model_copy(update={"notices": (*named.notices, *seen.notices), "fault": named.fault})
        proposed = propose_evidence(pair, n_differences) if pair else ()
        measured = [one.measurement for one in proposed if one.measurement is not None]
        swap = "other_order" not in self.without and self.effort.proposes_twice
        statements = [one.statement for one in named.differences]
        seen = search.propose(self.proposer, n_differences, measured, swap, statements)
        return seen.model_copy(update={"notices": (*named.notices, *seen.notices)})

    def find(self, search: Search, differences: Sequence[Difference]) -> OverviewDifferences:
        """Where each statement is best judged; nowhere, where the finder is left out."""
        if "finder" in self.without:
            return OverviewDifferences(differences=tuple(differences))
        return search.find(self.finder, differences)

    def propose_unseen(self, search: Search, n_differences: int) -> OverviewDifferences:
        """The differences that a text model names, which has not seen the videos."""
        asked = search.call(
            self.text_proposer, "text", action=search.action, n_differences=n_differences, with_stages=False
        )
        if isinstance(asked, Failure):
            notice = f"Nothing was proposed by the text model: {asked.message}"
            return OverviewDifferences(notices=(notice,), fault=asked.kind)
        return OverviewDifferences(differences=asked.proposal.differences, notices=asked.proposal.notices)


def as_proposal(action: str, differences: tuple[Difference, ...]) -> Proposal:
    """The differences with the whole clip as their only stage."""
    return Proposal(
        differences=differences,
        stages=(Stage(name=WHOLE, description=action),),
        links={difference.key: (WHOLE,) for difference in differences},
    )


class _Judgement:
    """What is said of the statements of one pair, and what it comes to."""

    def __init__(
        self,
        program: TwoLooks,
        seen: OverviewDifferences,
        measured: Mapping[str, Evidence],
        key_moments: Mapping[str, Moments],
    ) -> None:
        self.program, self.seen, self.measured = program, seen, measured
        self.moments = {d.key: key_moments.get(d.key) or self.moments_of(d.key) for d in seen.differences}
        self.first: dict[str, Look | Failure] = {}
        self.second: dict[str, Look] = {}
        self.third: dict[str, Look] = {}
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
        swap = "other_order" not in self.program.without
        self.first = looks.at(self.seen.differences, self.moments, swap)
        doubtful = functools.partial(is_doubtful, threshold=self.program.effort.doubt)
        self.second = self.look_again(looks, doubtful, swap=False)
        if swap:
            self.third = self.look_again(looks, is_overruled, swap=True)

    def look_again(self, looks: Looks, deserves: Deserves, swap: bool) -> dict[str, Look]:
        """Key of a statement that deserves it -> another look, in one order; a notice tells of those that failed."""
        chosen = self.choose(deserves)
        again = looks.at(chosen, self.moments, swap, again=True)
        failed = [look for look in again.values() if isinstance(look, Failure)]
        if failed:
            notice = f"{len(failed)} of {len(chosen)} statements got no second look: {failed[0].message}"
            self.notices = (*self.notices, notice)
        return {key: look for key, look in again.items() if isinstance(look, Look)}

    def choose(self, deserves: Deserves) -> list[Difference]:
        """The statements that deserve another look, the least sure first, and others to keep them company."""
        effort = self.program.effort
        ranked: list[tuple[bool, float, Difference]] = []
        for difference in self.seen.differences:
            opinions = self.of(difference.key)
            decision = decide(opinions, self.program.weights)
            if isinstance(self.first[difference.key], Look) and decision is not None:
                ranked.append((not deserves(opinions, decision), decision.confidence, difference))
        ranked.sort(key=lambda entry: entry[:2])
        n_doubtful = sum(not settled for settled, _, _ in ranked)
        if n_doubtful == 0 or "second_look" in self.program.without:
            return []
        return [difference for _, _, difference in ranked[: min(max(n_doubtful, COMPANY), effort.second_looks)]]

    def of(self, key: str) -> Opinions:
        """All that was said of a statement."""
        first, found, measured = self.first.get(key), self.seen.found.get(key), self.measured.get(key)
        counts = found is not None and "impression" not in self.program.without
        return Opinions(
            impression=found.impression if found and counts else None,
            exchanged=found.exchanged if found and counts else None,
            verdict=first.judged.opinion if isinstance(first, Look) else None,
            second=self.second[key].judged.opinion if key in self.second else None,
            third=self.third[key].judged.opinion if key in self.third else None,
            measured=opinion_of(measured.verdict) if measured else None,
        )

    def shown(self, key: str) -> Views:
        """The frames on which a statement was judged, in order."""
        given = self.first[key], self.second.get(key), self.third.get(key)
        views = [look.views for look in given if isinstance(look, Look)]
        frames = ({frame.time_s: frame for view in views for frame in getattr(view, side)} for side in "ab")
        a, b = (tuple(of[time_s] for time_s in sorted(of)) for of in frames)
        return Views(a=a, b=b)

    def likeliest(self, n_differences: int) -> tuple[Difference, ...]:
        """The statements of which it is likeliest that there is such a difference, the likeliest first."""

        def likelihood(difference: Difference) -> float:
            decision = decide(self.of(difference.key), self.program.weights)
            return max(decision.probabilities[:2]) if decision else 0.0

        return tuple(sorted(self.seen.differences, key=likelihood, reverse=True)[:n_differences])

    def finding(self, difference: Difference, a: LoadedVideo, b: LoadedVideo) -> Finding:
        """The finding of a statement, with the frames that show it; a failed call of the judge is a failed question."""
        key = difference.key
        look = self.third.get(key) or self.second.get(key) or self.first[key]
        frames: tuple[tuple[FrameRef, ...], tuple[FrameRef, ...]] = ((), ())
        if isinstance(look, Look):
            frames = frames_of(look, self.moments[key], a, b)
            decision = decide(self.of(key), self.program.weights)
            assert decision is not None  # the judge has said something
            verdict = verdict_of(decision, look, *frames)
        else:
            verdict = look.verdict
        number = self.measured[key].measurement if key in self.measured else None
        return Finding(
            difference=difference,
            stages=(WHOLE,),
            frames_a=frames[0],
            frames_b=frames[1],
            measurements=(number,) if number else (),
            verdict=verdict,
        )


def verdict_of(decision: Decision, look: Look, frames_a: Sequence[FrameRef], frames_b: Sequence[FrameRef]) -> Verdict:
    """A decision as a verdict on these frames."""
    cited_a = {look.views.a[i].ref for i in look.judged.evidence_a}
    cited_b = {look.views.b[i].ref for i in look.judged.evidence_b}
    return Verdict(
        status="answered" if decision.confidence >= UNSURE else "unsure",
        answer=decision.answer,
        confidence=decision.confidence,
        reason=look.judged.reason,
        evidence_a=tuple(i for i, frame in enumerate(frames_a) if frame.ref in cited_a),
        evidence_b=tuple(i for i, frame in enumerate(frames_b) if frame.ref in cited_b),
    )


def opinion_of(verdict: Verdict) -> Opinion | None:
    """A measured verdict as an opinion; None where nothing was told."""
    if verdict.answer is None:
        return None
    return Opinion(answer=verdict.answer, confidence=verdict.confidence)
