"""What lies in a folder: its comparisons and evaluation runs, the damaged ones with the reason.

Files are reached through this index alone, never through a path that a browser sends, and no symbolic link is followed,
so that nothing outside the folder is read. Of each document only a summary is kept.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from viddiff.errors import InputError, UsageError
from viddiff.eval import manifest as manifests
from viddiff.eval import results
from viddiff.eval.journal import parsed
from viddiff.eval.manifest import Manifest
from viddiff.eval.results import RunResult
from viddiff.report import words
from viddiff.types import Comparison

COMPARISON = "comparison.json"
JOURNAL = "journal.jsonl"
MAX_DOCUMENT_BYTES = 64 * 2**20
MAX_JOURNAL_BYTES = 2**30


@dataclass(frozen=True)
class ComparisonItem:
    """The summary of a comparison that can be read; ``verdicts`` are (how many, which), most first."""

    folder: Path
    action: str
    videos: tuple[str, str]
    created: str
    n_differences: int
    verdicts: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Work:
    """How far a run is, from its journal; ``n_samples`` is None for runs whose journal does not tell."""

    n_done: int = 0
    n_samples: int | None = None


@dataclass(frozen=True)
class RunItem:
    """The summary of an evaluation run; ``score`` is a share of 1, None until it is finished or without rows."""

    folder: Path
    method: str
    data: str
    mode: str
    finished: bool
    score: float | None
    work: Work


@dataclass(frozen=True)
class Damaged:
    """A document that cannot be read, and one sentence why."""

    folder: Path
    name: str
    reason: str


Item = ComparisonItem | RunItem | Damaged
Order = Literal["newest", "name", "kind"]


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


def key_of(item: Item, root: Path) -> str:
    """The name of an item in addresses: it says nothing about paths and is the same on every scan."""
    kind = item.name if isinstance(item, Damaged) else type(item).__name__
    path = os.fsencode(item.folder.relative_to(root))
    return hashlib.sha256(kind.encode() + b"\0" + path).hexdigest()[:20]


def title_of(item: Item) -> str:
    """What an item is called in a list; never empty."""
    if isinstance(item, ComparisonItem):
        return words.one_line(item.action) or "No action"
    return words.one_line(item.folder.resolve().name) or "No name"


def found(items: Sequence[Item], query: str = "", order: Order = "newest") -> list[Item]:
    """The items with every word of ``query`` in their text, in ``order``; what has no date comes last in "newest"."""
    wanted = query.casefold().split()
    kept = [item for item in items if all(word in _text(item) for word in wanted)]
    kept.sort(key=lambda item: title_of(item).casefold())
    if order == "newest":
        kept.sort(key=lambda item: item.created if isinstance(item, ComparisonItem) else "", reverse=True)
    elif order == "kind":
        kept.sort(key=lambda item: (ComparisonItem, RunItem, Damaged).index(type(item)))
    return kept


def _text(item: Item) -> str:
    parts = [title_of(item), item.folder.name]
    if isinstance(item, ComparisonItem):
        parts += [*item.videos, item.created]
    elif isinstance(item, RunItem):
        parts += [item.method, item.data, item.mode, "run"]
    else:
        parts += [item.name, "damaged"]
    return " ".join(parts).casefold()


def read_comparison(folder: Path) -> Comparison:
    """The comparison in ``folder``.

    Raises:
        InputError: it cannot be read.
    """
    return Comparison.from_json(read_inside(folder / COMPARISON))


def _item(folder: Path, name: str) -> Item:
    try:
        return _comparison(folder) if name == COMPARISON else _run(folder)
    except InputError as error:
        return Damaged(folder, name, str(error))


def _comparison(folder: Path) -> ComparisonItem:
    comparison = read_comparison(folder)
    counts = Counter(words.verdict_words(finding.verdict) for finding in comparison.differences)
    return ComparisonItem(
        folder,
        comparison.action,
        (comparison.video_a.name, comparison.video_b.name),
        comparison.created,
        len(comparison.differences),
        tuple((n, name) for name, n in counts.most_common()),
    )


def _run(folder: Path) -> RunItem:
    name = manifests.FILE
    try:
        manifest = Manifest.model_validate_json(read_inside(folder / name))
        finished = os.path.lexists(folder / results.RESULT)
        name = results.RESULT
        result = RunResult.model_validate_json(read_inside(folder / name)) if finished else None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        at = f" at {where!r}" if where else ""
        raise InputError(f"{name} is damaged{at}: {first['msg']}; run the same viddiff eval again.") from None
    score = result.scores.macro.score if result else None
    done = Work(result.n_samples, result.n_samples) if result else work(folder / JOURNAL)
    return RunItem(folder, manifest.method, manifest.data, manifest.mode, finished, score, done)


def work(journal: Path) -> Work:
    """How far the run of a journal is, which another process may be writing.

    ``Journal.read`` is not used, because it cuts an unfinished last line off the file.

    Raises:
        InputError: the journal is a link, no plain file, or larger than ``MAX_JOURNAL_BYTES``.
    """
    if not os.path.lexists(journal):
        return Work()
    done: set[str] = set()
    n_samples = None
    for line in read_inside(journal, MAX_JOURNAL_BYTES).splitlines(keepends=True):
        record = parsed(line) or {}
        if record.get("type") in ("sample", "missing"):
            done.add(str(record.get("sample")))
        elif record.get("type") == "samples" and isinstance(record.get("n"), int):
            n_samples = max(0, record["n"])
    return Work(len(done), n_samples)


def read_inside(path: Path, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The bytes of a plain file; what is checked is the open file, so that it cannot be exchanged in between.

    Raises:
        InputError: it is a link or no plain file, larger than ``max_bytes``, or cannot be read.
    """
    no_link = InputError(f"The file {path.name!r} is a link or no plain file: put the file itself there.")
    if path.is_symlink():  # where the system knows no O_NOFOLLOW
        raise no_link
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise no_link
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"The file {path.name!r} cannot be read ({error.strerror}): check its permissions.") from None
    if len(data) > max_bytes:
        raise InputError(f"The file {path.name!r} is larger than {max_bytes} bytes: it is not read.")
    return data
