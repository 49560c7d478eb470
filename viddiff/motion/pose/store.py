"""Detections on disk, keyed by what they depend on: the video's content, the part, the rate and the estimator."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np

from viddiff.core.arrays import read_archive
from viddiff.core.errors import InputError
from viddiff.core.shared_store import SharedStore, read_through, write_through
from viddiff.motion.pose.detections import Detections
from viddiff.motion.pose.landmarks import LANDMARKS

#: To be raised whenever the same video and estimator would give other detections than before.
_VERSION = 1
_FIELDS = ("times_s", "image", "world", "visibility", "width")


def key_of(**depends_on: str | float | None) -> str:
    """The key of detections: hex SHA-256 of everything they depend on."""
    return hashlib.sha256(json.dumps([_VERSION, depends_on], sort_keys=True).encode()).hexdigest()


class PoseStore:
    """Detections by key; several processes may share a root, several machines ``shared``.

    ``root`` None: for the life of the store, in memory.
    """

    def __init__(self, root: Path | None, shared: SharedStore | None = None) -> None:
        self.root, self.shared = root, shared
        self._memory: dict[str, Detections] = {}

    def get(self, key: str) -> Detections | None:
        """Those under ``key``; None where there are none, or damaged ones."""
        if key in self._memory or self.root is None:
            return self._memory.get(key)
        try:
            content = read_through(self._path(self.root, key), self.shared)
            if content is None:
                return None
            archive = read_archive(content)
            fields = {name: np.asarray(archive[name], dtype=np.float64) for name in _FIELDS}
        except (OSError, ValueError, KeyError):
            return None
        times_s, image, world, visibility, width = (fields[name] for name in _FIELDS)
        detections = Detections(times_s, image, world, visibility, float(width))
        shape = (len(detections.times_s), *detections.image.shape[1:2], len(LANDMARKS))
        shapes = detections.image.shape, detections.world.shape, detections.visibility.shape
        is_whole = shapes == ((*shape, 2), (*shape, 3), shape)
        return detections if is_whole else None

    def put(self, key: str, detections: Detections) -> None:
        """Keep them; where the folder cannot be written, in memory only, which costs time in the next run."""
        if self.root is None:
            self._memory[key] = detections
            return
        buffer = io.BytesIO()
        single = {name: np.asarray(getattr(detections, name), dtype=np.float32) for name in _FIELDS[1:]}
        np.savez_compressed(buffer, allow_pickle=False, times_s=detections.times_s, **single)
        try:
            write_through(self._path(self.root, key), buffer.getvalue(), self.shared)
        except InputError:
            self._memory[key] = detections

    @staticmethod
    def _path(root: Path, key: str) -> Path:
        return root / f"{key}.npz"
