"""Makes questions and answers on two described clips, and asks whether they hold."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import Field

from viddiff.core.record import Record
from viddiff.lms import Failure
from viddiff.lms.retry import Retry
from viddiff.programs.caller import Caller
from viddiff.programs.predict import AsyncModule
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


class QuestionMaker(AsyncModule):
    """Makes questions with answers on two described clips. Asks the LM in force (``dspy.settings.lm``).

    Args:
        attempts: asks until an answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(dspy.Predict(MakePairedQA), attempts)

    def forward(self, step: str, description_reference: str, description_candidate: str, n: int) -> dspy.Prediction:
        """``made``: a MadeQA for each, ``n`` at the most.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        answer = self.ask(
            step=step,
            description_reference=description_reference,
            description_candidate=description_candidate,
            n=n,
        )
        items = (one.model_dump() for one in answer["items"][:n])
        return dspy.Prediction(made=tuple(MadeQA(**_shorten(one)) for one in items))


class QuestionChecker(AsyncModule):
    """Checks an answer against both descriptions; arguments as of ``QuestionMaker``."""

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(dspy.Predict(CheckPairedQA), attempts)

    def forward(
        self, question: str, answer: str, description_reference: str, description_candidate: str
    ) -> dspy.Prediction:
        """``fault``: "one_clip", "not_answerable", "unsupported"; "": it stands. Raises as ``QuestionMaker``."""
        checked = self.ask(
            question=question,
            answer=answer,
            description_reference=description_reference,
            description_candidate=description_candidate,
        )
        fault = "" if checked.supported else "unsupported"
        if checked.answerable_from != "both":
            fault = "one_clip" if checked.answerable_from in ("reference", "candidate") else "not_answerable"
        return dspy.Prediction(fault=fault)


class OneClipAnswerer(AsyncModule):
    """Answers a question on two clips from one description alone; arguments as of ``QuestionMaker``."""

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.ask = Retry(dspy.Predict(AnswerFromOne), attempts)

    def forward(self, question: str, known: Literal["first", "second"], description: str) -> dspy.Prediction:
        """``answer``: "" where it takes the other clip; raises as ``QuestionMaker``.

        Args:
            question: on both clips.
            known: which of them is described.
            description: of that one.
        """
        answer = self.ask(question=question, known=known, description=description)
        return dspy.Prediction(answer=" ".join(answer.answer.split()))


class QAMaker:
    """Has questions made, checked and answered by the text model.

    Args:
        attempts: asks until an answer parses.
    """

    def __init__(self, attempts: int = 3) -> None:
        self.maker, self.checker = QuestionMaker(attempts), QuestionChecker(attempts)
        self.answerer = OneClipAnswerer(attempts)

    def make_items(self, call: Caller, step: str, descriptions: Descriptions, n: int) -> MadeItems | Failure:
        """Up to ``n`` questions with answers on two described clips.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        answer = call(self.maker, "text", step=step, **_description_inputs(descriptions), n=n)
        return answer if isinstance(answer, Failure) else MadeItems(items=answer.made)

    def fault(self, call: Caller, descriptions: Descriptions, item: MadeQA) -> str | Failure:
        """Why an answer does not stand on both descriptions; "" where it does. Raises as ``make_items``."""
        inputs = _description_inputs(descriptions)
        answer = call(self.checker, "text", question=item.question, answer=item.answer, **inputs)
        return answer if isinstance(answer, Failure) else str(answer.fault)

    def answer_from_one(self, call: Caller, place: int, description: str, item: MadeQA) -> str | Failure:
        """The answer from one description alone, 0: the reference's, 1: the candidate's. Raises as ``make_items``."""
        which = ("first", "second")[place]
        answer = call(self.answerer, "text", question=item.question, known=which, description=description)
        return answer if isinstance(answer, Failure) else str(answer.answer)


def _description_inputs(descriptions: Descriptions) -> dict[str, str]:
    return {"description_reference": descriptions[0], "description_candidate": descriptions[1]}


def _shorten(item: dict[str, str]) -> dict[str, str]:
    return {name: " ".join(text.split())[:2000] for name, text in item.items()}
