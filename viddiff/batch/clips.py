"""The clips of a run: each is read and its pose estimated once, however many pairs use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from viddiff.api import Comparer, read_clip
from viddiff.core.types import silent


def read_into_cache(comparer: Comparer, path: Path) -> None:
    """Read a video and estimate its pose into the cache, where a comparison finds them.

    Raises:
        InputError: the video cannot be read.
    """
    loaded = read_clip(path, "a", comparer.settings, comparer.store, silent, comparer.poses, threads=1)
    comparer.poses.pose_of(loaded)


class Clips:
    """What was read already; for several threads.

    Args:
        read: reads one into the cache; raises InputError.
        at_once: how many are read at once, so that those who ask cannot overrun those who decode.
    """

    def __init__(self, read: Callable[[Path], None], at_once: int) -> None:
        self._read = read
        self._slots = threading.Semaphore(at_once)
        self._reading: dict[Path, Future[None]] = {}
        self._lock = threading.Lock()

    def read(self, path: Path) -> None:
        """Have a clip in the cache; who asks while another reads it waits.

        Raises:
            InputError: it cannot be read, for everybody who asks.
        """
        key = path.absolute()
        with self._lock:
            first = key not in self._reading
            reading = self._reading.setdefault(key, Future())
        if first:
            with self._slots:
                try:
                    self._read(path)
                    reading.set_result(None)
                except BaseException as error:
                    reading.set_exception(error)
        reading.result()
