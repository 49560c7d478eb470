"""Embeddings on disk, keyed by what they depend on: content, model, weights and preprocessing."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class EmbeddingStore:
    """(N, D) float32 arrays by key; several processes may share a root. ``root`` None keeps nothing on disk.

    A root that cannot be written only costs time: what is made is used, not kept.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def get(self, key: str, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """The array under ``key``, made and kept when it is not there or cannot be read."""
        if self.root is None:
            return make()
        path = self.root / (hashlib.sha256(key.encode()).hexdigest() + ".npy")
        try:
            kept: NDArray[np.float32] = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            kept = make()
            write_array(path, kept)
        return kept


def write_array(path: Path, array: NDArray[np.float32]) -> None:
    """Write atomically; a folder that cannot be written is passed over."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            np.save(file, array, allow_pickle=False)
        Path(file.name).replace(path)
    except OSError:
        return
