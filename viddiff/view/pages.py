"""The pages of the list, of runs and of comparisons that run; text in them is untrusted and escaped by the engine."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib import resources

from jinja2 import PackageLoader
from markupsafe import Markup

from viddiff.core.formatting import one_line
from viddiff.core.settings import Settings
from viddiff.report import formatting
from viddiff.report.curves import BOX
from viddiff.report.page import content_policy, environment, template_text
from viddiff.video import FrameStore
from viddiff.view.batches import FailedPair, PersonItem
from viddiff.view.index import ComparisonItem, DamagedDocument, Item, RunItem, title_of
from viddiff.view.jobs import ViewJob
from viddiff.view.progress import RunStatus
from viddiff.view.selection import NO_FILTER, Filter, Order
from viddiff.view.step_items import StepItem, StepRunItem
from viddiff.view.thumbnails import thumbnails
from viddiff.view.trend_charts import chart_of
from viddiff.view.trends import Trend

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
    return _page("index.html.j2", None, rows=rows, listing=listing, no_filter=NO_FILTER)


def run_page(item: RunItem, back: str, state_url: str | None = None, command: Sequence[str] = ()) -> str:
    """The page of a run, made from its folder.

    Args:
        item: the run.
        back: the address of the list.
        state_url: address of the run's progress; None for a page on disk, which shows the progress at its time.
        command: what goes on with the run, flag by flag; empty where that is not known.
    """
    live = state_url is not None
    script = _own("progress.js") if live and not item.finished else None
    state = run_state(item)
    return _page(
        "run_item.html.j2",
        script,
        item=item,
        title=title_of(item),
        back=back,
        state=state,
        score=run_summary(item, live),
        url=state_url,
        command=command if live and state in ("stopped", "unfinished") else (),
    )


def trends_page(item: PersonItem, trends: Sequence[Trend], back: str) -> str:
    """The measurements of a person over days; ``back`` is the address of the list."""
    charts = [chart_of(trend) for trend in trends]
    return _page("trends.html.j2", None, item=item, title=title_of(item), charts=charts, box=BOX, back=back)


def job_page(job: ViewJob, state_url: str, cancel_url: str) -> str:
    """The page of a comparison that waits, runs or has ended."""
    script = None if job.ended else _own("progress.js")
    return _page("job.html.j2", script, job=job, url=state_url, cancel_url=cancel_url)


def frame_page(item: Item, address: str) -> str:
    """A page that may come from anybody, in a frame that can go nowhere but to this server.

    Args:
        item: whose page it is.
        address: of that page.
    """
    return _page("frame.html.j2", None, title=title_of(item), address=address)


def error_page(message: str) -> str:
    """One sentence and the way back."""
    return _page("error.html.j2", None, message=message)


def policy_with_header(page: str) -> str:
    """The content security policy in a page of this server, with what only a header can set."""
    policy = page.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    return html.unescape(policy) + "; frame-ancestors 'none'"


def row_of(item: Item, href: str | None = None, live: bool = True, frames: FrameStore | None = None) -> ListRow:
    """The words for an item, with pictures from ``frames``; ``live`` is False for a page on disk."""
    title = title_of(item)
    if isinstance(item, FailedPair):
        return ListRow("Failed", title, f"{_pair(item)}: {item.reason}", "")
    if isinstance(item, DamagedDocument):
        return ListRow("Damaged", title, f"{item.name}: {item.reason}", "", href)
    if isinstance(item, PersonItem):
        first, last = item.clips[0].day, item.clips[-1].day
        days = f"{len(item.clips)} clips on {item.n_days} days"
        return ListRow("Over time", title, f"{first} to {last}", days, href)
    if isinstance(item, RunItem):
        return ListRow("Run", title, f"{item.method} on {item.data}, {item.mode} mode", run_summary(item, live), href)
    if isinstance(item, StepRunItem):
        return ListRow("Run", title, f"{item.method} on {item.data}, {item.task}", item.score or "No scores yet")
    if isinstance(item, StepItem):
        text = f"{_videos(item)} · {formatting.day(item.created)}"
        return ListRow("Steps", title, text, item.facts, href, thumbnails(item.frames, frames))
    verdicts = ", ".join(f"{n} {name}" for n, name in item.verdicts)
    plural = "difference" if item.n_differences == 1 else "differences"
    facts = f"{item.n_differences} {plural}" + (f": {verdicts}" if verdicts else "")
    text = f"{_pair(item)} · {formatting.day(item.created)}"
    return ListRow("Comparison", title, text, facts, href, thumbnails(item.frames, frames))


def _pair(item: ComparisonItem | FailedPair) -> str:
    return " and ".join(one_line(name) for name in item.videos)


def _videos(item: StepItem) -> str:
    reference, *candidates = map(one_line, item.videos)
    more = f" and {len(candidates) - 1} more" if len(candidates) > 1 else ""
    return f"{candidates[0]}{more}, compared with {reference}" if candidates else reference


def run_state(item: RunItem) -> RunStatus:
    """The state of a run now."""
    return "done" if item.finished else item.progress.state(time.time())


def run_summary(item: RunItem, live: bool = True) -> str:
    """The score of a finished run, or how far it is and when its journal was last written.

    Args:
        item: the run.
        live: whether the words are read now; if not, they hold for whenever they are read.
    """
    if item.finished:
        name = "accuracy" if item.mode == "closed" else "recall"
        return f"Done: {name} {100 * item.score:.1f} %" if item.score is not None else "Done, no score"
    progress, state = item.progress, run_state(item)
    pairs = f"{progress.n_done}{f' of {progress.n_samples}' if progress.n_samples is not None else ''} pairs"
    if not live:
        entry = f", last entry {_date(progress.last_s)}" if progress.last_s else ""
        return f"Not finished when this page was made: {pairs} done{entry}"
    entry = f", last entry {ago(progress.last_s, time.time())}" if progress.last_s else ""
    if state == "stopped":
        return f"Stopped after {pairs}{entry}"
    return f"{'Running' if state == 'running' else 'Not finished'}: {pairs} done{entry}"


def ago(when_s: float, now_s: float) -> str:
    """A moment in words: "3 min ago"; a date where it is long ago, or in the future by a wrong clock."""
    past_s = now_s - when_s
    if not -60 < past_s < 48 * 3600:
        return _date(when_s)
    if past_s < 60:
        return "less than a minute ago"
    # No line ends between a number and its unit.
    text = f"{past_s // 60:.0f} min" if past_s < 2 * 3600 else f"{past_s // 3600:.0f} h"
    return text.replace(" ", "\N{NO-BREAK SPACE}") + " ago"


def _date(when_s: float) -> str:
    try:
        return f"{datetime.fromtimestamp(when_s, timezone.utc):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):  # a file may bear any time
        return "at an unknown time"


def backend_text(settings: Settings) -> str:
    """Who answers, without paths, addresses and keys."""
    models = dict.fromkeys(name for name in (settings.text_lm, settings.vision_lm, settings.lm) if name)
    return ", ".join(models) if models else "the measured program (no model is configured)"


def _own(name: str) -> str:
    return resources.files("viddiff.view").joinpath("templates").joinpath(name).read_text("utf-8")


def _page(name: str, script: str | None, **values: object) -> str:
    style = template_text("report.css") + _own("view.css")
    policy = content_policy(style, script).replace("form-action 'none'", "form-action 'self'")
    if script:
        policy += "; connect-src 'self'"
    if name == "frame.html.j2":
        policy += "; frame-src 'self'"
    engine = environment().overlay(loader=PackageLoader("viddiff.view"))
    return engine.get_template(name).render(
        style=Markup(style),  # ours; its hash must fit to the byte
        script=Markup(script) if script else None,
        policy=policy,
        **values,
    )
