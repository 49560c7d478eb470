"""Evaluation runs in a folder, finished or not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from viddiff.core.files import parse_json
from viddiff.core.formatting import elapsed_text, percent
from viddiff.eval import manifest as manifests
from viddiff.eval.stepdiff.manifest import StepManifest
from viddiff.eval.viddiffbench import results
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.view import pages
from viddiff.view.command import eval_command
from viddiff.view.documents import DocumentCache, modified_s, parse_record, read_inside
from viddiff.view.items.base import MAX_TEXT, FolderItem, PageContext, RowText, item_reader
from viddiff.view.items.steps import StepRunFacts, step_run
from viddiff.view.progress import RunProgress, RunStatus, progress_of
from viddiff.view.stored_pages import page_at

#: The page that viddiff eval writes.
RUN_PAGE = "run.html"


@dataclass(frozen=True)
class RunItem(FolderItem):
    """The summary of an evaluation run; ``score`` is a share of 1, None until it is finished or without rows."""

    kind = "Run"
    order = 4
    route = "run"
    file = RUN_PAGE

    method: str
    data: str
    mode: str
    finished: bool
    score: float | None
    progress: RunProgress

    @property
    def created_s(self) -> float:
        """When it was last written to."""
        return self.progress.last_s or 0.0

    @property
    def search_texts(self) -> tuple[str, ...]:
        """What was run on what."""
        return (self.method, self.data, self.mode, "run")

    @property
    def status(self) -> RunStatus:
        """Its state now."""
        return "done" if self.finished else self.progress.status(time.time())

    def row(self, live: bool = True) -> RowText:
        """What was run on what, and how far it is."""
        return RowText(f"{self.method} on {self.data}, {self.mode} mode", self.summary(live))

    def summary(self, live: bool = True) -> str:
        """The score of a finished run, or how far it is and when its journal was last written."""
        if self.finished:
            name = "accuracy" if self.mode == "closed" else "recall"
            return f"Done: {name} {percent(self.score, 1)}" if self.score is not None else "Done, no score"
        progress, status = self.progress, self.status
        pairs = f"{progress.n_done}{f' of {progress.n_samples}' if progress.n_samples is not None else ''} pairs"
        if not live:
            entry = f", last entry {pages.date_of(progress.last_s)}" if progress.last_s else ""
            return f"Not finished when this page was made: {pairs} done{entry}"
        entry = f", last entry {relative_time(progress.last_s, time.time())}" if progress.last_s else ""
        if status == "stopped":
            return f"Stopped after {pairs}{entry}"
        return f"{'Running' if status == 'running' else 'Not finished'}: {pairs} done{entry}"

    def state(self) -> dict[str, Any]:
        """How far it is, for the script of its page."""
        return {
            "ended": self.finished,
            "state": self.status,
            "text": self.summary(),
            "n_done": self.progress.n_done,
            "n_all": self.progress.n_samples,
        }

    def page(self, context: PageContext) -> str:
        """The page in the folder, framed; else what is known of the run, and the command that goes on with it."""
        live, status = bool(context.address), self.status
        if live and self.finished and page_at(self.folder / RUN_PAGE):
            return pages.frame_page(self.title, f"{context.address}page/")
        return pages.render(
            "run_item.html.j2",
            script="progress.js" if live and not self.finished else None,
            item=self,
            back=context.back,
            state=status,
            score=self.summary(live),
            url=f"{context.address}state" if live else None,
            command=self._command(context.root) if live and status in ("stopped", "unfinished") else (),
        )

    def _command(self, root: Path) -> tuple[str, ...]:
        # A reader of the page must not learn an absolute path.
        out = Path("FOLDER", self.folder.relative_to(root)) if root.is_absolute() else self.folder
        return eval_command(run_manifest(self.folder), str(out))


def relative_time(moment_s: float, now_s: float) -> str:
    """A moment in words: "3 min ago"; a date where it is long ago, or in the future by a wrong clock."""
    if not -60 < now_s - moment_s < 48 * 3600:
        return pages.date_of(moment_s)
    # No line ends between a number and its unit.
    text = elapsed_text(now_s - moment_s)
    return text.replace(" ", "\N{NO-BREAK SPACE}", 1) if text[0].isdigit() else text


def run_manifest(folder: Path) -> Manifest:
    """The manifest of the run in ``folder``; no link is followed.

    Raises:
        InputError: it cannot be read.
    """
    return parse_record(Manifest, manifests.FILE, read_inside(folder / manifests.FILE))


@item_reader(manifests.FILE)
def run_items(folder: Path, documents: DocumentCache) -> Iterable[FolderItem]:
    """The run of a folder, of whichever task."""
    facts = documents.read(folder / manifests.FILE, _facts)
    if isinstance(facts, StepRunFacts):
        yield step_run(folder, facts, documents)
    elif facts is not None:
        result = folder / results.RESULT
        if os.path.lexists(result):
            score, n_samples = documents.read(result, _result)
            yield RunItem(folder, *facts, True, score, RunProgress(n_samples, n_samples, modified_s(result)))
        else:
            yield RunItem(folder, *facts, False, None, progress_of(folder, documents))


class _RunFacts(NamedTuple):
    method: str
    data: str
    mode: str


def _facts(data: bytes) -> _RunFacts | StepRunFacts | None:
    """What a manifest says of its run; None: it is of no run, as that of training data."""
    try:
        fields = parse_json(data)
    except ValueError:
        fields = None
    if isinstance(fields, dict) and "kind" in fields:
        return None
    if isinstance(fields, dict) and "task" in fields:
        of_steps = parse_record(StepManifest, manifests.FILE, data)
        return StepRunFacts(of_steps.method, of_steps.data[:MAX_TEXT], of_steps.task)
    manifest = parse_record(Manifest, manifests.FILE, data)
    return _RunFacts(manifest.method, manifest.data[:MAX_TEXT], manifest.mode)


class _RunScore(NamedTuple):
    score: float | None
    n_samples: int


def _result(data: bytes) -> _RunScore:
    result = parse_record(RunResult, results.RESULT, data)
    return _RunScore(result.scores.macro.score, result.n_samples)
