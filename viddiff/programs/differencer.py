"""The differencer: one statement judged on frames of both videos (paper, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.core.types import Measurement, Verdict
from viddiff.lms.retry import Retry
from viddiff.programs.answers import as_share, positions
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.signatures.clip import Clip
from viddiff.signatures.differencer import JudgeDifference
from viddiff.signatures.measurements import measurement_text


class Differencer(AsyncModule):
    """Looks at two clips and tells for which one a statement is more true.

    Asks the LM in force (``dspy.settings.lm``), which must see images.

    >>> from viddiff import Differencer
    >>> from viddiff.signatures.clip import Clip
    >>> a, b = Clip.of("A", frames_a), Clip.of("B", frames_b)  # frames of loaded videos  # doctest: +SKIP
    >>> inputs = {"action": "squat", "video_a": a, "video_b": b}  # doctest: +SKIP
    >>> Differencer()(**inputs, statement="the squat is deeper").verdict.answer  # doctest: +SKIP

    Args:
        attempts: asks until the answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.judge = Retry(ClipPredict(JudgeDifference), attempts)

    def forward(
        self,
        action: str,
        video_a: Clip,
        video_b: Clip,
        statement: str,
        measurements: Sequence[Measurement | str] = (),
    ) -> dspy.Prediction:
        """The model's prediction (answer, confidence, reason, frames) with ``verdict``, a Verdict.

        Measurements that have no number for both videos are left out; those in words are passed on as they are.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        prediction = self.judge(
            video_a=video_a,
            video_b=video_b,
            action=action,
            measurements=measurement_texts(measurements),
            statement=statement,
        )
        # A prediction of its own: the predictor's stands in the trace, and what is in it becomes examples.
        verdict = Verdict(
            status="answered",
            answer=prediction.answer,
            confidence=as_share(prediction.confidence),
            reason=(prediction.reason or "").strip(),
            evidence_a=positions(prediction.frames_a, len(video_a.frames)),
            evidence_b=positions(prediction.frames_b, len(video_b.frames)),
        )
        return dspy.Prediction(**prediction, verdict=verdict)


def measurement_texts(measurements: Sequence[Measurement | str]) -> list[str]:
    """The measurements as the model reads them."""
    return [
        m if isinstance(m, str) else measurement_text(m)
        for m in measurements
        if isinstance(m, str) or (m.a is not None and m.b is not None)
    ]
