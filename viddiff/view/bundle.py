"""A folder of comparisons and runs as a static site that opens from disk, without script and without network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from jinja2 import PackageLoader
from markupsafe import Markup

from viddiff.errors import UsageError
from viddiff.files import write_whole
from viddiff.report import words, write_report
from viddiff.report.build import content_policy, environment, template_text
from viddiff.types import Comparison
from viddiff.view.index import ComparisonItem, Damaged, Item, RunItem, scan


@dataclass(frozen=True)
class Row:
    """A line of the list; ``href`` is relative, None where there is no page."""

    title: str
    text: str
    href: str | None = None


def write_bundle(folder: Path, out: Path) -> Path:
    """Write the site of ``folder`` into the new folder ``out`` and return its index page.

    Report pages are made from the documents: a report.html that lies in ``folder`` may hold anything and is not copied.

    Raises:
        UsageError: ``folder`` is no folder, or ``out`` exists or cannot be made.
    """
    items = scan(folder)
    try:
        out.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"The folder {str(out)!r} cannot be made ({error.strerror}): name a new one.") from None
    rows = [_written(item, number, out) for number, item in enumerate(items, 1)]
    return write_whole(out / "index.html", index_page(rows))


def index_page(rows: list[Row]) -> str:
    """The list of items as one HTML document."""
    style = template_text("report.css")
    engine = environment().overlay(loader=PackageLoader("viddiff.view"))
    return engine.get_template("index.html.j2").render(rows=rows, style=Markup(style), policy=content_policy(style))


def _written(item: Item, number: int, out: Path) -> Row:
    row = row_of(item)
    if not isinstance(item, ComparisonItem):
        return row
    # Numbers, because names of folders and actions are untrusted.
    page = out / str(number) / "report.html"
    page.parent.mkdir()
    write_report(item.comparison, page, clips=False)
    return Row(row.title, row.text, f"{number}/report.html")


def row_of(item: Item) -> Row:
    """The words for an item, without a page."""
    if isinstance(item, Damaged):
        return Row(f"{item.folder.name}/{item.name}", f"Damaged: {item.reason}")
    if isinstance(item, RunItem):
        state = "finished" if item.result else f"not finished, {item.n_records} records so far"
        manifest = item.manifest
        return Row(f"Run {item.folder.name}", f"{manifest.method} on {manifest.data}, {manifest.mode}: {state}")
    return Row(words.one_line(item.comparison.action), comparison_words(item.comparison))


def comparison_words(comparison: Comparison) -> str:
    """The videos, the day, and how many differences have which verdict."""
    counts = Counter(words.verdict_words(finding.verdict) for finding in comparison.differences)
    verdicts = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
    names = f"{comparison.video_a.name} and {comparison.video_b.name}"
    return f"{names}; {words.day(comparison.created)}; differences: {len(comparison.differences)} ({verdicts or '–'})"
