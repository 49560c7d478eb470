"""Asking many questions at once: every failure becomes a verdict that says so, and none is mistaken for an answer."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import dspy

from viddiff.core.errors import BackendError, BudgetError, UsageError
from viddiff.core.parallel import check_interrupted, in_parallel
from viddiff.core.types import SWAPPED, FrameRef, Measurement, Outcome, Verdict
from viddiff.lms import Failure, LMs, failure_of
from viddiff.lms.throttle import Throttle
from viddiff.programs.answers import swap_names
from viddiff.programs.caller import model_in_force
from viddiff.programs.differencer import Differencer
from viddiff.signatures.clip import Clip

logger = logging.getLogger(__name__)

#: Confidence in "no visible difference" when the two orders of a question disagreed.
DISAGREED = 0.1


class AskingEndedError(BackendError):
    """A question was not asked, because a fault had shown that no call would be answered."""


class VerdictStore(Protocol):
    """Where verdicts are kept as soon as they are there, so that a run that was killed does not ask again."""

    def get(self, key: str) -> Verdict | None:
        """The verdict of a question that was asked before."""

    def keep(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict, durably, before the next question is asked."""


@dataclass(frozen=True)
class Question:
    """One statement to be judged; ``swapped``: the second video is shown as A and the first as B."""

    key: str
    statement: str
    frames_a: tuple[FrameRef, ...]
    frames_b: tuple[FrameRef, ...]
    measurements: tuple[Measurement, ...]
    swapped: bool = False
    #: Frames that were chosen and found no room in a request.
    n_left_out: int = 0

    def swap_sides(self) -> Question:
        """The same question with the videos swapped."""
        measurements = tuple(measurement.swap_sides() for measurement in self.measurements)
        key = f"{self.key}/exchanged"
        return Question(key, self.statement, self.frames_b, self.frames_a, measurements, not self.swapped)


class QuestionRunner:
    """Asks questions in parallel, bounded, and stops asking once a fault shows that every call would fail.

    Args:
        differencer: the program that answers one question.
        lms: for the vision role; None asks ``dspy.settings.lm``.
        threads: questions in flight at once, at the most.
        on_answer: called after each question with how many are done.
        verdicts: what was answered before and where new verdicts are kept; None keeps none.
        throttle: bounds what is in flight together with others; None: this asker alone.
    """

    def __init__(
        self,
        differencer: Differencer,
        lms: LMs | None,
        threads: int,
        on_answer: Callable[[int], None],
        verdicts: VerdictStore | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self.differencer = differencer
        self.lms = lms
        self.threads = threads
        self.on_answer = on_answer
        self.verdicts = verdicts
        self.throttle = throttle or Throttle(threads)
        self.fatal: Failure | None = None
        self._done = 0
        self._lock = threading.Lock()

    def ask_all(self, action: str, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for each question, in order.

        Raises:
            BackendError: nothing was answered, because of a fault that no further call would escape.
            UsageError: the differencer has a model of its own beside ``lms``.
        """
        if not questions:
            return []
        verdicts = self._verdicts(action, questions)
        if self.fatal is not None and all(verdict.answer is None for verdict in verdicts):
            raise BackendError(self.fatal.message)
        return verdicts

    def ask_in_both_orders(self, action: str, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for each question, asked as it is and with the videos swapped; see ``merge_orders``.

        Raises:
            BackendError: as ``ask_all``.
        """
        verdicts = self.ask_all(action, [*questions, *(question.swap_sides() for question in questions)])
        straight, swapped = verdicts[: len(questions)], verdicts[len(questions) :]
        return [merge_orders(first, second) for first, second in zip(straight, swapped, strict=True)]

    def _verdicts(self, action: str, questions: Sequence[Question]) -> list[Verdict]:
        jobs = [functools.partial(self.ask, action, question) for question in questions]
        return in_parallel(jobs, self.threads, wait=False)

    def ask(self, action: str, question: Question) -> Verdict:
        """The verdict of one question; a failed call is a verdict without an answer."""
        verdict = self._ask(action, question)
        self._count()
        return verdict

    def _count(self) -> None:
        with self._lock:
            self._done += 1
            self.on_answer(self._done)

    def _ask(self, action: str, question: Question) -> Verdict:
        earlier = self.verdicts.get(question.key) if self.verdicts else None
        if earlier is not None:
            return earlier
        try:
            verdict = self._judge(action, question)
        except (BudgetError, BackendError) as error:
            # Not asked, so not kept: with more budget or another key the same command asks.
            return Verdict(status="failed", error=str(error), fault="unasked")
        if self.verdicts:
            self.verdicts.keep(question.key, verdict)
        return verdict

    def _check_asking(self) -> None:
        check_interrupted()
        if self.fatal is not None:
            raise AskingEndedError(self.fatal.message)

    def _judge(self, action: str, question: Question) -> Verdict:
        try:
            return self._ask_model(action, question)
        except (BudgetError, AskingEndedError, UsageError):
            raise
        except Exception as error:
            # Any error, of a server, a library or ours, fails this question alone: the others are still asked.
            fault = failure_of(error)
            if fault is None:
                logger.debug("question failed", exc_info=True)
                return Verdict(status="failed", error=f"{type(error).__name__}: {error}", fault="internal")
            if fault.fatal:
                self.fatal = fault
                raise BackendError(fault.message) from error
            return fault.verdict

    def _ask_model(self, action: str, question: Question) -> Verdict:
        prediction = self._call(
            self.differencer,
            action=action,
            video_a=Clip.of("A", question.frames_a),
            video_b=Clip.of("B", question.frames_b),
            statement=question.statement,
            measurements=question.measurements,
        )
        verdict: Verdict = prediction.verdict
        return swap_sides(verdict) if question.swapped else verdict

    def _call(self, program: dspy.Module, **inputs: Any) -> dspy.Prediction:
        """One call of the vision model, as soon as there is room for it."""

        def call() -> dspy.Prediction:
            # Waiting takes time, in which the asking may have ended.
            self._check_asking()
            with model_in_force(self.lms, "vision", program):
                return program(**inputs)

        return self.throttle(call)


def check_all_asked(outcome: Outcome, lms: LMs | None) -> None:
    """An outcome with questions that were not asked is none: the money or the model was gone.

    Raises:
        BudgetError, BackendError: which of the two.
    """
    skipped = [finding.verdict.error for finding in outcome.differences if finding.verdict.fault == "unasked"]
    if skipped and lms is not None:
        lms.check_budget()
    if skipped:
        raise BackendError(str(skipped[0]))


def swap_sides(verdict: Verdict) -> Verdict:
    """A verdict on swapped videos, told in terms of the true A and B."""
    return verdict.model_copy(
        update={
            "answer": SWAPPED[verdict.answer] if verdict.answer else None,
            "reason": swap_names(verdict.reason),
            "evidence_a": verdict.evidence_b,
            "evidence_b": verdict.evidence_a,
        }
    )


def merge_orders(straight: Verdict, swapped: Verdict) -> Verdict:
    """One verdict of a question asked in both orders, both told in terms of the true A and B.

    Where they disagree nothing was seen for sure: "c" with low confidence, unsure. A failed order fails the question.
    """
    for verdict in (straight, swapped):
        if verdict.answer is None:
            return verdict
    if straight.answer == swapped.answer:
        confidences = [v.confidence for v in (straight, swapped) if v.confidence is not None]
        mean = sum(confidences) / len(confidences) if confidences else None
        return straight.model_copy(update={"confidence": mean, "swapped_answer": swapped.answer})
    reason = f"Asked in both orders, the model answered {straight.answer!r} and {swapped.answer!r}. {straight.reason}"
    return straight.model_copy(
        update={
            "status": "unsure",
            "answer": "c",
            "confidence": DISAGREED,
            "swapped_answer": swapped.answer,
            "reason": reason,
        }
    )
