"""Comparisons in a folder."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.formatting import one_line
from viddiff.core.types import Answer, Finding
from viddiff.report import formatting
from viddiff.view.documents import DocumentCache, read_inside
from viddiff.view.items.base import MAX_TEXT, DocumentItem, PairFacts, RowText, item_reader

COMPARISON = "comparison.json"


@dataclass(frozen=True)
class ComparisonItem(DocumentItem):
    """The summary of a comparison that can be read.

    Attributes:
        verdicts: (how many, which), most first.
        answers: statement and answer ("a", "b" or "c") of what was answered.
        frames: references of a frame of A and one of B that show the first difference; empty: there are none.
        retryable: whether a question failed for a reason that passes.
    """

    kind = "Comparison"
    order = 1
    route = "comparison"

    action: str
    videos: tuple[str, str]
    created: str
    n_differences: int
    verdicts: tuple[tuple[int, str], ...]
    answers: tuple[tuple[str, Answer], ...] = ()
    frames: tuple[str, ...] = ()
    retryable: bool = False

    @property
    def title(self) -> str:
        """The action."""
        return one_line(self.action) or "No action"

    @property
    def created_s(self) -> float:
        """When it was made."""
        return formatting.seconds_of(self.created)

    @property
    def pair(self) -> PairFacts:
        """Whether all questions have answers, and which."""
        return PairFacts("incomplete" if self.retryable else "done", self.answers)

    @property
    def search_texts(self) -> tuple[str, ...]:
        """The videos and the day."""
        return (*self.videos, self.created)

    def row(self, live: bool = True) -> RowText:
        """The videos, and what came of the differences."""
        verdicts = ", ".join(f"{n} {name}" for n, name in self.verdicts)
        plural = "difference" if self.n_differences == 1 else "differences"
        facts = f"{self.n_differences} {plural}" + (f": {verdicts}" if verdicts else "")
        videos = " and ".join(map(one_line, self.videos))
        return RowText(f"{videos} · {formatting.day(self.created)}", facts, self.frames)

    def read(self) -> ComparisonRecord:
        """The comparison."""
        return read_comparison(self.folder)


def read_comparison(folder: Path) -> ComparisonRecord:
    """The comparison in ``folder``.

    Raises:
        InputError: it cannot be read.
    """
    return ComparisonRecord.from_json(read_inside(folder / COMPARISON))


@item_reader(COMPARISON)
def comparison_items(folder: Path, documents: DocumentCache) -> Iterable[ComparisonItem]:
    """The comparison of a folder."""
    yield documents.read(folder / COMPARISON, functools.partial(_item, folder))


def _item(folder: Path, data: bytes) -> ComparisonItem:
    comparison = ComparisonRecord.from_json(data)
    counts = Counter(formatting.verdict_text(finding.verdict) for finding in comparison.differences)
    ordered = formatting.reading_order(comparison.differences)
    return ComparisonItem(
        folder,
        comparison.action[:MAX_TEXT],
        (comparison.video_a.name[:MAX_TEXT], comparison.video_b.name[:MAX_TEXT]),
        comparison.created[:MAX_TEXT],
        len(comparison.differences),
        tuple((n, name) for name, n in counts.most_common()),
        tuple(
            (finding.difference.statement[:MAX_TEXT], finding.verdict.answer)
            for finding in comparison.differences
            if finding.verdict.answer is not None
        ),
        next((shown for finding in ordered if (shown := _frames(finding))), ()),
        comparison.retryable,
    )


def _frames(finding: Finding) -> tuple[str, ...]:
    """The middle frame of each video that a difference rests on; empty where one has none."""
    sides = finding.frames_a, finding.frames_b
    return tuple(frames[len(frames) // 2].ref for frames in sides) if all(sides) else ()
