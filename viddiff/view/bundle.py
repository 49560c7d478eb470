"""A folder of comparisons and runs as a static site that opens from disk, without script and without network."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.errors import UsageError
from viddiff.core.files import atomic_folder
from viddiff.core.settings import Settings
from viddiff.view.index import scan
from viddiff.view.items import PageContext
from viddiff.view.list_page import index_page, row_of
from viddiff.view.thumbnails import Thumbnails


def write_bundle(folder: Path, out: Path, settings: Settings) -> Path:
    """Write the site of ``folder`` into the new folder ``out``, whole or not at all, and return its index page.

    Report pages are made from the documents, with players where the videos lie next to them: a report.html that lies
    in ``folder`` may hold anything and is not copied.

    Raises:
        UsageError: ``folder`` is not a folder, or ``out`` exists or cannot be made.
    """
    items = scan(folder)
    context = PageContext(settings, folder, items, back="../index.html")
    thumbnails, rows = Thumbnails(settings), []
    if out.exists():
        raise UsageError(f"The folder {str(out)!r} exists: name a new one.")
    try:
        with atomic_folder(out) as temporary:
            for number, item in enumerate(items, 1):
                # Numbers, because names of folders and actions are untrusted.
                href = f"{number}/{item.file}" if item.route else None
                if href:
                    (temporary / str(number)).mkdir()
                    item.write(temporary / href, context)
                rows.append(row_of(item, href, live=False, pictures=thumbnails))
            (temporary / "index.html").write_text(index_page(rows), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"The folder {str(out)!r} cannot be created ({error.strerror}): name a new one.") from None
    return out / "index.html"
