"""All statements on the same frames in one call (``--batch-questions``); what is left unanswered is asked alone."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Sequence

import dspy

from viddiff.core.parallel import in_parallel
from viddiff.core.types import Measurement, Verdict
from viddiff.lms import failure_of
from viddiff.lms.retry import Retry
from viddiff.programs.answers import as_share, positions
from viddiff.programs.differencer import Differencer, measurement_texts
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.questions import Question, QuestionRunner, swap_sides
from viddiff.signatures.clip import Clip
from viddiff.signatures.differencer import JudgeDifference
from viddiff.signatures.viddiff.batch import MAX_STATEMENTS, JudgeStatements, StatementVerdict

logger = logging.getLogger(__name__)


class BatchDifferencer(AsyncModule):
    """Looks at two clips and judges several statements; asks the LM in force once, for the rest is asked alone."""

    def __init__(self) -> None:
        super().__init__()
        # Asked once: what is not answered together is asked alone.
        self.judge = Retry(ClipPredict(JudgeStatements), 1, check=without_entries)

    def forward(
        self,
        action: str,
        video_a: Clip,
        video_b: Clip,
        statements: Sequence[str],
        measurements: Sequence[Measurement | str] = (),
    ) -> dspy.Prediction:
        """``entries``: position of the statement -> its Verdict, for the statements with one clear, valid entry.

        Raises:
            dspy.AdapterParseError: the answer is not a list of entries. dspy.utils.exceptions.LMError: the call failed.
        """
        # The keys of the caller may be anything; numbers cannot be mistaken.
        keys = {str(position + 1): position for position in range(len(statements))}
        prediction = self.judge(
            video_a=video_a,
            video_b=video_b,
            action=action,
            measurements=measurement_texts(measurements),
            statements=dict(zip(keys, statements, strict=True)),
        )
        times = Counter(entry.key for entry in prediction.verdicts)
        entries = {
            keys[entry.key]: verdict_of(entry, video_a, video_b)
            for entry in prediction.verdicts
            if entry.key in keys and times[entry.key] == 1
        }
        return dspy.Prediction(**prediction, entries=entries)


def without_entries(prediction: dspy.Prediction) -> str | None:
    """What is wrong with an answer: that it says nothing."""
    return None if prediction.verdicts else "no entry"


def verdict_of(entry: StatementVerdict, video_a: Clip, video_b: Clip) -> Verdict:
    """The verdict of one entry of the answer."""
    return Verdict(
        status="answered",
        answer=entry.answer,
        confidence=as_share(entry.confidence),
        reason=entry.reason.strip(),
        evidence_a=positions(entry.frames_a, len(video_a.frames)),
        evidence_b=positions(entry.frames_b, len(video_b.frames)),
    )


class BatchQuestionRunner(QuestionRunner):
    """Asks the questions that show the same frames together, and those that got no valid verdict so alone."""

    def _verdicts(self, action: str, questions: Sequence[Question]) -> list[Verdict]:
        answered = {q.key for q in questions if self.verdicts is not None and self.verdicts.get(q.key) is not None}
        groups = group_by_frames([question for question in questions if question.key not in answered])
        verdicts: dict[str, Verdict] = {}
        jobs = [functools.partial(self._ask_together, action, group) for group in groups]
        for part in in_parallel(jobs, self.threads, wait=False):
            verdicts |= part
        alone = [question for question in questions if question.key not in verdicts]
        verdicts |= zip((question.key for question in alone), super()._verdicts(action, alone), strict=True)
        return [verdicts[question.key] for question in questions]

    def _ask_together(self, action: str, group: Sequence[Question]) -> dict[str, Verdict]:
        try:
            prediction = self._call(
                BatchDifferencer(),
                action=action,
                video_a=Clip.of("A", group[0].frames_a),
                video_b=Clip.of("B", group[0].frames_b),
                statements=[question.statement for question in group],
                measurements=tuple(dict.fromkeys(m for question in group for m in question.measurements)),
            )
        except Exception as error:
            # After any error the statements are asked one by one, where an error is reported with its statement.
            fault = failure_of(error)
            if fault is not None and fault.fatal:
                self.fatal = fault
            logger.debug("%d statements were not answered together", len(group), exc_info=True)
            return {}
        verdicts: dict[str, Verdict] = {}
        for position, verdict in prediction.entries.items():
            question = group[position]
            verdicts[question.key] = swap_sides(verdict) if question.swapped else verdict
            if self.verdicts:
                self.verdicts.keep(question.key, verdicts[question.key])
            self._count()
        return verdicts


def group_by_frames(questions: Sequence[Question]) -> list[list[Question]]:
    """Groups of two to ``MAX_STATEMENTS`` questions that show the same frames in the same order."""
    alike: dict[object, list[Question]] = {}
    for question in questions:
        frames = (question.frames_a, question.frames_b, question.swapped)
        alike.setdefault(frames, []).append(question)
    parts = [
        group[start : start + MAX_STATEMENTS]
        for group in alike.values()
        for start in range(0, len(group), MAX_STATEMENTS)
    ]
    return [part for part in parts if len(part) > 1]


def is_compiled(differencer: Differencer) -> bool:
    """Whether a differencer has instructions or examples of its own, which a batch of statements does not use."""
    predictor = differencer.judge.predict
    return bool(predictor.demos) or predictor.signature.instructions != JudgeDifference.instructions
