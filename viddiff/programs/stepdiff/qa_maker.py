"""Makes questions and answers on two described clips, and asks whether they hold."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import Field

from viddiff.core.record import Record
from viddiff.lms import Failure
from viddiff.lms.retry import Retry
from viddiff.programs.caller import Caller
from viddiff.programs.stepdiff.from_text import Descriptions
from viddiff.signatures.stepdiff.paired_qa import AnswerFromOne, CheckPairedQA, MakePairedQA

Kind = Literal["difference", "similarity", "why", "how much"]


class MadeQA(Record):
    """A question and its answer, not yet checked."""

    question: str = Field(max_length=2000)
    answer: str = Field(max_length=2000)
    kind: Kind


class MadeItems(Record):
    """What was made of one pair."""

    items: tuple[MadeQA, ...]


class QAMaker(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Asks the text model.

    Args:
        attempts: asks until an answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.make = Retry(dspy.Predict(MakePairedQA), attempts)
        self.check = Retry(dspy.Predict(CheckPairedQA), attempts)
        self.answer = Retry(dspy.Predict(AnswerFromOne), attempts)

    def make_items(self, call: Caller, step: str, descriptions: Descriptions, n: int) -> MadeItems | Failure:
        """Up to ``n`` questions with answers on two described clips.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        answer = call(self.make, "text", step=step, **_description_inputs(descriptions), n=n)
        if isinstance(answer, Failure):
            return answer
        items = (one.model_dump() for one in answer["items"][:n])
        return MadeItems(items=tuple(MadeQA(**_short(one)) for one in items))

    def fault(self, call: Caller, descriptions: Descriptions, item: MadeQA) -> str | Failure:
        """Why an answer does not stand on both descriptions; "" where it does. Raises as ``make_items``."""
        answer = call(
            self.check, "text", question=item.question, answer=item.answer, **_description_inputs(descriptions)
        )
        if isinstance(answer, Failure):
            return answer
        if answer.answerable_from != "both":
            return "one_clip" if answer.answerable_from in ("reference", "candidate") else "not_answerable"
        return "" if answer.supported else "unsupported"

    def answer_from_one(self, call: Caller, place: int, description: str, item: MadeQA) -> str | Failure:
        """The answer from one description alone, 0: the reference's, 1: the candidate's. Raises as ``make_items``."""
        which = ("first", "second")[place]
        answer = call(self.answer, "text", question=item.question, known=which, description=description)
        return answer if isinstance(answer, Failure) else " ".join(answer.answer.split())


def _description_inputs(descriptions: Descriptions) -> dict[str, str]:
    return {"description_reference": descriptions[0], "description_candidate": descriptions[1]}


def _short(item: dict[str, str]) -> dict[str, str]:
    return {name: " ".join(text.split())[:2000] for name, text in item.items()}
