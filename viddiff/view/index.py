"""The contents of a folder: its comparisons and evaluation runs, the damaged ones with the reason.

Files are reached through this index alone, never through a path that a browser sends, and no symbolic link is followed,
so that nothing outside the folder is read. Of each document only a short summary is kept, and it is read again only
when it changes.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from viddiff.core.errors import InputError, UsageError
from viddiff.core.record import Record
from viddiff.core.types import Comparison
from viddiff.eval import manifest as manifests
from viddiff.eval.manifest import Manifest
from viddiff.eval.viddiffbench import results
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.report import formatting as words
from viddiff.view.documents import DocumentCache, modified_s, read_inside
from viddiff.view.progress import RunProgress, progress_of

COMPARISON = "comparison.json"
#: Longest text of a document in its summary, in characters; texts are untrusted, and so is their length.
MAX_TEXT = 300

R = TypeVar("R", bound=Record)


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
class RunItem:
    """The summary of an evaluation run; ``score`` is a share of 1, None until it is finished or without rows."""

    folder: Path
    method: str
    data: str
    mode: str
    finished: bool
    score: float | None
    progress: RunProgress


@dataclass(frozen=True)
class Damaged:
    """A document that cannot be read, and one sentence why."""

    folder: Path
    name: str
    reason: str


Item = ComparisonItem | RunItem | Damaged
Order = Literal["newest", "name", "kind"]


class Index:
    """The items of a folder; remembers what it read of files that did not change. Safe for several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = DocumentCache()

    def scan(self) -> list[Item]:
        """The items of the folder and the folders in it, in the order of their paths; hidden folders are left out.

        Raises:
            UsageError: there is no folder.
        """
        if not self.folder.is_dir():
            raise UsageError(
                f"There is no folder {str(self.folder)!r}: name the folder that holds comparisons or runs."
            )
        items: list[Item] = []
        for place, below, names in os.walk(self.folder, followlinks=False):
            below[:] = sorted(name for name in below if not name.startswith("."))
            items += [self._item(Path(place), name) for name in (COMPARISON, manifests.FILE) if name in names]
        self.documents.keep_only({item.folder for item in items})
        return sorted(items, key=lambda item: item.folder)

    def _item(self, folder: Path, name: str) -> Item:
        try:
            if name == COMPARISON:
                return self.documents.read(folder / name, functools.partial(_comparison, folder))
            return self._run(folder)
        except InputError as error:
            return Damaged(folder, name, str(error))

    def _run(self, folder: Path) -> RunItem:
        method, data, mode = self.documents.read(folder / manifests.FILE, _manifest)
        result = folder / results.RESULT
        if not os.path.lexists(result):
            return RunItem(folder, method, data, mode, False, None, progress_of(folder, self.documents))
        score, n_samples = self.documents.read(result, _result)
        return RunItem(folder, method, data, mode, True, score, RunProgress(n_samples, n_samples, modified_s(result)))


def scan(folder: Path) -> list[Item]:
    """The items of ``folder``, read once; see ``Index.scan``."""
    return Index(folder).scan()


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


def select(items: Sequence[Item], query: str = "", order: Order = "newest") -> list[Item]:
    """The items with every word of ``query`` in their text, in ``order``; what has no date comes last in "newest"."""
    wanted = query.casefold().split()
    kept = [item for item in items if all(word in _text(item) for word in wanted)]
    kept.sort(key=lambda item: title_of(item).casefold())
    if order == "newest":
        kept.sort(key=created_s, reverse=True)
    elif order == "kind":
        kept.sort(key=lambda item: (ComparisonItem, RunItem, Damaged).index(type(item)))
    return kept


def created_s(item: Item) -> float:
    """When an item was made (a run: last written to), in seconds since 1970; 0.0 where unknown."""
    if isinstance(item, RunItem):
        return item.progress.last_s or 0.0
    if isinstance(item, Damaged):
        return 0.0
    try:
        # Python 3.10 does not read the Z.
        when = datetime.fromisoformat(item.created.replace("Z", "+00:00"))
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


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


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the run in ``folder``.

    Raises:
        InputError: it cannot be read.
    """
    return _parse(Manifest, manifests.FILE, read_inside(folder / manifests.FILE))


def _comparison(folder: Path, data: bytes) -> ComparisonItem:
    comparison = Comparison.from_json(data)
    counts = Counter(words.verdict_words(finding.verdict) for finding in comparison.differences)
    return ComparisonItem(
        folder,
        comparison.action[:MAX_TEXT],
        (comparison.video_a.name[:MAX_TEXT], comparison.video_b.name[:MAX_TEXT]),
        comparison.created[:MAX_TEXT],
        len(comparison.differences),
        tuple((n, name) for name, n in counts.most_common()),
    )


def _manifest(data: bytes) -> tuple[str, str, str]:
    manifest = _parse(Manifest, manifests.FILE, data)
    return manifest.method, manifest.data[:MAX_TEXT], manifest.mode


def _result(data: bytes) -> tuple[float | None, int]:
    result = _parse(RunResult, results.RESULT, data)
    return result.scores.macro.score, result.n_samples


def _parse(model: type[R], name: str, data: bytes) -> R:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:MAX_TEXT]
        at = f" at {where!r}" if where else ""
        raise InputError(f"{name} is damaged{at}: {first['msg']}; run the same viddiff eval again.") from None
