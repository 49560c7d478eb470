"""Two looks: an overview tells where to look, close frames of those moments tell the answer.

One call sees all of both videos, small, and names for each statement the moments at which it is best judged, with a
first impression. A second call judges the statements together on close frames of those moments, with the videos in the
other order, and is told what was measured. Where the two, or a measurement, contradict each other or nobody is sure,
the statement gets one more look at more frames. What was said is combined by one calibrated rule
(``viddiff.programs.viddiff.calibration``).
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence

import dspy

from viddiff.core.settings import Ablation, EffortName, ProposerName
from viddiff.core.types import Difference, Outcome, Progress, Proposal, Stage, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.motion.measurement.pair import MeasuredPair
from viddiff.motion.pairs import pair_of
from viddiff.motion.person_box import person_crop
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.caller import Caller
from viddiff.programs.compiled.program_loading import cautions
from viddiff.programs.evidence import MeasuredStatement, evidence_of, propose_evidence
from viddiff.programs.predict import AsyncModule
from viddiff.programs.viddiff.calibration import OpinionWeights
from viddiff.programs.viddiff.effort import EFFORTS, Effort
from viddiff.programs.viddiff.finder import Finder, Moments
from viddiff.programs.viddiff.frames import show_all
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.judgement import Judgement
from viddiff.programs.viddiff.looks import Looks
from viddiff.programs.viddiff.overview_proposer import OverviewDifferences, OverviewProposer
from viddiff.programs.viddiff.plans import GrammarPlans, Plans
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.programs.viddiff.search import Search
from viddiff.programs.viddiff.whole_clip import WHOLE, localize_whole
from viddiff.video.loaded import LoadedVideo


class TwoLooks(AsyncModule):
    """Compares two videos of the same action: an overview names the moments, a judge sees them close (docs/answers.md).

    >>> from pathlib import Path
    >>> from viddiff import LMs, TwoLooks
    >>> from viddiff.video import FrameStore, Sampling, load
    >>> a, b = (load(Path(name), Sampling(), FrameStore(None)) for name in ("a.mp4", "b.mp4"))
    >>> program = TwoLooks(LMs("openai/gpt-4o"), effort="low")
    >>> outcome = program(action="squat", video_a=a, video_b=b, n_differences=5).outcome
    >>> [finding.verdict.status for finding in outcome.differences]
    ['answered', 'answered', 'answered']

    Args:
        lms: models by role; None asks ``dspy.settings.lm``. Only the vision model is asked.
        finder, judge, proposer, text_proposer: the modules; None: the defaults.
        proposes: who names differences where none are given, see ``viddiff.core.settings.ProposerName``.
        weights: how much each opinion counts; None: the defaults.
        effort: how many frames and calls a pair may take.
        without: components that are left out, see ``viddiff.core.settings.Ablation``.
        measure: whether measurements are taken; they are told to the judge and count as an opinion.
        poses: estimates pose, or knows it; None: only the outlines of what moves are measured.
        plans: from statements to measurements; None: the statement grammar.
        threads: calls in flight at once, at the most.
        progress: called with (task, done, total).
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        finder: Finder | None = None,
        judge: Judge | None = None,
        proposer: OverviewProposer | None = None,
        text_proposer: Proposer | None = None,
        proposes: ProposerName = "overview",
        weights: OpinionWeights | None = None,
        effort: EffortName = "medium",
        without: Collection[Ablation] = (),
        measure: bool = True,
        poses: PoseReader | None = None,
        plans: Plans | None = None,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.finder = finder or Finder()
        self.judge = judge or Judge()
        self.proposer = proposer or OverviewProposer()
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
        evidence: Mapping[str, MeasuredStatement] | None = None,
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
        judgement = Judgement(seen, measured, key_moments or {}, self.weights, self.effort, self.without)
        numbers = [one.measurement for one in measured.values() if one.measurement is not None]
        # One that decides nothing is not told to the judge: models take it for a sign that nothing differs.
        decisive = {key: one for key, one in measured.items() if one.measurement and one.verdict.status == "answered"}
        judgement.look(self.looks(search, decisive))
        kept = seen.differences if differences is not None else judgement.likeliest_differences(n_differences)
        outcome = Outcome(
            proposal=as_proposal(action, kept),
            localization_a=localize_whole(video_a, "a"),
            localization_b=localize_whole(video_b, "b"),
            measurements=pair.table() if pair else tuple(numbers),
            differences=tuple(judgement.finding(difference, video_a, video_b) for difference in kept),
            notices=tuple(
                dict.fromkeys((*cautions(self.finder, self.judge), *seen.notices, *notices, *judgement.notices))
            ),
            fault=seen.fault,
        )
        return dspy.Prediction(
            outcome=outcome,
            opinions={d.key: judgement.of(d.key) for d in kept},
            shown={d.key: judgement.judged_frames(d.key) for d in kept},
        )

    def looks(self, search: Search, measured: Mapping[str, MeasuredStatement]) -> Looks:
        """What asks the judge about the pair of ``search``; ``measured``: what it is told, by difference key."""
        close = "close_frames" not in self.without
        poses = self.poses if self.measure else None
        zoom = show_all if "zoom" in self.without else functools.partial(person_crop, poses=poses)
        return Looks(
            search.call,
            self.judge,
            self.effort,
            search.action,
            search.videos.a,
            search.videos.b,
            search.max_images,
            measured,
            close,
            self.progress,
            zoom,
        )

    def search_overview(
        self, search: Search, differences: Sequence[Difference] | None, n_differences: int, pair: MeasuredPair | None
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
