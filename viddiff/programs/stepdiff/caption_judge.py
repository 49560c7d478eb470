"""The judge of captions: metrics of words give .1 to what says the same in other words."""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.lms.retry import Retry
from viddiff.programs.entries import number_statements
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.stepdiff.judging import JudgeCaption


class CaptionJudge(AsyncModule):
    """Tells whether a caption says what the labelled captions of its pair and category say.

    Coverage and invention are judged apart, after the difference and similarity items of ViDiC-1K (arXiv 2512.03405).
    Asks the LM in force (``dspy.settings.lm``); it reads text alone.

    Args:
        attempts: asks until the answer parses and names labelled captions only.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.judge = Retry(dspy.Predict(JudgeCaption), attempts)

    def forward(self, category: str, captions: Sequence[str], caption: str) -> dspy.Prediction:
        """``covered``: places of the labelled captions that it agrees with; ``invented``; ``reason``.

        An empty caption covers nothing and invents nothing; nothing is asked.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        if not caption.strip():
            return dspy.Prediction(covered=(), invented=False, reason="No difference is told.")
        places, numbered = number_statements({str(place): text for place, text in enumerate(captions)})

        def foreign_key(answer: dspy.Prediction) -> str | None:
            foreign = [key for key in answer.covered if key not in places]
            return f"there is no labelled caption {foreign[0]!r}" if foreign else None

        prediction = self.judge(check=foreign_key, category=category, captions=numbered, caption=caption)
        covered = sorted({int(places[key]) for key in prediction.covered if key in places})
        return dspy.Prediction(covered=tuple(covered), invented=prediction.invented, reason=prediction.reason.strip())
