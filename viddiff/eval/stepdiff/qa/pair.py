"""The questions and answers of one pair of clips, each kept or with the reason why not."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from viddiff.core.record import Record
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.items import StepPair
from viddiff.eval.stepdiff.qa.chat import id_of
from viddiff.eval.stepdiff.qa.describe import SourceDescriber
from viddiff.eval.stepdiff.qa.filter import SAME_ANSWER, CheckClips, QAFilter, Reason, overlap
from viddiff.eval.stepdiff.qa.sources import ClipSource
from viddiff.eval.stepdiff.qa.text_similarity import words
from viddiff.eval.stepdiff.text_store import TextStore
from viddiff.lms import Failure, LMs
from viddiff.lms.throttle import Throttle
from viddiff.programs.caller import Caller
from viddiff.programs.stepdiff.qa_maker import MadeItems, MadeQA, QAMaker
from viddiff.programs.stepdiff.results import OrderCheck
from viddiff.programs.stepdiff.verifier import StepVerifier, check_differences


@dataclass(frozen=True)
class QAItem:
    """A question with its answer on a pair; kept where ``reason`` is None."""

    pair: StepPair
    qa: MadeQA
    reason: Reason | None
    error: str = ""


class DroppedItem(Record):
    """A line of ``dropped.jsonl``."""

    id: str
    """Id of the question."""
    reference: str
    """Id of the first clip."""
    candidate: str
    """Id of the second clip."""
    question: str
    """The question."""
    answer: str
    """The answer."""
    kind: str
    """What kind of question it is."""
    reason: str
    """Why it was dropped."""
    error: str
    """What failed; empty: nothing did."""

    @classmethod
    def of(cls, item: QAItem) -> DroppedItem:
        """The line of an item that was dropped."""
        pair, qa = item.pair, item.qa
        return cls(
            id=id_of(pair, qa.question, qa.answer),
            reference=pair.reference.id,
            candidate=pair.candidate.id,
            **qa.model_dump(),
            reason=str(item.reason),
            error=item.error,
        )


class PairMaker:
    """Asks for questions and answers on pairs, and what keeps or drops them.

    Args:
        n: questions of a pair.
    """

    def __init__(self, settings: Settings, lms: LMs, texts: TextStore, describing: SourceDescriber, n: int) -> None:
        self.call, self.texts, self.describing, self.n = Caller(lms, Throttle(settings.threads)), texts, describing, n
        self.maker = QAMaker(settings.attempts)
        self.filter = QAFilter(self.call, self.maker, texts)
        self.verifier = StepVerifier(settings.attempts)

    def items(
        self, reference: ClipSource, candidate: ClipSource, texts: Mapping[str, str]
    ) -> tuple[QAItem, ...] | None:
        """The items of a pair; None where it could not be asked for.

        Raises:
            InputError: a video. BackendError: a fault that every further call would meet. BudgetError: the budget.
        """
        pair = StepPair(reference=reference.clip, candidate=candidate.clip)
        descriptions = texts[pair.reference.id], texts[pair.candidate.id]

        def ask() -> str | Failure:
            answer = self.maker.make_items(self.call, reference.keystep, descriptions, self.n)
            return answer if isinstance(answer, Failure) else answer.model_dump_json()

        text = self.texts.get(f"made|{pair.reference.id}|{pair.candidate.id}", ask)
        if isinstance(text, Failure):
            return None
        check = self._clip_check(pair, reference.keystep)
        return tuple(self._item(pair, descriptions, qa, check) for qa in MadeItems.model_validate_json(text).items)

    def _item(self, pair: StepPair, descriptions: tuple[str, str], qa: MadeQA, check: CheckClips | None) -> QAItem:
        reason = self.filter.reason(id_of(pair, qa.question, qa.answer), descriptions, qa, check)
        if isinstance(reason, Failure):
            return QAItem(pair, qa, "failed", reason.message)
        return QAItem(pair, qa, reason)

    def _clip_check(self, pair: StepPair, step: str) -> CheckClips | None:
        """What checks an answer on both clips; None without videos."""
        reader = self.describing.reader
        if reader is None:
            return None

        def check(answer: str) -> OrderCheck:
            clips = reader.read(pair.reference), reader.read(pair.candidate)
            return check_differences(self.call, self.verifier, step, *clips, {"0": answer}, self.describing.n_frames)[
                "0"
            ]

        return check


def without_duplicates(items: Sequence[QAItem]) -> list[QAItem]:
    """The items; of those that would be kept, one that says what an earlier one of its pair says is dropped.

    Another pair may well differ in the same way: there a question and an answer are compared word by word with those
    of the same pair alone.
    """
    unique: dict[StepPair, list[MadeQA]] = {}
    unique_items = []
    for item in items:
        earlier = unique.setdefault(item.pair, [])
        if item.reason is None and any(_is_same(item.qa, one) for one in earlier):
            item = replace(item, reason="duplicate")
        if item.reason is None:
            earlier.append(item.qa)
        unique_items.append(item)
    return unique_items


@functools.cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(words(text))


def _is_same(first: MadeQA, second: MadeQA) -> bool:
    if _words(first.question) == _words(second.question) and _words(first.answer) == _words(second.answer):
        return True
    return (
        overlap(first.question, second.question) >= SAME_ANSWER and overlap(first.answer, second.answer) >= SAME_ANSWER
    )
