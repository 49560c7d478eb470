"""Embeddings on disk, keyed by what they depend on: content, model, weights and preprocessing."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import array_bytes, read_array
from viddiff.core.errors import InputError
from viddiff.core.shared_store import SharedStore, read_through, write_through

#: (N, D) unit vectors.
Embeddings = NDArray[np.float32]


class EmbeddingStore:
    """(N, D) float32 arrays by key; several processes may share a root, several machines ``shared``.

    ``root`` None keeps nothing on disk.

    What several threads ask for at once is made once. A root that cannot be written only costs time: what is made is
    used, not kept.
    """

    def __init__(self, root: Path | None, shared: SharedStore | None = None) -> None:
        self.root, self.shared = root, shared
        self._making: dict[str, Future[Embeddings]] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[EmbeddingStore], tuple[Path | None]]:
        # Saved with a program: the place alone.
        return EmbeddingStore, (self.root,)

    def holds(self, key: str) -> bool:
        """Whether an array is kept under ``key``; it may turn out to be damaged."""
        return self.root is not None and self._path(self.root, key).is_file()

    def get(self, key: str, make: Callable[[], Embeddings]) -> Embeddings:
        """The array under ``key``, made and kept when it is not there or cannot be read; raises as ``make``."""
        while True:
            with self._lock:
                other = self._making.get(key)
                future = self._making.setdefault(key, Future())
            if other is None:
                return self._make_once(key, future, make)
            try:
                return other.result()
            except CancelledError:
                # The thread that made it was cancelled; this one makes it.
                continue

    def _make_once(self, key: str, future: Future[Embeddings], make: Callable[[], Embeddings]) -> Embeddings:
        """Load or make the array, and pass it to the threads that wait for it."""
        try:
            array = self._load_or_make(key, make)
            future.set_result(array)
            return array
        except BaseException as error:
            # The threads that wait for the array get the error too, whatever it is: else they would wait for ever.
            future.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._making[key]

    def _load_or_make(self, key: str, make: Callable[[], Embeddings]) -> Embeddings:
        if self.root is None:
            return make()
        path = self._path(self.root, key)
        try:
            content = read_through(path, self.shared)
            stored: Embeddings | None = None if content is None else read_array(content)
        except (ValueError, InputError):
            stored = None
        if stored is None:
            stored = make()
            with contextlib.suppress(InputError):
                write_through(path, array_bytes(stored), self.shared)
        return stored

    @staticmethod
    def _path(root: Path, key: str) -> Path:
        return root / (hashlib.sha256(key.encode()).hexdigest() + ".npy")
