"""Which items of a folder the list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from viddiff.view.batches import FailedPair, PersonItem
from viddiff.view.index import ComparisonItem, DamagedDocument, Item, RunItem, created_s, title_of
from viddiff.view.step_items import StepItem, StepRunItem

StatusFilter = Literal["", "done", "incomplete", "failed"]
AnswerFilter = Literal["", "a", "b", "c", "differs"]
Order = Literal["newest", "name", "kind"]


@dataclass(frozen=True)
class Filter:
    """Which comparisons are wanted; what is empty keeps all, and runs with them.

    Attributes:
        action: the action, as it is shown.
        status: "incomplete": a question failed for a reason that passes; "failed": there is no comparison.
        difference: words of one statement that was answered.
        answer: its answer; "differs": "a" or "b".
    """

    action: str = ""
    status: StatusFilter = ""
    difference: str = ""
    answer: AnswerFilter = ""

    def keeps(self, item: Item) -> bool:
        """Whether an item is wanted."""
        if self == NO_FILTER:
            return True
        if not isinstance(item, ComparisonItem | FailedPair):
            return False
        if self.action and title_of(item) != self.action:
            return False
        if self.status and status_of(item) != self.status:
            return False
        if not (self.difference or self.answer):
            return True
        words_wanted = self.difference.casefold().split()
        answers = {"": "abc", "differs": "ab"}.get(self.answer, self.answer)
        return isinstance(item, ComparisonItem) and any(
            answer in answers and all(word in statement.casefold() for word in words_wanted)
            for statement, answer in item.answers
        )


#: Keeps everything.
NO_FILTER = Filter()


def status_of(item: ComparisonItem | FailedPair) -> StatusFilter:
    """The status of a pair, as the index of a batch has it."""
    if isinstance(item, FailedPair):
        return "failed"
    return "incomplete" if item.retryable else "done"


def actions_of(items: Sequence[Item]) -> list[str]:
    """The actions of the comparisons, as they are shown, in order."""
    return sorted({title_of(item) for item in items if isinstance(item, ComparisonItem | FailedPair)})


_KINDS = (PersonItem, ComparisonItem, FailedPair, StepItem, RunItem, StepRunItem, DamagedDocument)


def select(items: Sequence[Item], query: str = "", order: Order = "newest", pairs: Filter = NO_FILTER) -> list[Item]:
    """The items with every word of ``query`` in their text, in ``order``; what has no date comes last in "newest"."""
    words = query.casefold().split()
    selected = [item for item in items if pairs.keeps(item) and all(word in _text(item) for word in words)]
    selected.sort(key=lambda item: title_of(item).casefold())
    if order == "newest":
        selected.sort(key=created_s, reverse=True)
    elif order == "kind":
        selected.sort(key=lambda item: _KINDS.index(type(item)))
    return selected


def _text(item: Item) -> str:
    parts = [title_of(item), item.folder.name]
    if isinstance(item, ComparisonItem):
        parts += [*item.videos, item.created]
    elif isinstance(item, FailedPair):
        parts += [*item.videos, item.reason, "failed"]
    elif isinstance(item, PersonItem):
        parts += ["over time"]
    elif isinstance(item, StepItem):
        parts += [*item.videos, item.created, "steps"]
    elif isinstance(item, RunItem):
        parts += [item.method, item.data, item.mode, "run"]
    elif isinstance(item, StepRunItem):
        parts += [item.method, item.data, item.task, "run"]
    else:
        parts += [item.name, "damaged"]
    return " ".join(parts).casefold()
