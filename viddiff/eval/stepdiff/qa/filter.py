"""Why a question with its answer is dropped: checks in the order of what they cost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Literal

from viddiff.eval.stepdiff.qa.text_similarity import words
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.lms import Failure
from viddiff.programs.caller import Caller
from viddiff.programs.statements import unfit_reason
from viddiff.programs.stepdiff.from_text import Descriptions
from viddiff.programs.stepdiff.qa_maker import MadeQA, QAMaker
from viddiff.programs.stepdiff.results import OrderCheck

#: "unfit": empty, too long, or holds what must not reach a prompt; "names_source": speaks of a frame, a file or a
#: description; "one_clip": one video answers it; "not_answerable", "unsupported": by the descriptions; "same_from_one":
#: one description alone gives the same answer; "not_seen", "undirected": by the clips themselves; "duplicate".
Reason = Literal[
    "unfit", "names_source", "one_clip", "not_answerable", "unsupported", "same_from_one", "not_seen", "undirected",
    "duplicate", "failed",
]  # fmt: skip
#: From such a share of common words on two answers are the same.
SAME_ANSWER = 0.8
_SOURCE = re.compile(
    r"\b(frames?|file(name)?s?|descriptions?|described|transcripts?|narrat(ion|or)s?|captions?)\b|\.\w{3,4}\b", re.I
)
#: Checks an answer on both clips.
CheckClips = Callable[[str], OrderCheck]


class QAFilter:
    """Asks what it takes to keep an item; every answer is kept with the run.

    Args:
        call: asks the text model.
        maker: the questions.
        texts: those of the run.
    """

    def __init__(self, call: Caller, maker: QAMaker, texts: TextStore) -> None:
        self.call, self.maker, self.texts = call, maker, texts

    def reason(
        self, key: str, descriptions: Descriptions, item: MadeQA, check: CheckClips | None
    ) -> Reason | Failure | None:
        """Why an item is dropped; None where it is kept.

        Raises:
            BackendError: a fault that every further call would meet. BudgetError: the budget is spent.
        """
        if unfit_reason(item.question) or unfit_reason(item.answer):
            return "unfit"
        if _SOURCE.search(item.answer) or _SOURCE.search(item.question):
            return "names_source"
        fault = self.texts.get(f"check|{key}", lambda: self.maker.fault(self.call, descriptions, item))
        if fault:
            return fault if isinstance(fault, Failure) else _reason(fault)
        for place in (0, 1):
            alone = self._answer_from_one(key, place, descriptions[place], item)
            if isinstance(alone, Failure):
                return alone
            if overlap(alone, item.answer) >= SAME_ANSWER:
                return "same_from_one"
        return self._check_clips(key, item, check) if check else None

    def _answer_from_one(self, key: str, place: int, description: str, item: MadeQA) -> str | Failure:
        return self.texts.get(
            f"alone|{place}|{key}", lambda: self.maker.answer_from_one(self.call, place, description, item)
        )

    def _check_clips(self, key: str, item: MadeQA, check: CheckClips) -> Reason | Failure | None:
        """What the clips themselves say; similarities have no direction."""

        def ask() -> str | Failure:
            found = check(item.answer)
            return Failure(found.fault or "other", found.error) if found.error else found.outcome

        outcome = self.texts.get(f"seen|{key}", ask)
        if isinstance(outcome, Failure):
            return outcome
        if outcome == "false":
            return "not_seen"
        return "undirected" if outcome == "undirected" and item.kind == "difference" else None


def overlap(first: str, second: str) -> float:
    """Share of words that two texts have in common, 0 to 1: F1 over words.

    >>> overlap("It is red.", "it is blue")
    0.6666666666666666
    """
    first_counts, second_counts = Counter(words(first)), Counter(words(second))
    n_common = sum((first_counts & second_counts).values())
    return 2 * n_common / (sum(first_counts.values()) + sum(second_counts.values())) if n_common else 0.0


def _reason(fault: str) -> Reason:
    reasons: dict[str, Reason] = {"one_clip": "one_clip", "not_answerable": "not_answerable"}
    return reasons.get(fault, "unsupported")
