"""Jobs that many ask for and that are done once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future


class RunOnce:
    """What was done already, by key; for several threads.

    Args:
        at_once: how much is done at once, so that those who ask cannot overrun those who do it.
    """

    def __init__(self, at_once: int) -> None:
        self._slots = threading.Semaphore(at_once)
        self._done: dict[Hashable, Future[None]] = {}
        self._lock = threading.Lock()

    def __call__(self, key: Hashable, job: Callable[[], None]) -> None:
        """Have it done; who asks while another does it waits.

        Raises:
            Exception: what ``job`` raised, for everybody who asks.
        """
        with self._lock:
            first = key not in self._done
            future = self._done.setdefault(key, Future())
        if first:
            with self._slots:
                try:
                    job()
                    future.set_result(None)
                except BaseException as error:
                    # Raised below in all threads that wait for this key, an interrupt too.
                    future.set_exception(error)
        future.result()
