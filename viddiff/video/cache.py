"""Loaded videos on disk, for the next run: a JSON entry, and the grey track as a NumPy file beside it.

The key depends on the file's content and on all values that change the result. The JSON is written last, so that an
entry is complete or missing; an entry that is damaged, or whose frames are missing, counts as missing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from viddiff.core.arrays import array_bytes, map_array, read_array
from viddiff.core.errors import InputError
from viddiff.core.files import write_cache_file
from viddiff.core.record import Record
from viddiff.core.types import VideoInfo
from viddiff.video import shared_clips
from viddiff.video.loaded import FrameSequence, GreyTrack, LoadedVideo
from viddiff.video.store import FrameStore

#: To be raised whenever the same file and sampling would give other frames, times or notices than before.
CACHE_VERSION = 2


class CachedVideo(Record):
    """A LoadedVideo without its pixels."""

    info: VideoInfo
    times_s: tuple[float, ...]
    refs: tuple[str, ...]
    width: int
    height: int
    track_times_s: tuple[float, ...]
    track_shape: tuple[int, int, int]
    """(N, h, w) of the grey track."""

    def load(self, store: FrameStore, track: NDArray[np.uint8] | Path) -> LoadedVideo:
        """The LoadedVideo, its track in memory or read from a file when asked for."""
        sequence = FrameSequence(
            np.array(self.times_s, dtype=np.float64),
            self.refs,
            self.width,
            self.height,
            self.info.sampled_fps,
            store,
        )
        cache_path = track.with_suffix("") if isinstance(track, Path) else None
        return LoadedVideo(
            self.info, sequence, lambda: GreyTrack(np.array(self.track_times_s), self._frames(track)), cache_path
        )

    def _frames(self, track: NDArray[np.uint8] | Path) -> NDArray[np.uint8]:
        if not isinstance(track, Path):
            return track
        try:
            frames = read_array(track.read_bytes())
        except (OSError, ValueError):
            frames = None
        if frames is None or frames.shape != self.track_shape or frames.dtype != np.uint8:
            raise InputError(f"The cached grey track of {self.info.name!r} is damaged: run the command again.")
        return np.asarray(frames, dtype=np.uint8)


def key_of(source_hash: str, values: dict[str, Any]) -> str:
    """The key of an entry: hex SHA-256 of the content's hash and of the values that change the result."""
    text = json.dumps([CACHE_VERSION, source_hash, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read(store: FrameStore, key: str) -> LoadedVideo | None:
    """The video under ``key``, read here or on a machine that shares its store; None where there is no complete entry.

    Raises:
        StoreError: the shared store cannot be used.
    """
    if store.root is None:
        return None
    paths = _paths(store.root, key)
    video = _read(store, *paths)
    return _read(store, *paths) if video is None and shared_clips.download(store, paths) else video


def _read(store: FrameStore, entry_path: Path, track_path: Path) -> LoadedVideo | None:
    try:
        entry = CachedVideo.model_validate_json(entry_path.read_bytes())
        # Mapped, so that the header and the length are checked without reading the frames.
        track = map_array(track_path)
    except (OSError, ValueError, ValidationError):
        return None
    complete = (
        track.shape == entry.track_shape
        and len(entry.track_times_s) == len(track)
        and len(entry.times_s) == len(entry.refs) == entry.info.n_frames
        and all(store.holds(ref) for ref in entry.refs)
    )
    return entry.load(store, track_path) if complete else None


def write(store: FrameStore, key: str, entry: CachedVideo, track: NDArray[np.uint8]) -> LoadedVideo:
    """Write an entry, and return the video as ``read`` will.

    Raises:
        InputError: the cache folder can no longer be written. StoreError: the shared store cannot be used.
    """
    if store.root is None:
        return entry.load(store, track)
    entry_path, track_path = _paths(store.root, key)
    write_cache_file(track_path, array_bytes(track))
    write_cache_file(entry_path, entry.model_dump_json().encode())
    shared_clips.upload(store, (entry_path, track_path), entry.refs)
    return entry.load(store, track_path)


def _paths(root: Path, key: str) -> tuple[Path, Path]:
    return root / "footage" / f"{key}.json", root / "footage" / f"{key}.npy"
