"""The pages of the list, of runs and of comparisons in work; text in them is untrusted and escaped by the engine."""

from __future__ import annotations

import html
from dataclasses import dataclass
from importlib import resources

from jinja2 import PackageLoader
from markupsafe import Markup

from viddiff.report import words
from viddiff.report.build import content_policy, environment, template_text
from viddiff.settings import Settings
from viddiff.view.index import ComparisonItem, Damaged, Item, Order, RunItem, title_of
from viddiff.view.jobs import Job


@dataclass(frozen=True)
class Row:
    """A line of the list; ``href`` is relative, None where there is no page."""

    kind: str
    title: str
    text: str
    facts: str
    href: str | None = None


@dataclass(frozen=True)
class Listing:
    """What the list of the server shows beside its rows."""

    query: str
    order: Order
    jobs: tuple[Job, ...]
    backend: str
    max_mb: float
    error: str | None = None


def index_page(rows: list[Row], listing: Listing | None = None) -> str:
    """The list of items as one HTML document; ``listing`` is None for a page on disk."""
    return _page("index.html.j2", None, rows=rows, listing=listing)


def run_page(item: RunItem, back: str, state_url: str | None = None) -> str:
    """A run from what its folder tells; with ``state_url`` it follows the run while that goes on."""
    script = _own("progress.js") if state_url and not item.finished else None
    return _page(
        "run_item.html.j2", script, item=item, title=title_of(item), back=back, score=score_words(item), url=state_url
    )


def job_page(job: Job, state_url: str, cancel_url: str) -> str:
    """A comparison in work."""
    script = None if job.ended else _own("progress.js")
    return _page("job.html.j2", script, job=job, url=state_url, cancel_url=cancel_url)


def error_page(message: str) -> str:
    """One sentence and the way back."""
    return _page("error.html.j2", None, message=message)


def served_policy(page: str) -> str:
    """The content security policy that stands in a page of ours, with what only a header can say."""
    policy = page.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    return html.unescape(policy) + "; frame-ancestors 'none'"


def row_of(item: Item, href: str | None = None) -> Row:
    """The words for an item."""
    title = title_of(item)
    if isinstance(item, Damaged):
        return Row("Damaged", title, f"{item.name}: {item.reason}", "", href)
    if isinstance(item, RunItem):
        return Row("Run", title, f"{item.method} on {item.data}, {item.mode} mode", score_words(item), href)
    verdicts = ", ".join(f"{n} {name}" for n, name in item.verdicts)
    plural = "difference" if item.n_differences == 1 else "differences"
    facts = f"{item.n_differences} {plural}" + (f": {verdicts}" if verdicts else "")
    return Row("Comparison", title, f"{_pair(item)} · {words.day(item.created)}", facts, href)


def _pair(item: ComparisonItem) -> str:
    return " and ".join(words.one_line(name) for name in item.videos)


def score_words(item: RunItem) -> str:
    """The score of a finished run, or how far it is."""
    if item.finished:
        name = "accuracy" if item.mode == "closed" else "recall"
        return f"{name} {100 * item.score:.1f} %" if item.score is not None else "finished, no score"
    of = f" of {item.work.n_samples}" if item.work.n_samples is not None else ""
    return f"{item.work.n_done}{of} pairs done"


def backend_words(settings: Settings) -> str:
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
    engine = environment().overlay(loader=PackageLoader("viddiff.view"))
    return engine.get_template(name).render(
        style=Markup(style),  # ours; its hash must fit to the byte
        script=Markup(script) if script else None,
        policy=policy,
        **values,
    )
