"""VidDiff: proposer, localizer, differencer (the method of the paper as one DSPy program)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import dspy

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.notices import WithNotices
from viddiff.core.types import (
    Difference,
    Localization,
    Outcome,
    Progress,
    Proposal,
    silent,
)
from viddiff.lms import LMs, failure_of
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.localizer.clip.prefetch import Prefetch
from viddiff.localizer.frame_selection import FramesPolicy
from viddiff.localizer.localizer import Localizer
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.caller import Caller, model_in_force
from viddiff.programs.compiled.artifact import ProgramLike
from viddiff.programs.compiled.program_loading import artifacts_of, cautions, programs_of
from viddiff.programs.compiled.registry import component_of, program_of_kind
from viddiff.programs.differencer import Differencer
from viddiff.programs.image_budget import fit_question, image_budget, subsampling_notice
from viddiff.programs.predict import AsyncModule
from viddiff.programs.questions import Question, QuestionRunner, VerdictStore
from viddiff.programs.viddiff.batch import BatchQuestionRunner, is_compiled
from viddiff.programs.viddiff.finder import Finder
from viddiff.programs.viddiff.finder_strategy import at_moments, moments_of_stages
from viddiff.programs.viddiff.findings import JudgedFindings, judged_findings
from viddiff.programs.viddiff.pair_measurements import Measurements, measure_pair
from viddiff.programs.viddiff.pair_questions import KeyMoments, align_times, questions_of
from viddiff.programs.viddiff.plans import GrammarPlans, Plans
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.programs.viddiff.stage_locator import StageLocator
from viddiff.video.loaded import LoadedVideo


@dataclass(frozen=True)
class PreparedQuestions:
    """What a comparison asks: stages in A and in B, what was measured, and a question for each difference."""

    located: tuple[Localization, Localization]
    measured: Measurements
    questions: tuple[Question, ...]
    notices: tuple[str, ...] = ()


class VidDiff(AsyncModule):
    """Compares two videos of the same action, by the stages of the published method.

    >>> from pathlib import Path
    >>> from viddiff import Difference, LMs, Localizer, VidDiff
    >>> from viddiff.video import FrameStore, Sampling, load
    >>> a, b = (load(Path(name), Sampling(), FrameStore(None)) for name in ("a.mp4", "b.mp4"))
    >>> program = VidDiff(LMs("openai/gpt-4o"), localizer=Localizer("motion"))
    >>> given = [Difference(key="0", name="depth", statement="the squat is deeper")]
    >>> outcome = program(action="squat", video_a=a, video_b=b, differences=given).outcome
    >>> outcome.localization_a.strategy, outcome.differences[0].verdict.status
    ('motion', 'answered')

    dspy's ``save(..., save_program=True)`` leaves ``lms`` out: what is loaded asks ``dspy.settings.lm``.

    Args:
        lms: models by role; None asks ``dspy.settings.lm`` for everything, or what a stage was given (set_lm).
        program: compiled programs, a proposer and a differencer at the most: files, artifacts or modules.
        proposer, differencer: modules for what ``program`` does not name; None: the defaults.
        localizer: finds stages; shared by all copies of the program.
        frames: which frames of a stage are looked at, see ``viddiff.localizer.frame_selection``.
        measure: whether the differencer gets what was measured about a statement.
        poses: estimates pose, or knows it; None: only the outlines of what moves are measured.
        plans: from statements to measurements; None: the statement grammar.
        swap: ask every question in both orders and answer only where they agree.
        batch: ask about all statements on the same frames in one call.
        threads: questions in flight at once, at the most, in all comparisons that this program and its copies make.
        progress: called with (task, done, total).
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        program: ProgramLike | Sequence[ProgramLike] = (),
        proposer: Proposer | None = None,
        differencer: Differencer | None = None,
        localizer: Localizer | None = None,
        frames: FramesPolicy = "span",
        measure: bool = True,
        poses: PoseReader | None = None,
        plans: Plans | None = None,
        swap: bool = False,
        batch: bool = False,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        compiled = programs_of(program)
        for other in compiled:
            if not isinstance(other, (Proposer, Differencer)):
                raise UsageError(
                    f"VidDiff cannot run a compiled {component_of(other)}: give a proposer or a differencer."
                )
        self.proposer = program_of_kind(Proposer, compiled) or proposer or Proposer()
        self.differencer = program_of_kind(Differencer, compiled) or differencer or Differencer()
        self.lms = lms
        self.localizer = localizer or Localizer()
        self.finder = Finder() if self.localizer.asks else None
        self.frames: FramesPolicy = frames
        self.measure = measure
        self.poses = poses
        self.plans = plans or GrammarPlans()
        self.swap = swap
        self.batch = batch
        self.threads = threads
        self.throttle = Throttle(threads)
        self.progress = progress

    def forward(
        self,
        action: str,
        video_a: LoadedVideo,
        video_b: LoadedVideo,
        differences: Sequence[Difference] | None = None,
        n_differences: int = 10,
        proposal: Proposal | None = None,
        key_moments: KeyMoments | None = None,
        verdicts: VerdictStore | None = None,
    ) -> dspy.Prediction:
        """A prediction whose ``outcome`` is an Outcome.

        Args:
            action: what is done in both videos.
            video_a, video_b: read videos.
            differences: given differences (closed mode), or None to propose ``n_differences`` (open mode).
            proposal: what to look for, when it was proposed before (pairs of the same action share it).
            key_moments: difference key -> moments in A and in B, in seconds, that are looked at instead of the frames
                of its stages (the oracle of the paper's ablation).
            verdicts: what was answered before and where new verdicts are kept.

        Raises:
            BackendError: a model or the CLIP weights are not available.
            BudgetError: the budget was spent before a stage.
            UsageError: examples leave no room for frames, or a predictor has a model of its own beside ``lms``.
        """
        # The frames are embedded while the proposer is asked.
        with self.localizer.prefetch(video_a, video_b) as prefetch:
            proposal = proposal or self.propose(action, differences, n_differences)
            if not proposal.differences:
                raise BackendError("The model proposed no usable difference: name some with --difference.")
            prepared = self.prepare(action, proposal, video_a, video_b, key_moments or {}, prefetch)
        findings, disagreement = self.judge(action, proposal, prepared.questions, verdicts)
        return dspy.Prediction(
            outcome=Outcome(
                proposal=proposal,
                localization_a=prepared.located[0],
                localization_b=prepared.located[1],
                measurements=prepared.measured.table,
                differences=findings,
                order_disagreement=disagreement,
                notices=self.notices(proposal, prepared),
            )
        )

    def notices(self, proposal: Proposal, prepared: PreparedQuestions) -> tuple[str, ...]:
        """The notices of a comparison, each once."""
        texts = (
            *proposal.notices,
            *prepared.located[0].notices,
            *prepared.located[1].notices,
            *prepared.measured.notices,
            *prepared.notices,
            *subsampling_notice(prepared.questions, image_budget(limits_in_force(self.lms), self.differencer)),
            *self.own_notices(),
        )
        return tuple(dict.fromkeys(texts))

    def own_notices(self) -> tuple[str, ...]:
        """What the user asked for and does not get."""
        notices = []
        if self.batch and is_compiled(self.differencer):
            notices.append("The compiled differencer was used only for statements asked alone (--batch-questions).")
        asked_with = "json" if isinstance(dspy.settings.adapter, dspy.JSONAdapter) else "chat"
        compiled_for = [(one.component, one.card.adapter) for one in artifacts_of(self.proposer, self.differencer)]
        notices.extend(
            f"The {name} was compiled for the {adapter} adapter and asked with {asked_with}."
            for name, adapter in compiled_for
            if adapter != asked_with
        )
        notices.extend(cautions(self.proposer, self.differencer))
        return tuple(notices)

    def propose(self, action: str, differences: Sequence[Difference] | None, n_differences: int) -> Proposal:
        """What to look for; a proposer that fails ends the comparison, for there is nothing to ask."""
        self.progress("proposing", 0, 0)
        try:
            with model_in_force(self.lms, "text", self.proposer):
                prediction = self.proposer(action=action, n_differences=n_differences, differences=differences)
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            fault = failure_of(error)
            if fault is None:
                raise
            raise BackendError(f"Nothing could be proposed. {fault.message}") from error
        proposal: Proposal = prediction.proposal
        return proposal

    def prepare(
        self,
        action: str,
        proposal: Proposal,
        video_a: LoadedVideo,
        video_b: LoadedVideo,
        key_moments: KeyMoments,
        prefetch: Prefetch | None = None,
    ) -> PreparedQuestions:
        """All that is done before a question is asked."""
        locator = StageLocator(self.localizer, self.finder, Caller(self.lms, self.throttle), self.progress)
        moments, finder_notices = locator.ask_moments(action, proposal, video_a, video_b)
        located_a = locator.locate(proposal, video_a, "a", prefetch, None, moments_of_stages(proposal, moments, "a"))
        reference = video_a, located_a
        located = (
            located_a,
            locator.locate(proposal, video_b, "b", prefetch, reference, moments_of_stages(proposal, moments, "b")),
        )
        videos, measured, aligned = (video_a, video_b), Measurements(), WithNotices[KeyMoments]({}, ())
        if self.measure:
            measured = measure_pair(action, proposal, videos, located, self.poses, self.plans)
        if self.frames == "aligned":
            aligned = align_times(proposal, video_a, video_b, located_a, self.poses)
        times = {**aligned.value, **{key: times_s for key, times_s in key_moments.items() if any(times_s)}}
        questions = questions_of(proposal, videos, located, measured.of, times, self.frames)
        if moments:
            questions = at_moments(questions, proposal.differences, moments, video_a, video_b)
        budget = image_budget(limits_in_force(self.lms), self.differencer)
        return PreparedQuestions(
            located,
            measured,
            tuple(fit_question(question, budget) for question in questions),
            (*finder_notices, *aligned.notices),
        )

    def judge(
        self, action: str, proposal: Proposal, questions: Sequence[Question], verdicts: VerdictStore | None
    ) -> JudgedFindings:
        """The answer to each question."""
        total = len(questions) * (2 if self.swap else 1)
        self.progress("asking", 0, total)
        report = functools.partial(self._report, total)
        kind = BatchQuestionRunner if self.batch else QuestionRunner
        runner = kind(self.differencer, self.lms, self.threads, report, verdicts, self.throttle)
        ask = runner.ask_in_both_orders if self.swap else runner.ask_all
        return judged_findings(proposal, questions, ask(action, questions))

    def _report(self, total: int, done: int) -> None:
        self.progress("asking", done, total)
