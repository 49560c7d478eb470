"""Several jobs at once, in threads that hold nothing up: after Ctrl-C no further job begins and none is waited for.

Not ``concurrent.futures``: its threads are joined when the interpreter ends, so that a script which was interrupted
would wait for answers that nobody wants. Not dspy.Parallel: two of them at once fail (each clears the progress bars of
all), and it asks again what takes longer than two minutes.
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
class _Work:
    """Jobs that were begun together; those begun within one of them have its work as their ``outer``."""

    outer: _Work | None
    interrupted: threading.Event = field(default_factory=threading.Event)

    def is_interrupted(self) -> bool:
        return self.interrupted.is_set() or (self.outer is not None and self.outer.is_interrupted())


@dataclass(frozen=True)
class _Ended:
    """A job that returned, or raised."""

    index: int
    result: Any = None
    error: BaseException | None = None


_WORK: contextvars.ContextVar[_Work | None] = contextvars.ContextVar("viddiff_work", default=None)


def check_interrupted() -> None:
    """Raise KeyboardInterrupt in a job whose work was interrupted: nobody waits for it any more, so it asks nothing."""
    work = _WORK.get()
    if work is not None and work.is_interrupted():
        raise KeyboardInterrupt


def unheard(n_done: int) -> None:
    """Progress that nobody hears."""


def in_parallel(
    jobs: Sequence[Callable[[], T]], n_threads: int, on_done: Callable[[int], None] = unheard, wait: bool = True
) -> list[T]:
    """What the jobs return, in their order; each runs in a copy of the caller's context, dspy's settings included.

    After an exception no further job begins, and the exception is raised.

    Args:
        jobs: what to do.
        n_threads: jobs at once, at the most.
        on_done: hears after each job how many are done, in the caller's thread.
        wait: after an exception wait for the jobs in work, because they may have been paid for; else they are
            interrupted, as after Ctrl-C: see ``check_interrupted``.
    """
    work = _Work(_WORK.get())
    context = contextvars.copy_context()
    context.run(_WORK.set, work)
    waiting, lock, closed = enumerate(jobs), threading.Lock(), threading.Event()
    heard: queue.SimpleQueue[_Ended | None] = queue.SimpleQueue()

    def run() -> None:
        while not (closed.is_set() or work.is_interrupted()):
            with lock:
                index, job = next(waiting, (0, None))
            if job is None:
                break
            try:
                heard.put(_Ended(index, context.copy().run(job)))
            except BaseException as error:
                # Whatever it is, it is raised where the results are heard.
                closed.set()
                heard.put(_Ended(index, error=error))
        heard.put(None)

    n_running = min(max(1, n_threads), len(jobs))
    for _ in range(n_running):
        threading.Thread(target=run, daemon=True).start()
    try:
        return _results(heard, n_running, on_done, closed if wait else None)
    except BaseException as error:
        closed.set()
        if not wait or not isinstance(error, Exception):
            work.interrupted.set()
        raise


def _results(
    heard: queue.SimpleQueue[_Ended | None],
    n_running: int,
    on_done: Callable[[int], None],
    closed: threading.Event | None,
) -> list[Any]:
    """The results of ``n_running`` threads, in order; ``closed`` is None where an exception is raised at once."""
    results: dict[int, Any] = {}
    first: Exception | None = None
    while n_running:
        found = heard.get()
        if found is None:
            n_running -= 1
            continue
        try:
            if found.error is not None:
                raise found.error
            results[found.index] = found.result
            on_done(len(results))
        except Exception as error:
            # Raised below, once the others are done.
            if closed is None:
                raise
            closed.set()
            first = first or error
    if first is not None:
        raise first
    return [results[index] for index in range(len(results))]
