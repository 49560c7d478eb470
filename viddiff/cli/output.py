"""What a command writes into ``--out``."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from viddiff.core.errors import UsageError
from viddiff.core.files import write_document

if TYPE_CHECKING:
    from viddiff.api import Comparison


def writable_folder(out: str | Path, flag: str = "--out") -> Path:
    """The folder, made if need be; checked before anything is asked, so that no paid answer is lost.

    Raises:
        UsageError: it cannot be made or written.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"{flag} {str(out)!r} cannot be written ({os.strerror(error.errno or 0)}): name another folder."
        ) from None
    return folder


def write_results(comparison: Comparison, folder: Path, clips: bool = True) -> tuple[Path, Path]:
    """comparison.json and report.html, each whole or not at all; ``clips``: with both clips in the page."""
    document, report = folder / "comparison.json", folder / "report.html"
    write_document(document, comparison.to_json() + "\n")
    return document, comparison.report(report, clips=clips)
