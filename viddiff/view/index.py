"""The contents of a folder: its comparisons and evaluation runs, the damaged ones with the reason.

Files are reached through this index alone, never through a path that a browser sends, and no symbolic link is followed,
so that nothing outside the folder is read. Of each document only a short summary is kept, and it is read again only
when it changes.
"""

from __future__ import annotations

import functools
import hashlib
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from viddiff.batch.manifest import FILE as BATCH
from viddiff.core.comparison import Comparison
from viddiff.core.errors import InputError, UsageError
from viddiff.core.formatting import one_line
from viddiff.core.record import Record, first_invalid_field
from viddiff.core.types import Finding
from viddiff.eval import journal
from viddiff.eval import manifest as manifests
from viddiff.eval.manifest import Manifest
from viddiff.eval.viddiffbench import results
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.programs.stepdiff.results import AnyStepDocument, read_step_document
from viddiff.report import formatting
from viddiff.view.batches import MAX_TEXT, FailedPair, PersonItem, items_of_journal
from viddiff.view.documents import DocumentCache, modified_s, read_inside
from viddiff.view.progress import RunProgress, progress_of
from viddiff.view.step_items import (
    StepItem,
    StepRunFacts,
    StepRunItem,
    kind_of_manifest,
    step_item,
    step_manifest,
    step_score,
)
from viddiff.view.trends import Trend, trends_of

COMPARISON, STEPS, STEP_SCORES = "comparison.json", "steps.json", "scores.json"

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class ComparisonItem:
    """The summary of a comparison that can be read.

    Attributes:
        verdicts: (how many, which), most first.
        answers: statement and answer ("a", "b" or "c") of what was answered.
        frames: references of a frame of A and one of B that show the first difference; empty: there are none.
        retryable: whether a question failed for a reason that passes.
    """

    folder: Path
    action: str
    videos: tuple[str, str]
    created: str
    n_differences: int
    verdicts: tuple[tuple[int, str], ...]
    answers: tuple[tuple[str, str], ...] = ()
    frames: tuple[str, ...] = ()
    retryable: bool = False


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
class DamagedDocument:
    """A document that cannot be read, and one sentence why."""

    folder: Path
    name: str
    reason: str


Item = ComparisonItem | FailedPair | PersonItem | RunItem | StepItem | StepRunItem | DamagedDocument


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
            scanned = [self._item(Path(place), name) for name in (COMPARISON, STEPS, manifests.FILE) if name in names]
            items += [item for item in scanned if item]
            if {BATCH, journal.FILE} <= set(names):
                items += self._of_batch(Path(place))
        # What failed stands in the journal of the folder above its own.
        folders = {item.folder for item in items}
        self.documents.keep_only(folders | {item.folder.parent for item in items if isinstance(item, FailedPair)})
        return sorted(items, key=lambda item: item.folder)

    def _item(self, folder: Path, name: str) -> Item | None:
        try:
            if name == COMPARISON:
                return self.documents.read(folder / name, functools.partial(_comparison, folder))
            if name == STEPS:
                return self.documents.read(folder / name, functools.partial(step_item, folder))
            return self._run(folder)
        except InputError as error:
            return DamagedDocument(folder, name, str(error))

    def _of_batch(self, folder: Path) -> list[FailedPair | PersonItem]:
        try:
            return self.documents.read(folder / journal.FILE, functools.partial(items_of_journal, folder))
        except InputError:
            return []

    def _step_run(self, folder: Path, method: str, data: str, task: str) -> StepRunItem:
        scores = folder / STEP_SCORES
        if not os.path.lexists(scores):
            return StepRunItem(folder, method, data, task, "", None)
        return StepRunItem(folder, method, data, task, self.documents.read(scores, step_score), modified_s(scores))

    def _run(self, folder: Path) -> RunItem | StepRunItem | None:
        manifest = self.documents.read(folder / manifests.FILE, _manifest)
        if manifest is None:
            return None
        if isinstance(manifest, StepRunFacts):
            return self._step_run(folder, *manifest)
        method, data, mode = manifest
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
    # A folder holds several persons and may hold several documents.
    of_folder = {DamagedDocument: "name", PersonItem: "person"}.get(type(item))
    kind = type(item).__name__ + (f" {getattr(item, of_folder)}" if of_folder else "")
    path = os.fsencode(item.folder.relative_to(root))
    return hashlib.sha256(kind.encode(errors="replace") + b"\0" + path).hexdigest()[:20]


def title_of(item: Item) -> str:
    """What an item is called in a list; never empty."""
    if isinstance(item, ComparisonItem | FailedPair):
        return one_line(item.action) or "No action"
    if isinstance(item, PersonItem):
        return one_line(item.person) or "No name"
    if isinstance(item, StepItem):
        return one_line(item.title) or "No step"
    return one_line(item.folder.resolve().name) or "No name"


def created_s(item: Item) -> float:
    """When an item was made (a run: last written to), in seconds since 1970; 0.0 where unknown; a person: the last."""
    if isinstance(item, RunItem):
        return item.progress.last_s or 0.0
    if isinstance(item, PersonItem):
        # Before the comparisons that it is made of.
        return math.inf
    if isinstance(item, StepRunItem):
        return item.modified_s or 0.0
    if isinstance(item, DamagedDocument | FailedPair):
        return 0.0
    try:
        # Python 3.10 does not read the Z.
        when = datetime.fromisoformat(item.created.replace("Z", "+00:00"))
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def read_comparison(folder: Path) -> Comparison:
    """The comparison in ``folder``.

    Raises:
        InputError: it cannot be read.
    """
    return Comparison.from_json(read_inside(folder / COMPARISON))


def trends_in(items: Sequence[Item], person: PersonItem) -> list[Trend]:
    """The trends of a person of the folder whose items these are; a journal leads to no document elsewhere."""
    folders = {item.folder for item in items if isinstance(item, ComparisonItem)}
    return trends_of(person.clips, read_comparison, folders)


def read_steps(folder: Path) -> AnyStepDocument:
    """The document on steps in ``folder``.

    Raises:
        InputError: it cannot be read.
    """
    return read_step_document(read_inside(folder / STEPS))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the run in ``folder``.

    Raises:
        InputError: it cannot be read.
    """
    return _parse(Manifest, manifests.FILE, read_inside(folder / manifests.FILE))


def _comparison(folder: Path, data: bytes) -> ComparisonItem:
    comparison = Comparison.from_json(data)
    counts = Counter(formatting.verdict_text(finding.verdict) for finding in comparison.differences)
    return ComparisonItem(
        folder,
        comparison.action[:MAX_TEXT],
        (comparison.video_a.name[:MAX_TEXT], comparison.video_b.name[:MAX_TEXT]),
        comparison.created[:MAX_TEXT],
        len(comparison.differences),
        tuple((n, name) for name, n in counts.most_common()),
        tuple(
            (finding.difference.statement[:MAX_TEXT], finding.verdict.answer)
            for finding in comparison.differences
            if finding.verdict.answer is not None
        ),
        next(
            (shown for finding in formatting.reading_order(comparison.differences) if (shown := _frames(finding))), ()
        ),
        comparison.retryable,
    )


def _frames(finding: Finding) -> tuple[str, ...]:
    """The middle frame of each video that a difference rests on; empty where one has none."""
    sides = finding.frames_a, finding.frames_b
    return tuple(frames[len(frames) // 2].ref for frames in sides) if all(sides) else ()


class _RunFacts(NamedTuple):
    method: str
    data: str
    mode: str


class _RunScore(NamedTuple):
    score: float | None
    n_samples: int


def _manifest(data: bytes) -> _RunFacts | StepRunFacts | None:
    """What a manifest says of its run; None: it is of no run."""
    kind = kind_of_manifest(data)
    if kind == "other":
        return None
    if kind == "step run":
        return step_manifest(data)
    manifest = _parse(Manifest, manifests.FILE, data)
    return _RunFacts(manifest.method, manifest.data[:MAX_TEXT], manifest.mode)


def _result(data: bytes) -> _RunScore:
    result = _parse(RunResult, results.RESULT, data)
    return _RunScore(result.scores.macro.score, result.n_samples)


def _parse(model: type[R], name: str, data: bytes) -> R:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        where, message, _ = first_invalid_field(error)
        at = f" at {where[:MAX_TEXT]!r}" if where else ""
        raise InputError(f"{name} is damaged{at}: {message}; run the same viddiff eval again.") from None
