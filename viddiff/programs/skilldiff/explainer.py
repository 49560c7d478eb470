"""The explainer: what differs in the costliest parts of a performance, seen in both orders of the clips, and advice.

A text model proposes faults of each part, the differencer judges each on two clips of the same phase, once with the
query as A and once as B, and a text model writes advice that cites what stood. It sees no frame, so it can invent none.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import dspy

from viddiff.core.parallel import in_parallel
from viddiff.core.types import Difference, Finding, FrameRef, Progress, Segment, Sides, Verdict, silent
from viddiff.lms import Failure, LMs
from viddiff.lms.roles import limits_in_force
from viddiff.lms.throttle import Throttle
from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.pair import NO_STAGES, MeasuredPair, Segments
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, NotMeasurable
from viddiff.motion.phases import part_phrase
from viddiff.programs.caller import Caller
from viddiff.programs.differencer import Differencer
from viddiff.programs.evidence import MeasuredStatement, evidence_of
from viddiff.programs.image_budget import fit_question, image_budget, subsampling_notice
from viddiff.programs.predict import AsyncModule
from viddiff.programs.questions import Question, QuestionRunner
from viddiff.programs.skilldiff.advice_writer import AdviceWriter
from viddiff.programs.skilldiff.explanation import Advice
from viddiff.programs.skilldiff.fault_proposer import N_FAULTS, FaultProposer
from viddiff.signatures.skilldiff.explanation import finding_text

#: Predictors of states that were saved before -> their names now.
_OLD_PREDICTORS = {"propose.predict": "proposer.propose.predict", "advise.predict": "advice_writer.advise.predict"}


@dataclass(frozen=True)
class ShownPart:
    """A part of the movement as two clips of the same phase.

    Attributes:
        segment: of the query.
        share: of what all parts cost.
        frames_query, frames_reference: the clips.
        measured: what was measured to differ in it; these findings stand already.
    """

    segment: Segment
    share: float
    frames_query: tuple[FrameRef, ...]
    frames_reference: tuple[FrameRef, ...]
    measured: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """Name of the part."""
        return self.segment.stage


@dataclass(frozen=True)
class MeasurementInputs:
    """What numbers are read from: both clips and their parts; ``pair`` None: nothing is measured."""

    pair: MeasuredPair | None = None
    stages: Sides[Segments] = NO_STAGES


class PartStatements(NamedTuple):
    """The statements to judge in each part; why nothing could be proposed; which proposals were left out."""

    of_part: list[Sequence[Difference]]
    failures: list[str]
    notices: list[str]


class JudgedParts(NamedTuple):
    """Findings in which one clip was named in both orders, part by part; the other findings; notices."""

    findings: list[Finding]
    others: list[Finding]
    notices: tuple[str, ...]


class AdviceOrReason(NamedTuple):
    """The advice that cites findings; why there is none, "" where nothing failed."""

    advice: tuple[Advice, ...]
    failure: str


class SkillExplainer(AsyncModule):
    """Explains the costliest parts of a performance; video A is the query, video B the reference.

    Args:
        lms: models by role; None asks ``dspy.settings.lm`` for everything.
        proposer, differencer, advice_writer: the modules that ask, e.g. compiled ones; None: the defaults.
        attempts: asks until an answer parses.
        threads: calls in flight at once, at the most.
        progress: called with (task, done, total).
    """

    def __init__(
        self,
        lms: LMs | None = None,
        *,
        proposer: FaultProposer | None = None,
        differencer: Differencer | None = None,
        advice_writer: AdviceWriter | None = None,
        attempts: int = 3,
        threads: int = 8,
        progress: Progress = silent,
    ) -> None:
        super().__init__()
        self.proposer = proposer or FaultProposer(attempts)
        self.differencer = differencer or Differencer(attempts)
        self.advice_writer = advice_writer or AdviceWriter(attempts)
        self.lms, self.throttle, self.progress = lms, Throttle(threads), progress

    def load_state(self, state: dict[str, Any], **options: Any) -> None:
        """dspy's; states are read, too, that were saved before the proposer and the writer were modules."""
        super().load_state({_OLD_PREDICTORS.get(name, name): value for name, value in state.items()}, **options)

    def forward(
        self,
        action: str,
        parts: Sequence[ShownPart],
        differences: Sequence[Difference] | None = None,
        inputs: MeasurementInputs | None = None,
        n_faults: int = N_FAULTS,
    ) -> dspy.Prediction:
        """``findings``: the Findings that stand; ``others``: those that do not; ``advice``: Advice that cites them.

        Also ``failures``: of calls that are no question, a sentence each; ``notices``.

        Args:
            action: what is done.
            parts: those to explain, the costliest.
            differences: statements to judge in each part; None: up to ``n_faults`` are proposed for each.
            inputs: what statements are measured on, for the differencer.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        call = Caller(self.lms, self.throttle)
        statements_of_part, failures, notices = self.statements(call, action, parts, differences, n_faults)
        findings, others, thinned = self.judge_parts(action, parts, statements_of_part, inputs or MeasurementInputs())
        advice, failure = self.advice(call, action, parts, findings)
        return dspy.Prediction(
            findings=tuple(findings),
            others=tuple(others),
            advice=advice,
            failures=(*failures, *filter(None, [failure])),
            notices=(*notices, *thinned),
        )

    def statements(
        self,
        call: Caller,
        action: str,
        parts: Sequence[ShownPart],
        differences: Sequence[Difference] | None,
        n_faults: int,
    ) -> PartStatements:
        """What is asked of each part: ``differences``, or what a model proposes."""
        if differences is not None:
            return PartStatements([differences] * len(parts), [], [])
        self.progress("proposing", 0, len(parts))
        answers = in_parallel(
            [functools.partial(self.propose_faults, call, action, part, n_faults) for part in parts],
            self.throttle.most,
            lambda done: self.progress("proposing", done, len(parts)),
            wait=False,
        )
        statements_of_part: list[Sequence[Difference]] = []
        failures: list[str] = []
        notices: list[str] = []
        for part, answer in zip(parts, answers, strict=True):
            if isinstance(answer, Failure):
                failures.append(f"No fault could be proposed for {part.name!r}. {answer.message}")
                statements_of_part.append(())
                continue
            statements_of_part.append(answer.differences)
            notices.extend(answer.notices)
        return PartStatements(statements_of_part, failures, notices)

    def propose_faults(self, call: Caller, action: str, part: ShownPart, n_faults: int) -> dspy.Prediction | Failure:
        """The faults of one part."""
        measured = [finding.difference.statement for finding in part.measured]
        return call(
            self.proposer, "text", action=action, part=part_phrase(part.segment), measured=measured, n_faults=n_faults
        )

    def judge_parts(
        self,
        action: str,
        parts: Sequence[ShownPart],
        statements_of_part: Sequence[Sequence[Difference]],
        inputs: MeasurementInputs,
    ) -> JudgedParts:
        """Ask the statements of all parts in both orders."""
        budget = image_budget(limits_in_force(self.lms), self.differencer)
        evidence = [
            measure_part(part.name, action, of, inputs) for part, of in zip(parts, statements_of_part, strict=True)
        ]
        questions = [
            fit_question(question_of(f"{i}.{k}", part, one), budget)
            for i, part in enumerate(parts)
            for k, one in enumerate(evidence[i])
        ]
        total = 2 * len(questions)
        self.progress("asking", 0, total)
        report = functools.partial(self._report, total)
        runner = QuestionRunner(self.differencer, self.lms, self.throttle.most, report, throttle=self.throttle)
        answers = dict(zip([q.key for q in questions], runner.ask_in_both_orders(action, questions), strict=True))
        by_key = {question.key: question for question in questions}
        findings: list[Finding] = []
        others: list[Finding] = []
        for i, part in enumerate(parts):
            findings.extend(part.measured)
            for k, one in enumerate(evidence[i]):
                finding = finding_of(one, part, by_key[f"{i}.{k}"], answers[f"{i}.{k}"])
                (findings if is_decided(finding.verdict) else others).append(finding)
        return JudgedParts(findings, others, subsampling_notice(questions, budget))

    def advice(
        self, call: Caller, action: str, parts: Sequence[ShownPart], findings: Sequence[Finding]
    ) -> AdviceOrReason:
        """Ask for advice on the findings."""
        if not findings:
            return AdviceOrReason((), "")
        self.progress("advising", 0, 0)
        shares = {part.name: part.share for part in parts}
        described = [finding_text(finding, shares[finding.stages[0]]) for finding in findings]
        answer = call(self.advice_writer, "text", action=action, findings=described)
        if isinstance(answer, Failure):
            return AdviceOrReason((), f"No advice could be written. {answer.message}")
        return AdviceOrReason(answer.cited, "")

    def _report(self, total: int, done: int) -> None:
        self.progress("asking", done, total)


def measure_part(
    part: str, action: str, differences: Sequence[Difference], inputs: MeasurementInputs
) -> tuple[MeasuredStatement, ...]:
    """What is measured about each statement within a part, where the statement names no moment of its own."""
    if inputs.pair is None:
        unread = Verdict(status="not_measurable")
        return tuple(MeasuredStatement(difference=difference, verdict=unread) for difference in differences)
    plans = {one.key: over_part(part, measurement_of(one.statement, action)) for one in differences}
    return evidence_of(inputs.pair, differences, plans, inputs.stages)


def over_part(part: str, plan: MeasurementSpec | NotMeasurable) -> MeasurementSpec | NotMeasurable:
    """A measurement over the whole action, taken over one part of it."""
    if isinstance(plan, NotMeasurable) or plan.at.kind != "whole":
        return plan
    return plan.model_copy(update={"at": Moment(kind="stage", stage=part)})


def question_of(key: str, part: ShownPart, evidence: MeasuredStatement) -> Question:
    """A statement to be judged on both clips of a part."""
    numbers = (evidence.measurement,) if evidence.measurement else ()
    return Question(key, evidence.difference.statement, part.frames_query, part.frames_reference, numbers)


def finding_of(evidence: MeasuredStatement, part: ShownPart, question: Question, verdict: Verdict) -> Finding:
    """What was asked with its verdict; one that a measurement contradicts is unsure."""
    measured = evidence.verdict.answer
    if is_decided(verdict) and measured in ("a", "b") and measured != verdict.answer:
        reason = f"The measurement says otherwise. {verdict.reason}"
        verdict = verdict.model_copy(update={"status": "unsure", "reason": reason})
    return Finding(
        difference=evidence.difference.model_copy(update={"key": question.key}),
        stages=(part.name,),
        frames_a=question.frames_a,
        frames_b=question.frames_b,
        measurements=question.measurements,
        verdict=verdict,
    )


def is_decided(verdict: Verdict) -> bool:
    """Whether one of both clips was named, in both orders."""
    return verdict.status == "answered" and verdict.answer in ("a", "b")
