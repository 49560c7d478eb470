"""A folder of comparisons and runs as a static site that opens from disk, without script and without network."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.report import write_report
from viddiff.report.media import media_of
from viddiff.report.player_clips import ClipChoice
from viddiff.report.stepdiff.page import write_step_page
from viddiff.view.batches import PersonItem
from viddiff.view.index import ComparisonItem, Item, RunItem, read_comparison, read_steps, scan, trends_in
from viddiff.view.pages import ListRow, index_page, row_of, run_page, trends_page
from viddiff.view.step_items import StepItem


def write_bundle(folder: Path, out: Path, settings: Settings) -> Path:
    """Write the site of ``folder`` into the new folder ``out``, whole or not at all, and return its index page.

    Report pages are made from the documents, with players where the videos lie next to them: a report.html that lies
    in ``folder`` may hold anything and is not copied.

    Raises:
        UsageError: ``folder`` is no folder, or ``out`` exists or cannot be made.
    """
    items = scan(folder)
    temporary = out.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        if out.exists():
            raise UsageError(f"The folder {str(out)!r} exists: name a new one.")
        temporary.mkdir(parents=True)
        rows = [_write_item(items, item, number, temporary, settings) for number, item in enumerate(items, 1)]
        (temporary / "index.html").write_text(index_page(rows), encoding="utf-8", newline="\n")
        temporary.rename(out)
    except OSError as error:
        raise UsageError(f"The folder {str(out)!r} cannot be made ({error.strerror}): name a new one.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out / "index.html"


def _write_item(items: list[Item], item: Item, number: int, out: Path, settings: Settings) -> ListRow:
    # Numbers, because names of folders and actions are untrusted.
    names = {RunItem: "run.html", PersonItem: "person.html"}
    page = out / str(number) / names.get(type(item), "report.html")
    href = f"{number}/{page.name}"
    if isinstance(item, ComparisonItem):
        page.parent.mkdir()
        document = read_comparison(item.folder)
        media = media_of(settings, document)
        write_report(document, page, media, ClipChoice(folders=(item.folder,)))
        return row_of(item, href, live=False, frames=media.frames)
    if isinstance(item, PersonItem):
        page.parent.mkdir()
        trends = trends_page(item, trends_in(items, item), "../index.html")
        page.write_text(trends, encoding="utf-8", newline="\n")
        return row_of(item, href, live=False)
    if isinstance(item, StepItem):
        page.parent.mkdir()
        media = media_of(settings)
        write_step_page(read_steps(item.folder), page, media, ClipChoice(folders=(item.folder,)))
        return row_of(item, href, live=False, frames=media.frames)
    if isinstance(item, RunItem):
        page.parent.mkdir()
        page.write_text(run_page(item, "../index.html"), encoding="utf-8", newline="\n")
        return row_of(item, href, live=False)
    return row_of(item, live=False)
