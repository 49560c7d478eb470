"""The advice writer: what a performer should do otherwise, with the findings that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dspy

from viddiff.lms.retry import Retry
from viddiff.programs.entries import number_statements
from viddiff.programs.predict import AsyncModule
from viddiff.programs.skilldiff.explanation import Advice
from viddiff.signatures.skilldiff.explanation import AdviseOnFindings

#: Advice that is longer is cut.
MAX_ADVICE_CHARS = 500


class AdviceWriter(AsyncModule):
    """Writes advice that rests on findings. Asks the LM in force (``dspy.settings.lm``), which sees no frame.

    Args:
        attempts: asks until an answer parses and has a piece of advice that names a finding.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.advise = Retry(dspy.Predict(AdviseOnFindings), attempts, check=problem_with_advice)

    def forward(self, action: str, findings: Sequence[str]) -> dspy.Prediction:
        """``advice`` as the model wrote it; ``cited``: the Advice that names findings, by their places in ``findings``.

        Args:
            action: what is done.
            findings: each as a text, e.g. of ``signatures.skilldiff.explanation.finding_text``.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        keys, numbered = number_statements({str(i): text for i, text in enumerate(findings)})
        prediction = self.advise(action=action, findings=numbered)
        pieces = [(" ".join(piece.advice.split()), cited_places(piece.findings, keys)) for piece in prediction.advice]
        cited = tuple(
            Advice(text=text[:MAX_ADVICE_CHARS], findings=places) for text, places in pieces if text and places
        )
        return dspy.Prediction(**prediction, cited=cited)


def cited_places(numbers: Sequence[str], keys: Mapping[str, str]) -> tuple[int, ...]:
    """The places of the findings with these keys; keys that no finding has are dropped."""
    return tuple(sorted({int(keys[number]) for number in numbers if number in keys}))


def problem_with_advice(prediction: dspy.Prediction) -> str | None:
    """What is wrong with an answer that holds no advice that rests on anything."""
    return None if any(piece.findings for piece in prediction.advice) else "no advice that names a finding"
