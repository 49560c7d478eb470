"""Several jobs at once, in threads: after Ctrl-C no further job starts and none is waited for.

Not ``concurrent.futures``: its threads are joined when the interpreter ends, so that an interrupted script would wait
for answers that nobody wants. Not dspy.Parallel: two of them at once fail (each clears the progress bars of all), and
it asks again what takes longer than two minutes.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Batch:
    """Jobs that run together; the batch of jobs started inside one of them has this batch as ``outer``."""

    outer: _Batch | None
    interrupted: threading.Event = field(default_factory=threading.Event)

    def is_interrupted(self) -> bool:
        return self.interrupted.is_set() or (self.outer is not None and self.outer.is_interrupted())


@dataclass(frozen=True)
class _JobResult:
    """What a job returned or raised."""

    index: int
    result: Any = None
    error: BaseException | None = None


_BATCH: contextvars.ContextVar[_Batch | None] = contextvars.ContextVar("viddiff_batch", default=None)


def check_interrupted() -> None:
    """Raise KeyboardInterrupt in a job of an interrupted batch: nobody waits for its result."""
    batch = _BATCH.get()
    if batch is not None and batch.is_interrupted():
        raise KeyboardInterrupt


def ignore_count(n_done: int) -> None:
    """Default of ``on_done``: does nothing."""


def in_parallel(
    jobs: Sequence[Callable[[], T]], n_threads: int, on_done: Callable[[int], None] = ignore_count, wait: bool = True
) -> list[T]:
    """What the jobs return, in their order; each runs in a copy of the caller's context, dspy's settings included.

    After an exception no further job begins, and the exception is raised.

    Args:
        jobs: what to do.
        n_threads: jobs at once, at the most.
        on_done: called after each job with how many are done, in the caller's thread.
        wait: after an exception wait for the jobs that run, because they may have been paid for; else they are
            interrupted, as after Ctrl-C: see ``check_interrupted``.
    """
    batch = _Batch(_BATCH.get())
    context = contextvars.copy_context()
    context.run(_BATCH.set, batch)
    waiting, lock, closed = enumerate(jobs), threading.Lock(), threading.Event()
    finished: queue.SimpleQueue[_JobResult | None] = queue.SimpleQueue()

    def run() -> None:
        while not (closed.is_set() or batch.is_interrupted()):
            with lock:
                index, job = next(waiting, (0, None))
            if job is None:
                break
            try:
                finished.put(_JobResult(index, context.copy().run(job)))
            except BaseException as error:
                # A thread has no caller: any error, an interrupt too, is raised where the results are collected.
                closed.set()
                finished.put(_JobResult(index, error=error))
        finished.put(None)

    n_running = min(max(1, n_threads), len(jobs))
    for _ in range(n_running):
        threading.Thread(target=run, daemon=True).start()
    try:
        return _collect(finished, n_running, on_done, closed if wait else None)
    except BaseException as error:
        # No thread may begin another job after any error; after Ctrl-C those that run are interrupted too.
        closed.set()
        if not wait or not isinstance(error, Exception):
            batch.interrupted.set()
        raise


def _collect(
    finished: queue.SimpleQueue[_JobResult | None],
    n_running: int,
    on_done: Callable[[int], None],
    closed: threading.Event | None,
) -> list[Any]:
    """The results of ``n_running`` threads, in order; ``closed`` is None where an exception is raised at once."""
    results: dict[int, Any] = {}
    failure: Exception | None = None
    while n_running:
        job = finished.get()
        if job is None:
            n_running -= 1
            continue
        try:
            if job.error is not None:
                raise job.error
            results[job.index] = job.result
            on_done(len(results))
        except Exception as error:
            # Any error of a job or of ``on_done`` is raised below, once the jobs that run are done.
            if closed is None:
                raise
            closed.set()
            failure = failure or error
    if failure is not None:
        raise failure
    return [results[index] for index in range(len(results))]
