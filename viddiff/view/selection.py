"""Which items of a folder the list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from viddiff.view.items.base import FolderItem

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

    def matches(self, item: FolderItem) -> bool:
        """Whether an item is wanted."""
        if self == NO_FILTER:
            return True
        pair = item.pair
        if pair is None or (self.action and item.title != self.action) or (self.status and pair.status != self.status):
            return False
        if not (self.difference or self.answer):
            return True
        words = self.difference.casefold().split()
        answers = {"": "abc", "differs": "ab"}.get(self.answer, self.answer)
        return any(
            answer in answers and all(word in statement.casefold() for word in words)
            for statement, answer in pair.answers
        )


#: Keeps everything.
NO_FILTER = Filter()


def actions_of(items: Sequence[FolderItem]) -> list[str]:
    """The actions of the comparisons, as they are shown, in order."""
    return sorted({item.title for item in items if item.pair})


def select(
    items: Sequence[FolderItem], query: str = "", order: Order = "newest", pairs: Filter = NO_FILTER
) -> list[FolderItem]:
    """The items with every word of ``query`` in their text, in ``order``; what has no date comes last in "newest"."""
    words = query.casefold().split()
    selected = [item for item in items if pairs.matches(item) and all(word in _text(item) for word in words)]
    selected.sort(key=lambda item: item.title.casefold())
    if order == "newest":
        selected.sort(key=lambda item: item.created_s, reverse=True)
    elif order == "kind":
        selected.sort(key=lambda item: item.order)
    return selected


def _text(item: FolderItem) -> str:
    return " ".join((item.title, item.folder.name, *item.search_texts)).casefold()
