"""What a batch says beside its comparisons: pairs that failed, and people who are in it on several days."""

from __future__ import annotations

import contextlib
import functools
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from viddiff.batch.manifest import FILE as BATCH
from viddiff.batch.rows import Row
from viddiff.core.errors import InputError
from viddiff.core.files import parse_json
from viddiff.core.formatting import one_line
from viddiff.eval import journal
from viddiff.report.curves import BOX
from viddiff.view import pages
from viddiff.view.documents import DocumentCache
from viddiff.view.items.base import MAX_TEXT, FolderItem, PageContext, PairFacts, RowText, item_reader
from viddiff.view.items.comparisons import ComparisonItem, read_comparison
from viddiff.view.trend_charts import chart_of
from viddiff.view.trends import MIN_DAYS, DatedClip, Trend, dated_clips, trends_of


@dataclass(frozen=True)
class FailedPair(FolderItem):
    """A pair of a batch that could not be compared; its folder is the one that it would have."""

    kind = "Failed"
    order = 2

    action: str
    videos: tuple[str, str]
    reason: str

    @property
    def title(self) -> str:
        """The action."""
        return one_line(self.action) or "No action"

    @property
    def source_folder(self) -> Path:
        """What failed stands in the journal of the folder above its own."""
        return self.folder.parent

    @property
    def pair(self) -> PairFacts:
        """There is no comparison."""
        return PairFacts("failed")

    @property
    def search_texts(self) -> tuple[str, ...]:
        """The videos and the reason."""
        return (*self.videos, self.reason, "failed")

    def row(self, live: bool = True) -> RowText:
        """The videos and the reason."""
        return RowText(f"{' and '.join(map(one_line, self.videos))}: {self.reason}")


@dataclass(frozen=True)
class PersonItem(FolderItem):
    """A person of a batch and the clips of that person, by day, of two days at least; ``folder`` is the batch's."""

    kind = "Over time"
    order = 0
    route = "person"
    file = "person.html"

    person: str
    clips: tuple[DatedClip, ...]

    @property
    def name(self) -> str:
        """A folder holds several persons."""
        return self.person

    @property
    def title(self) -> str:
        """The name of the person."""
        return one_line(self.person) or "No name"

    @property
    def created_s(self) -> float:
        """Before the comparisons that it is made of."""
        return math.inf

    @property
    def search_texts(self) -> tuple[str, ...]:
        """What it is."""
        return ("over time",)

    @property
    def n_days(self) -> int:
        """On how many days there is a clip."""
        return len({clip.day for clip in self.clips})

    def row(self, live: bool = True) -> RowText:
        """The days."""
        days = f"{len(self.clips)} clips on {self.n_days} days"
        return RowText(f"{self.clips[0].day} to {self.clips[-1].day}", days)

    def trends(self, items: Sequence[FolderItem]) -> list[Trend]:
        """What was measured over the days; of the folder whose items these are: a journal leads nowhere else."""
        folders = {item.folder for item in items if isinstance(item, ComparisonItem)}
        return trends_of(self.clips, read_comparison, folders)

    def page(self, context: PageContext) -> str:
        """The measurements of the person over days."""
        charts = [chart_of(trend) for trend in self.trends(context.items)]
        return pages.render("trends.html.j2", item=self, charts=charts, box=BOX, back=context.back)


@item_reader(BATCH)
def batch_items(folder: Path, documents: DocumentCache) -> Iterable[FolderItem]:
    """The pairs that failed and the people of a batch; one without a journal, or with a damaged one, says nothing."""
    if not os.path.lexists(folder / journal.FILE):
        return []
    try:
        return documents.read(folder / journal.FILE, functools.partial(items_of_journal, folder))
    except InputError:
        return []


def items_of_journal(folder: Path, data: bytes) -> list[FailedPair | PersonItem]:
    """The items of the journal of the batch in ``folder``; the last row of a pair counts."""
    rows: dict[str, Row] = {}
    for line in data.splitlines():
        # A line that is still being written, or damaged, says nothing.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            record = parse_json(line)
            if record["type"] == "pair":
                row = Row.model_validate(record["row"])
                rows[row.key] = row
    failed = [
        FailedPair(
            folder / row.key,
            row.action[:MAX_TEXT],
            (Path(row.video_a).name[:MAX_TEXT], Path(row.video_b).name[:MAX_TEXT]),
            row.error[:MAX_TEXT],
        )
        for row in rows.values()
        if row.status == "failed"
    ]
    grouped = groupby(dated_clips(rows.values(), folder), key=lambda clip: clip.person)
    people = [PersonItem(folder, person, tuple(clips)) for person, clips in grouped]
    return [*failed, *(person for person in people if person.n_days >= MIN_DAYS)]
