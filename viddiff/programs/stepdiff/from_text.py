"""Two clips compared by their descriptions alone: a caption, the truth of one, a grade."""

from __future__ import annotations

import dspy

from viddiff.lms import Failure
from viddiff.lms.retry import Retry
from viddiff.lms.roles import Role
from viddiff.programs.answers import as_share
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule
from viddiff.programs.statements import unfit_reason
from viddiff.programs.stepdiff.ranker import out_of_range
from viddiff.signatures.stepdiff.from_text import CaptionFromText, GradeFromText, VerifyFromText

#: What is seen of the reference, and of the candidate.
Descriptions = tuple[str, str]


class TextCaptioner(AsyncModule):
    """Names the main difference of two described clips in a category. Asks the LM in force (``dspy.settings.lm``).

    Args:
        attempts: asks until an answer parses and can be used.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(dspy.Predict(CaptionFromText), attempts, _caption_flaw)

    def forward(self, description_reference: str, description_candidate: str, category: str) -> dspy.Prediction:
        """``difference``, "" where there is none; ``flaw``: why it cannot be used, or None.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        answer = self.ask(
            description_reference=description_reference, description_candidate=description_candidate, category=category
        )
        return dspy.Prediction(difference=" ".join(answer.difference.split()), flaw=_caption_flaw(answer))


class TextVerifier(AsyncModule):
    """Tells how likely a caption is true of two described clips; arguments as of ``TextCaptioner``."""

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(dspy.Predict(VerifyFromText), attempts, _no_share)

    def forward(self, description_reference: str, description_candidate: str, difference: str) -> dspy.Prediction:
        """``probability``, 0 to 1; ``flaw`` and errors as of ``TextCaptioner``."""
        answer = self.ask(
            description_reference=description_reference,
            description_candidate=description_candidate,
            difference=difference,
        )
        return dspy.Prediction(probability=as_share(answer.probability), flaw=_no_share(answer))


class TextGrader(AsyncModule):
    """Grades how similar two described clips are in a category; arguments as of ``TextCaptioner``."""

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(dspy.Predict(GradeFromText), attempts, out_of_range)

    def forward(self, description_reference: str, description_candidate: str, category: str) -> dspy.Prediction:
        """``similarity``, 0 to 1; ``flaw`` and errors as of ``TextCaptioner``."""
        answer = self.ask(
            description_reference=description_reference, description_candidate=description_candidate, category=category
        )
        return dspy.Prediction(similarity=answer.similarity / 100, flaw=out_of_range(answer))


class TextComparer:
    """Compares descriptions.

    Args:
        role: the model that reads them: "text" (Socratic) or "vision" (the model that described the clips).
        attempts: asks until an answer parses.
    """

    def __init__(self, role: Role, attempts: int = 3) -> None:
        self.role: Role = role
        self.captioner, self.verifier, self.grader = (
            TextCaptioner(attempts),
            TextVerifier(attempts),
            TextGrader(attempts),
        )

    def caption(self, call: Caller, descriptions: Descriptions, category: str) -> str | Failure:
        """The main difference in a category; "" where there is none.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        answer = self._ask(call, self.captioner, descriptions, category=category)
        return answer if isinstance(answer, Failure) else str(answer.difference)

    def p_true(self, call: Caller, descriptions: Descriptions, difference: str) -> float | Failure:
        """How likely a caption is true, 0 to 1; raises as ``caption``."""
        answer = self._ask(call, self.verifier, descriptions, difference=difference)
        return answer if isinstance(answer, Failure) else float(answer.probability)

    def similarity(self, call: Caller, descriptions: Descriptions, category: str) -> float | Failure:
        """How similar they are in a category, 0 to 1; raises as ``caption``."""
        answer = self._ask(call, self.grader, descriptions, category=category)
        return answer if isinstance(answer, Failure) else float(answer.similarity)

    def _ask(
        self, call: Caller, program: AsyncModule, descriptions: Descriptions, **about: str
    ) -> dspy.Prediction | Failure:
        """An answer that can be used."""
        answer = call(
            program, self.role, description_reference=descriptions[0], description_candidate=descriptions[1], **about
        )
        return answer if isinstance(answer, Failure) or not answer.flaw else Failure("garbled", answer.flaw)


def _caption_flaw(prediction: dspy.Prediction) -> str | None:
    text = prediction.difference
    fault = unfit_reason(text) if text.strip() else None
    return f"The model gave a caption that {fault}." if fault else None


def _no_share(prediction: dspy.Prediction) -> str | None:
    return None if as_share(prediction.probability) is not None else "The model gave no probability from 0 to 1."
