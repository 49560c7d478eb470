"""Two looks: an overview tells where to look, close frames of those moments tell the answer.

One call sees all of both videos, small, and names for each statement the moments at which it is best judged, with a
first impression. A second call judges the statements together on close frames of those moments, with the videos in the
other order. Where the two, or a measurement, contradict each other or nobody is sure, the statement gets one more look
at more frames. What was said is combined by one calibrated rule (``viddiff.programs.viddiff.calibration``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import dspy

from viddiff.core.parallel import in_parallel
from viddiff.core.types import (
    Difference,
    FailureKind,
    Finding,
    FrameRef,
    Outcome,
    Progress,
    Proposal,
    Record,
    Stage,
    Verdict,
    silent,
)
from viddiff.lms import Failure, LMs
from viddiff.lms.limits import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.programs.viddiff.baseline import LEFT_OUT, WHOLE, whole
from viddiff.programs.viddiff.calibration import Decision, Evidence, Opinion, Weights, decide, is_doubtful
from viddiff.programs.viddiff.caller import Caller
from viddiff.programs.viddiff.effort import EFFORTS, Effort, EffortName
from viddiff.programs.viddiff.finder import Finder, Found, Moments
from viddiff.programs.viddiff.frames import Views, evenly, merged, share_calls, views_of
from viddiff.programs.viddiff.judge import Judge, Judged
from viddiff.programs.viddiff.looking_proposer import LookingProposer, Seen
from viddiff.signatures.clip import Clip
from viddiff.video.close_up import overview
from viddiff.video.loaded import LoadedVideo

#: A decision that is less sure than this is told as unsure.
UNSURE = 0.5


class Measured(Record):
    """What was measured about one statement."""

    verdict: Verdict
    name: str
    """What was measured, e.g. "knee angle at the lowest point"."""
    a: str
    """The number of A with its unit and uncertainty, as a model reads it."""
    b: str
    moments: Moments = Moments()

    def told(self, swap: bool = False) -> str:
        """Both numbers in words; with ``swap`` B is shown as A."""
        a, b = (self.b, self.a) if swap else (self.a, self.b)
        return f"{self.name}: video A {a}, video B {b}"


class Look(Record):
    """What one call of the judge told of a statement, on the frames that it showed; in terms of the true A and B."""

    judged: Judged
    views: Views


class TwoLooks(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Compares two videos of the same action.

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. Only the vision model is asked.
        finder, judge, proposer: the modules; None: the defaults.
        weights: how much each opinion counts; None: the defaults.
        effort: how many frames and calls a pair may take.
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
        weights: Weights | None = None,
        effort: EffortName = "medium",
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.finder = finder or Finder()
        self.judge = judge or Judge()
        self.proposer = proposer or LookingProposer()
        self.weights = weights or Weights()
        self.effort: Effort = EFFORTS[effort]
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
        measured: Mapping[str, Measured] | None = None,
        key_moments: Mapping[str, Moments] | None = None,
    ) -> dspy.Prediction:
        """A prediction whose ``outcome`` is an Outcome and whose ``evidence`` is key -> Evidence.

        Args:
            action: what is done in both videos.
            video_a, video_b: loaded videos.
            differences: given differences (closed mode), or None to propose ``n_differences`` (open mode).
            measured: difference key -> what was measured about it.
            key_moments: difference key -> where to look, instead of what the finder says.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        pair = _Pair(self, action, video_a, video_b, measured or {})
        seen = pair.propose(n_differences) if differences is None else pair.find(differences)
        pair.look(seen.differences, key_moments or {})
        proposal = Proposal(
            differences=seen.differences,
            stages=(Stage(name=WHOLE, description=action),),
            links={difference.key: (WHOLE,) for difference in seen.differences},
        )
        outcome = Outcome(
            proposal=proposal,
            localization_a=whole(video_a, "a"),
            localization_b=whole(video_b, "b"),
            measurements=(),
            differences=tuple(map(pair.finding, seen.differences)),
            notices=(*seen.notices, *pair.notices),
            fault=pair.fault,
        )
        return dspy.Prediction(outcome=outcome, evidence=pair.evidence)


class _Pair:
    """One comparison at work."""

    def __init__(
        self,
        program: TwoLooks,
        action: str,
        a: LoadedVideo,
        b: LoadedVideo,
        measured: Mapping[str, Measured],
    ) -> None:
        self.program, self.action, self.a, self.b, self.measured = program, action, a, b, measured
        self.call = Caller(program.lms, program.throttle)
        taken = limits_in_force(program.lms).max_images
        self.most_images = taken or program.effort.close_frames
        half = program.effort.overview_frames if taken is None else min(program.effort.overview_frames, taken // 2)
        small = [
            overview(video, half, program.effort.side_of_overview(max(video.sequence.width, video.sequence.height)))
            for video in (a, b)
        ]
        self.overview = Clip.of("A", small[0]), Clip.of("B", small[1])
        self.found: dict[str, Found] = {}
        self.moments: dict[str, Moments] = {}
        self.first: dict[str, Look | Failure] = {}
        self.second: dict[str, Look] = {}
        self.evidence: dict[str, Evidence] = {}
        self.notices: tuple[str, ...] = ()
        self.fault: FailureKind | None = None

    def propose(self, n_differences: int) -> Seen:
        """Open mode: what the overview shows."""
        self.program.progress("looking", 0, 0)
        told = [measured.told() for measured in self.measured.values()]
        prediction = self.call(
            self.program.proposer,
            "vision",
            action=self.action,
            video_a=self.overview[0],
            video_b=self.overview[1],
            n_differences=n_differences,
            measurements=told,
        )
        if isinstance(prediction, Failure):
            self.fault = prediction.kind
            return Seen(differences=(), found={}, notices=(f"Nothing was found: {prediction.message}",))
        seen: Seen = prediction.seen
        self.found = seen.found
        return seen

    def find(self, differences: Sequence[Difference]) -> Seen:
        """Closed mode: where each statement is best judged; where the finder fails, the clips are shown evenly."""
        self.program.progress("looking", 0, 0)
        prediction = self.call(
            self.program.finder,
            "vision",
            action=self.action,
            video_a=self.overview[0],
            video_b=self.overview[1],
            statements={difference.key: difference.statement for difference in differences},
        )
        if isinstance(prediction, Failure):
            self.notices = (f"No moments were found, so the clips are shown evenly: {prediction.message}",)
        else:
            self.found = prediction.moments
        return Seen(differences=tuple(differences), found=self.found)

    def look(self, differences: Sequence[Difference], key_moments: Mapping[str, Moments]) -> None:
        """Judge all statements on close frames, and those that stay doubtful once more."""
        for difference in differences:
            self.moments[difference.key] = key_moments.get(difference.key) or self.moments_of(difference.key)
        effort = self.program.effort
        self.first = self.judge(differences, effort.statements, swap=True)
        doubtful = [d for d in differences if self.is_doubtful(d.key)][: effort.second_looks]
        if doubtful:
            self.look_again(doubtful)

    def look_again(self, doubtful: Sequence[Difference]) -> None:
        """One more look at doubtful statements; where it fails the first stands, and a notice says so."""
        again = self.judge(doubtful, self.program.effort.second_looks, swap=False, closer=True)
        self.second = {key: look for key, look in again.items() if isinstance(look, Look)}
        failed = [look for look in again.values() if isinstance(look, Failure)]
        if failed:
            told = f"{len(failed)} of {len(doubtful)} doubtful statements got no second look: {failed[0].message}"
            self.notices = (*self.notices, told)

    def moments_of(self, key: str) -> Moments:
        """Where a statement is best judged: by measurement, and by the finder."""
        measured = self.measured[key].moments if key in self.measured else Moments()
        found = self.found[key].moments if key in self.found else Moments()
        return Moments(a=merged((*measured.a, *found.a)), b=merged((*measured.b, *found.b)))

    def judge(
        self, differences: Sequence[Difference], most: int, swap: bool, closer: bool = False
    ) -> dict[str, Look | Failure]:
        """What the judge sees of each statement, ``most`` in a call; with ``swap`` B is shown as A."""
        groups = share_calls(differences, self.moments, most)
        jobs = [functools.partial(self.judge_group, group, swap, closer) for group in groups]
        looks: dict[str, Look | Failure] = {}
        task = "looking again" if closer else "judging"
        hear = functools.partial(self.heard, task, len(groups))
        for part in in_parallel(jobs, self.program.throttle.most, hear, wait=False):
            looks |= part
        return looks

    def heard(self, task: str, total: int, done: int) -> None:
        """Progress of calls."""
        self.program.progress(task, done, total)

    def judge_group(self, group: Sequence[Difference], swap: bool, closer: bool) -> dict[str, Look | Failure]:
        """One call of the judge; a statement that it left out has failed."""
        effort = self.program.effort
        most = min(effort.close_frames, self.most_images)
        views = views_of(group, self.moments, self.a, self.b, most, effort.close_side, closer)
        shown = (views.b, views.a) if swap else (views.a, views.b)
        prediction = self.call(
            self.program.judge,
            "vision",
            action=self.action,
            video_a=Clip.of("A", shown[0]),
            video_b=Clip.of("B", shown[1]),
            statements={difference.key: difference.statement for difference in group},
            measurements=self.told(group, swap),
        )
        if isinstance(prediction, Failure):
            return {difference.key: prediction for difference in group}
        left_out = Failure("garbled", LEFT_OUT)
        looks: dict[str, Look | Failure] = {}
        for difference in group:
            judged: Judged | None = prediction.judged.get(difference.key)
            if judged is None:
                looks[difference.key] = left_out
            else:
                looks[difference.key] = Look(judged=judged.swap_sides() if swap else judged, views=views)
        return looks

    def told(self, group: Sequence[Difference], swap: bool) -> dict[str, str]:
        """What was measured about each statement, in the order in which the videos are shown."""
        return {d.key: self.measured[d.key].told(swap) for d in group if d.key in self.measured}

    def is_doubtful(self, key: str) -> bool:
        """Whether a statement deserves another look."""
        if isinstance(self.first.get(key), Failure):
            return False
        evidence = self.evidence_of(key)
        decision = decide(evidence, self.program.weights)
        return decision is not None and is_doubtful(evidence, decision, self.program.effort.doubt)

    def evidence_of(self, key: str) -> Evidence:
        """All that was said of a statement."""
        first, measured = self.first.get(key), self.measured.get(key)
        return Evidence(
            impression=self.found[key].impression if key in self.found else None,
            verdict=first.judged.opinion if isinstance(first, Look) else None,
            second=self.second[key].judged.opinion if key in self.second else None,
            measured=opinion_of(measured.verdict) if measured else None,
        )

    def finding(self, difference: Difference) -> Finding:
        """The finding of a statement, with the frames that show it."""
        key = difference.key
        look = self.second.get(key) or self.first.get(key)
        verdict = self.verdict(key, look)
        frames_a, frames_b = self.shown(key, look)
        return Finding(difference=difference, stages=(WHOLE,), frames_a=frames_a, frames_b=frames_b, verdict=verdict)

    def verdict(self, key: str, look: Look | Failure | None) -> Verdict:
        """What all opinions come to; a failed call of the judge is a failed question."""
        if isinstance(look, Failure):
            return look.verdict
        evidence = self.evidence[key] = self.evidence_of(key)
        decision = decide(evidence, self.program.weights)
        if decision is None or look is None:
            return Verdict(status="failed", error="Nothing was asked about this statement.", fault="internal")
        frames_a, frames_b = self.shown(key, look)
        return verdict_of(decision, look, frames_a, frames_b)

    def shown(self, key: str, look: Look | Failure | None) -> tuple[tuple[FrameRef, ...], tuple[FrameRef, ...]]:
        """The frames of A and of B that show a statement: those that the model cited, else those of its moments."""
        if not isinstance(look, Look):
            return (), ()
        moments = self.moments[key]
        return (
            _of_statement(look.views.a, look.judged.evidence_a, moments.a or evenly(self.a, 1)),
            _of_statement(look.views.b, look.judged.evidence_b, moments.b or evenly(self.b, 1)),
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


def _of_statement(frames: Sequence[FrameRef], cited: Sequence[int], moments_s: Sequence[float]) -> tuple[FrameRef, ...]:
    """The cited frames and those nearest to the moments, in order."""
    nearest = {min(range(len(frames)), key=lambda i: abs(frames[i].time_s - time_s)) for time_s in moments_s if frames}
    return tuple(frames[i] for i in sorted({*cited, *nearest}))
