"""Rendering in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")


def in_processes(work: Callable[[int], T], n: int, workers: int) -> Iterator[tuple[int, T]]:
    """(number, its result) of the numbers below ``n``, in the order in which they get done.

    Args:
        work: can be pickled where there are several workers.
        workers: processes; with 1, or one number, everything is done in this one.
    """
    if min(workers, n) == 1:
        for number in range(n):
            yield number, work(number)
        return
    # Spawned, not forked: the caller may have threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(work, number): number for number in range(n)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
