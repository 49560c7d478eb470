"""Rendering in several processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")


def map_in_processes(
    work: Callable[[int], T], n: int, workers: int, on_done: Callable[[int], object] | None = None
) -> list[T]:
    """The results of the numbers below ``n``, in their order.

    Args:
        work: can be pickled where there are several workers.
        workers: processes; with 1, or one number, everything is done in this one.
        on_done: called with how many numbers are done.
    """
    on_done = on_done or (lambda n_done: None)
    results: dict[int, T] = {}
    if min(workers, n) == 1:
        for number in range(n):
            results[number] = work(number)
            on_done(len(results))
        return list(results.values())
    # Spawned, not forked: the caller may have threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(work, number): number for number in range(n)}
        try:
            for future in as_completed(futures):
                results[futures[future]] = future.result()
                on_done(len(results))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return [results[number] for number in range(n)]
