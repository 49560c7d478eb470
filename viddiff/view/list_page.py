"""The list of items, and the pages of comparisons that run."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from viddiff.core.settings import Settings
from viddiff.view.items import FolderItem
from viddiff.view.jobs import ViewJob
from viddiff.view.pages import render
from viddiff.view.selection import NO_FILTER, Filter, Order
from viddiff.view.thumbnails import Thumbnails

ROWS_A_PAGE = 100


@dataclass(frozen=True)
class ListRow:
    """A line of the list; ``href`` is relative, None where there is no page."""

    kind: str
    title: str
    text: str
    facts: str
    href: str | None = None
    pictures: tuple[str, ...] = ()
    """Of A and of B, as data URIs."""


@dataclass(frozen=True)
class Listing:
    """What the list of the server shows beside its rows."""

    query: str
    order: Order
    jobs: tuple[ViewJob, ...]
    backend: str
    max_mb: float
    error: str | None = None
    pairs: Filter = NO_FILTER
    #: Of the comparisons of the folder.
    actions: tuple[str, ...] = ()
    #: How many items were found, and which page of them is shown, from 1 on.
    n_found: int = 0
    page: int = 1
    n_pages: int = 1

    def page_query(self, page: int) -> dict[str, str | int]:
        """The query of the address of a page of this list."""
        filters = {name: value for name, value in asdict(self.pairs).items() if value}
        return {"q": self.query, "order": self.order, **filters, "page": page}

    @property
    def span(self) -> str:
        """Which items are shown: "101 to 200 of 500"."""
        first = (self.page - 1) * ROWS_A_PAGE
        return f"{first + 1} to {min(first + ROWS_A_PAGE, self.n_found)} of {self.n_found}"


def index_page(rows: list[ListRow], listing: Listing | None = None) -> str:
    """The list of items as one HTML document; ``listing`` is None for a page on disk."""
    return render("index.html.j2", rows=rows, listing=listing, no_filter=NO_FILTER)


def job_page(job: ViewJob, state_url: str, cancel_url: str) -> str:
    """The page of a comparison that waits, runs or has ended."""
    return render(
        "job.html.j2", None if job.has_ended else "progress.js", job=job, url=state_url, cancel_url=cancel_url
    )


def row_of(item: FolderItem, href: str | None = None, live: bool = True, pictures: Thumbnails | None = None) -> ListRow:
    """The line of an item, with ``pictures`` of its frames; ``live`` is False for a page on disk."""
    row = item.row(live)
    return ListRow(item.kind, item.title, row.text, row.facts, href, pictures(row.frames) if pictures else ())


def backend_text(settings: Settings) -> str:
    """Who answers, without paths, addresses and keys."""
    models = dict.fromkeys(name for name in (settings.text_lm, settings.vision_lm, settings.lm) if name)
    return ", ".join(models) if models else "the measured program (no model is configured)"
