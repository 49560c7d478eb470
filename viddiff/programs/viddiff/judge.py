"""The judge: statements judged together, on the frames of the moments at which they are best judged."""

from __future__ import annotations

from collections.abc import Mapping

import dspy

from viddiff.core.record import Record
from viddiff.core.types import Answer
from viddiff.lms.retry import Retry
from viddiff.programs.answers import as_share, positions, swap_names
from viddiff.programs.entries import completeness_check, entries_by_key, number_statements
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.viddiff.calibration import Opinion
from viddiff.signatures.clip import Clip
from viddiff.signatures.viddiff.judge import JudgeTogether, SizedVerdict


class JudgeAnswer(Record):
    """What was seen of one statement; ``evidence``: positions of the frames that show it, from 0."""

    opinion: Opinion
    reason: str
    evidence_a: tuple[int, ...] = ()
    evidence_b: tuple[int, ...] = ()

    def swap_sides(self) -> JudgeAnswer:
        """The same of swapped videos, told in terms of the true A and B."""
        return JudgeAnswer(
            opinion=self.opinion.swap_sides(),
            reason=swap_names(self.reason),
            evidence_a=self.evidence_b,
            evidence_b=self.evidence_a,
        )


class Judge(AsyncModule):
    """Looks at close frames of both videos and judges several statements together.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    Args:
        attempts: asks until the answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.judge = Retry(ClipPredict(JudgeTogether), attempts)

    def forward(
        self,
        action: str,
        video_a: Clip,
        video_b: Clip,
        statements: Mapping[str, str],
        measurements: Mapping[str, str] | None = None,
    ) -> dspy.Prediction:
        """``judged``: key of the statement -> JudgeAnswer; a statement that was left out, or named twice, has none.

        Args:
            measurements: key of a statement -> what was measured about it, in words.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        keys, asked = number_statements(statements)
        measured = measurements or {}
        prediction = self.judge(
            check=completeness_check("verdicts", keys),
            video_a=video_a,
            video_b=video_b,
            action=action,
            measurements=[f"{number}: {measured[key]}" for number, key in keys.items() if key in measured],
            statements=asked,
        )
        entries = entries_by_key(prediction.verdicts, keys)
        judged = {keys[number]: answer_of(entry, video_a, video_b) for number, entry in entries.items()}
        return dspy.Prediction(**prediction, judged=judged)


def answer_of(entry: SizedVerdict, video_a: Clip, video_b: Clip) -> JudgeAnswer:
    """One entry of the answer; "a" or "b" of a difference that is said to be none is "c"."""
    answer: Answer = "c" if entry.size == "none" else entry.answer
    return JudgeAnswer(
        opinion=Opinion(answer=answer, confidence=as_share(entry.confidence), size=entry.size),
        reason=entry.reason.strip(),
        evidence_a=positions(entry.frames_a, len(video_a.frames)),
        evidence_b=positions(entry.frames_b, len(video_b.frames)),
    )
