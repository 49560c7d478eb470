"""What a reading of a video found, kept for the next run: a manifest, and the grey track beside it.

The key is made of the file's content and of everything that shapes the result. The manifest is written last, so that
an entry is whole or not there; one that is damaged, or whose frames are gone, counts as not there.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import write_cached
from viddiff.core.types import Record, VideoInfo
from viddiff.video.loaded import FrameSequence, GreyTrack, LoadedVideo
from viddiff.video.store import FrameStore

#: To be raised whenever the same file and sampling would give other frames, times or notices than before.
CACHE_VERSION = 2


class Manifest(Record):
    """All of a LoadedVideo but the pixels."""

    info: VideoInfo
    times_s: tuple[float, ...]
    refs: tuple[str, ...]
    width: int
    height: int
    track_times_s: tuple[float, ...]
    track_shape: tuple[int, int, int]
    """(N, h, w) of the grey track."""

    def footage(self, store: FrameStore, track: NDArray[np.uint8] | Path) -> LoadedVideo:
        """The LoadedVideo, its track in memory or read from a file when asked for."""
        sequence = FrameSequence(
            np.array(self.times_s, dtype=np.float64),
            self.refs,
            self.width,
            self.height,
            self.info.sampled_fps,
            store,
        )
        kept = track.with_suffix("") if isinstance(track, Path) else None
        return LoadedVideo(
            self.info, sequence, lambda: GreyTrack(np.array(self.track_times_s), self._frames(track)), kept
        )

    def _frames(self, track: NDArray[np.uint8] | Path) -> NDArray[np.uint8]:
        if not isinstance(track, Path):
            return track
        try:
            frames = np.load(track, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            frames = None
        if frames is None or frames.shape != self.track_shape or frames.dtype != np.uint8:
            raise InputError(f"The cached grey track of {self.info.name!r} was damaged meanwhile: run it again.")
        return np.asarray(frames, dtype=np.uint8)


def key_of(source_hash: str, shaping: dict[str, Any]) -> str:
    """The key of one reading: hex SHA-256 of the content's hash and of the values that shape the result."""
    text = json.dumps([CACHE_VERSION, source_hash, shaping], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def recall(store: FrameStore, key: str) -> LoadedVideo | None:
    """An earlier reading, or None where there is none that is whole."""
    if store.root is None:
        return None
    manifest_path, track_path = _paths(store.root, key)
    try:
        manifest = Manifest.model_validate_json(manifest_path.read_bytes())
        # Mapped, so that the header and the length are checked without reading the frames.
        track = np.load(track_path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, ValidationError):
        return None
    whole = (
        track.shape == manifest.track_shape
        and len(manifest.track_times_s) == len(track)
        and len(manifest.times_s) == len(manifest.refs) == manifest.info.n_frames
        and all(store.holds(ref) for ref in manifest.refs)
    )
    return manifest.footage(store, track_path) if whole else None


def keep(store: FrameStore, key: str, manifest: Manifest, track: NDArray[np.uint8]) -> LoadedVideo:
    """Keep a reading, and return it as it will be recalled.

    Raises:
        InputError: the cache folder can no longer be written.
    """
    if store.root is None:
        return manifest.footage(store, track)
    manifest_path, track_path = _paths(store.root, key)
    buffer = io.BytesIO()
    np.save(buffer, track, allow_pickle=False)
    write_cached(track_path, buffer.getvalue())
    write_cached(manifest_path, manifest.model_dump_json().encode())
    return manifest.footage(store, track_path)


def _paths(root: Path, key: str) -> tuple[Path, Path]:
    return root / "footage" / f"{key}.json", root / "footage" / f"{key}.npy"
