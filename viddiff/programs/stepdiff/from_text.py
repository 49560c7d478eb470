"""Two clips compared by their descriptions alone: a caption, the truth of one, a grade."""

from __future__ import annotations

import dspy

from viddiff.lms import Failure
from viddiff.lms.retry import Retry
from viddiff.lms.roles import Role
from viddiff.programs.answers import as_share
from viddiff.programs.caller import Caller
from viddiff.programs.statements import unfit
from viddiff.programs.stepdiff.ranker import out_of_range
from viddiff.signatures.stepdiff.from_text import CaptionFromText, GradeFromText, VerifyFromText

#: What is seen of the reference, and of the candidate.
Descriptions = tuple[str, str]


class TextComparer(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Compares descriptions.

    Args:
        role: the model that reads them: "text" (Socratic) or "vision" (the model that described the clips).
        attempts: asks until an answer parses.
    """

    def __init__(self, role: Role, attempts: int = 3) -> None:
        super().__init__()
        self.role: Role = role
        self.write = Retry(dspy.Predict(CaptionFromText), attempts, _unfit)
        self.verify = Retry(dspy.Predict(VerifyFromText), attempts, _no_share)
        self.grade = Retry(dspy.Predict(GradeFromText), attempts, out_of_range)

    def caption(self, call: Caller, descriptions: Descriptions, category: str) -> str | Failure:
        """The main difference in a category; "" where there is none.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        answer = self._ask(call, self.write, descriptions, category=category)
        return answer if isinstance(answer, Failure) else " ".join(answer.difference.split())

    def probability(self, call: Caller, descriptions: Descriptions, difference: str) -> float | Failure:
        """How likely a caption is true, 0 to 1; raises as ``caption``."""
        answer = self._ask(call, self.verify, descriptions, difference=difference)
        return answer if isinstance(answer, Failure) else float(as_share(answer.probability) or 0.0)

    def similarity(self, call: Caller, descriptions: Descriptions, category: str) -> float | Failure:
        """How similar they are in a category, 0 to 1; raises as ``caption``."""
        answer = self._ask(call, self.grade, descriptions, category=category)
        return answer if isinstance(answer, Failure) else float(answer.similarity / 100)

    def _ask(
        self, call: Caller, question: Retry, descriptions: Descriptions, **about: str
    ) -> dspy.Prediction | Failure:
        """An answer that passes the check of its question."""
        answer = call(
            question, self.role, description_reference=descriptions[0], description_candidate=descriptions[1], **about
        )
        if isinstance(answer, Failure):
            return answer
        assert question.check is not None
        flaw = question.check(answer)
        return Failure("garbled", flaw) if flaw else answer


def _unfit(prediction: dspy.Prediction) -> str | None:
    text = prediction.difference
    fault = unfit(text) if text.strip() else None
    return f"The model gave a caption that {fault}." if fault else None


def _no_share(prediction: dspy.Prediction) -> str | None:
    return None if as_share(prediction.probability) is not None else "The model gave no probability from 0 to 1."
