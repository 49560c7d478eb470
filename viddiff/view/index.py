"""What lies in a folder: its comparisons and evaluation runs, the damaged ones with the reason.

Files are reached through this index alone, never through a path that a browser sends, and no symbolic link is followed,
so that nothing outside the folder is read.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from viddiff.errors import InputError, UsageError
from viddiff.eval import manifest as manifests
from viddiff.eval import results
from viddiff.eval.journal import parsed
from viddiff.eval.manifest import Manifest
from viddiff.eval.results import RunResult
from viddiff.types import Comparison

COMPARISON = "comparison.json"
JOURNAL = "journal.jsonl"
MAX_DOCUMENT_BYTES = 64 * 2**20
MAX_JOURNAL_BYTES = 2**30


@dataclass(frozen=True)
class ComparisonItem:
    """A comparison that can be read."""

    folder: Path
    comparison: Comparison


@dataclass(frozen=True)
class RunItem:
    """An evaluation run; ``result`` is None until it is finished."""

    folder: Path
    manifest: Manifest
    result: RunResult | None
    #: Whole records in its journal: grows while the run goes on.
    n_records: int


@dataclass(frozen=True)
class Damaged:
    """A document that cannot be read, and one sentence why."""

    folder: Path
    name: str
    reason: str


Item = ComparisonItem | RunItem | Damaged


def scan(folder: Path) -> list[Item]:
    """The items of ``folder`` and the folders in it, in the order of their paths; hidden folders are left out.

    Raises:
        UsageError: ``folder`` is no folder.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {str(folder)!r}: name the folder that holds comparisons or runs.")
    items: list[Item] = []
    for place, below, names in os.walk(folder, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if COMPARISON in names:
            items.append(_item(Path(place), COMPARISON))
        if manifests.FILE in names:
            items.append(_item(Path(place), manifests.FILE))
    return sorted(items, key=lambda item: item.folder)


def _item(folder: Path, name: str) -> Item:
    try:
        text = read_inside(folder / name)
        return ComparisonItem(folder, Comparison.from_json(text)) if name == COMPARISON else _run(folder, text)
    except InputError as error:
        return Damaged(folder, name, str(error))


def _run(folder: Path, text: bytes) -> RunItem:
    try:
        manifest = Manifest.model_validate_json(text)
        finished = os.path.lexists(folder / results.RESULT)
        result = RunResult.model_validate_json(read_inside(folder / results.RESULT)) if finished else None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"This run is damaged at {where!r}: {first['msg']}; run the same viddiff eval again."
        ) from None
    return RunItem(folder, manifest, result, n_records(folder / JOURNAL))


def n_records(journal: Path) -> int:
    """Whole records of a journal that another process may be writing; 0 where there is none.

    ``Journal.read`` is not used, because it cuts an unfinished last line off the file.

    Raises:
        InputError: the journal is a link, no plain file, or larger than ``MAX_JOURNAL_BYTES``.
    """
    if not os.path.lexists(journal):
        return 0
    lines = read_inside(journal, MAX_JOURNAL_BYTES).splitlines(keepends=True)
    return sum(parsed(line) is not None for line in lines)


def read_inside(path: Path, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The bytes of a plain file.

    Raises:
        InputError: it is a link or no plain file, larger than ``max_bytes``, or cannot be read.
    """
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"The file {path.name!r} is a link or no plain file: put the file itself there.")
        if found.st_size > max_bytes:
            raise InputError(f"The file {path.name!r} is larger than {max_bytes} bytes: it is not read.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"The file {path.name!r} cannot be read ({error.strerror}): check its permissions.") from None
