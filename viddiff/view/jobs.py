"""Comparisons that were asked for on the page: a small queue, one worker, uploads removed whatever happens."""

from __future__ import annotations

import queue
import shutil
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from viddiff.api import Comparison, compare
from viddiff.core.errors import UsageError, VidDiffError
from viddiff.core.files import atomic_folder, write_document
from viddiff.core.formatting import slug
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.view.items.comparisons import COMPARISON
from viddiff.view.temporary import Temporary

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
MAX_WAITING = 8
MAX_REMEMBERED = 50


class CancelledError(VidDiffError):
    """The user took a comparison back."""


@dataclass
class ViewJob:
    """One comparison that was asked for.

    Attributes:
        uploads: the folder of both clips, removed after use.
        videos: their files, named by us; names: as the user called them.
        result: the folder with comparison.json and report.html, once it is done.
    """

    action: str
    differences: tuple[str, ...]
    uploads: Path
    videos: tuple[Path, Path]
    names: tuple[str, str]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: JobState = "waiting"
    task: str = ""
    n_done: int = 0
    n_all: int = 0
    error: str = ""
    result: Path | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens."""
        return self.state in ("done", "failed", "cancelled")

    def on_progress(self, task: str, done: int, total: int) -> None:
        """Note the progress of the comparison; raises where it was cancelled, which ends it."""
        if self.stop.is_set():
            raise CancelledError("This comparison was cancelled: start it again.")
        self.task, self.n_done, self.n_all = task, done, total


#: (job, on_progress) -> comparison.
Compare = Callable[[ViewJob, Progress], Comparison]


def compare_with(settings: Settings) -> Compare:
    """Compare with the configured backend."""

    def run(job: ViewJob, progress: Progress) -> Comparison:
        statements = list(job.differences) or None
        comparison = compare(
            *job.videos, action=job.action, differences=statements, settings=settings, progress=progress
        )
        # The files are named by us; the user reads the names of the user.
        infos = (comparison.video_a, comparison.video_b)
        renamed = [info.model_copy(update={"name": name}) for info, name in zip(infos, job.names, strict=True)]
        return comparison.model_copy(update={"video_a": renamed[0], "video_b": renamed[1]})

    return run


class Worker:
    """Works through jobs, one at a time; results go into ``folder``.

    Args:
        folder: where results are written.
        run: makes a comparison.
    """

    def __init__(self, folder: Path, run: Compare) -> None:
        self.folder = folder
        self._run = run
        self._temporary = Temporary()
        self._jobs: dict[str, ViewJob] = {}
        self._queue: queue.Queue[ViewJob | None] = queue.Queue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run_jobs, name="viddiff-view", daemon=True)
        self._thread.start()

    @property
    def temporary(self) -> Path:
        """Where uploads are kept until they are used."""
        return self._temporary.folder

    @property
    def jobs(self) -> tuple[ViewJob, ...]:
        """All known jobs, newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def get(self, job_id: str) -> ViewJob | None:
        """The job of that id."""
        with self._lock:
            return self._jobs.get(job_id)

    def add(self, job: ViewJob) -> None:
        """Queue a job; where that is not possible, its uploads are removed.

        Raises:
            UsageError: too many wait already.
        """
        with self._lock:
            full = sum(not other.has_ended for other in self._jobs.values()) >= MAX_WAITING
            if not full:
                for old in [other.id for other in self._jobs.values() if other.has_ended][:-MAX_REMEMBERED]:
                    del self._jobs[old]
                self._jobs[job.id] = job
        if full:
            shutil.rmtree(job.uploads, ignore_errors=True)
            raise UsageError(f"{MAX_WAITING} comparisons are already waiting: try again when one is done.")
        self._queue.put(job)

    def cancel(self, job: ViewJob) -> None:
        """End a job at its next step, or before it begins."""
        job.stop.set()
        with self._lock:
            waiting = job.state == "waiting"
            if waiting:
                job.state = "cancelled"
        if waiting:
            shutil.rmtree(job.uploads, ignore_errors=True)

    def close(self, timeout_s: float = 5.0) -> None:
        """End all jobs and remove all uploads; a job that does not stop within ``timeout_s`` ends with the process."""
        for job in self.jobs:
            self.cancel(job)
        self._queue.put(None)
        self._thread.join(timeout_s)
        self._temporary.remove()

    def _run_jobs(self) -> None:
        while (job := self._queue.get()) is not None:
            with self._lock:
                if job.state != "waiting":
                    continue
                job.state = "running"
            self._run_job(job)

    def _run_job(self, job: ViewJob) -> None:
        state: JobState = "failed"
        try:
            job.on_progress("reading", 0, 0)
            comparison = self._run(job, job.on_progress)
            job.on_progress("writing", 0, 0)
            job.result = write_result(comparison, self.folder)
            state = "done"
        except CancelledError:
            state = "cancelled"
        except VidDiffError as error:
            job.error = str(error)
            # The message must not hold the path of the uploads.
            for path, name in zip(job.videos, job.names, strict=True):
                job.error = job.error.replace(str(path), name)
        except Exception as error:
            # A bug of ours fails this job; the thread lives on for the next one.
            job.error = f"Internal error, {type(error).__name__}: try again, and report it with viddiff --debug."
        finally:
            shutil.rmtree(job.uploads, ignore_errors=True)
            job.state = state


def write_result(comparison: Comparison, folder: Path) -> Path:
    """comparison.json and report.html in a new folder of ``folder``, whole or not at all; the new folder.

    Raises:
        UsageError: nothing can be written there.
    """
    name = f"{slug(comparison.action, 'comparison')}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
    number = 1
    while (target := folder / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    try:
        with atomic_folder(target) as temporary:
            write_document(temporary / COMPARISON, comparison.to_json() + "\n")
            comparison.report(temporary / "report.html")
    except OSError as error:
        raise UsageError(
            f"The result cannot be written ({error.strerror}): free some space, or check the permissions."
        ) from None
    return target
