"""Frames at chosen moments, at the video's own rate and at any size: those that sampling left out.

The file is opened again and decoded up to the last moment. The frames are cached beside the loaded video, so that the
same request a second time decodes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import write_cache_file
from viddiff.core.types import FrameRef
from viddiff.video import shared_clips
from viddiff.video.loaded import FrameSequence, LoadedVideo
from viddiff.video.probe import check_path, content_hash, open_source
from viddiff.video.sample import jpeg_bytes
from viddiff.video.source import fit
from viddiff.video.store import FrameStore

#: (left, top, right, bottom) of a part of the picture, as shares of its width and height.
Crop = tuple[float, float, float, float]

# Times are multiples of a clock: they meet only up to rounding.
_EPSILON_S = 1e-6
_FRAMES = TypeAdapter(tuple[FrameRef, ...])


def close_up(
    video: LoadedVideo,
    moments_s: Sequence[float],
    *,
    max_side: int = 768,
    crop: Crop | None = None,
) -> tuple[FrameRef, ...]:
    """The frames on screen at some moments, each once, in order; of a video without a file the nearest sampled ones.

    Args:
        video: the video as it was loaded; it is read again as it was then, and frames go to its store.
        moments_s: in seconds of the file; those outside of the part that was loaded are moved to its ends.
        max_side: long side of a frame in pixels; frames are never enlarged.
        crop: the part of the picture to show; None: all of it.

    Raises:
        InputError: the file is no longer the one that was loaded, or cannot be read.
    """
    if not len(moments_s):
        return ()
    if video.path is None:
        indices = nearest_places(video.sequence.times_s, moments_s)
        return tuple(video.sequence.frame(index) for index in indices)
    last_s = max(video.info.start_s, video.info.stop_s - _EPSILON_S)
    wanted_s = np.unique(np.clip(np.asarray(moments_s, dtype=np.float64), video.info.start_s, last_s))
    cache_path = _cache_path(video, [wanted_s.round(4).tolist(), max_side, crop, video.decoder, video.jpeg_quality])
    frames = _read_cached(cache_path, video.sequence.store)
    if frames is None and cache_path is not None and shared_clips.download(video.sequence.store, [cache_path]):
        frames = _read_cached(cache_path, video.sequence.store)
    if frames is None:
        frames = _decode_moments(video, video.path, wanted_s, max_side, crop)
        if cache_path is not None:
            write_cache_file(cache_path, _FRAMES.dump_json(frames))
            shared_clips.upload(video.sequence.store, [cache_path], (frame.ref for frame in frames))
    return frames


def _decode_moments(
    video: LoadedVideo, path: Path, wanted_s: NDArray[np.float64], max_side: int, crop: Crop | None
) -> tuple[FrameRef, ...]:
    checked = check_path(path, video.limits)
    if content_hash(checked) != video.info.source_hash:
        raise InputError(f"{str(path)!r} is no longer the file that was read: compare the videos again.")
    frames = []
    with open_source(checked, video.limits, folder_fps=video.info.fps, decoder=video.decoder) as source:
        on_screen = np.searchsorted(source.times_s, wanted_s + _EPSILON_S, side="right") - 1
        left, top, right, bottom = crop or (0.0, 0.0, 1.0, 1.0)
        width, height = source.facts.width, source.facts.height
        longer_side = max((right - left) * width, (bottom - top) * height)
        size = fit(width, height, round(max_side * max(width, height) / longer_side))
        for _, picture in source.pictures(np.unique(np.maximum(on_screen, 0))):
            pixels = picture.rgb(*size)
            pixels = pixels[
                round(top * size[1]) : max(1, round(bottom * size[1])),
                round(left * size[0]) : max(1, round(right * size[0])),
            ]
            ref = video.sequence.store.put(jpeg_bytes(pixels, video.jpeg_quality))
            frames.append(FrameRef(time_s=picture.time_s, ref=ref))
    return tuple(frames)


def nearest_places(times_s: NDArray[np.float64], moments_s: Sequence[float]) -> list[int]:
    """Positions in ``times_s`` (T,) of the frames nearest to some moments, each once, in order."""
    return sorted({int(np.abs(times_s - moment_s).argmin()) for moment_s in moments_s})


#: JPEG quality of the frames of an overview.
_OVERVIEW_QUALITY = 85


def overview(
    video: LoadedVideo,
    n_frames: int,
    max_side: int = 256,
    span: tuple[float, float] | None = None,
) -> tuple[FrameRef, ...]:
    """Up to ``n_frames`` of the sampled frames, evenly over ``span`` (start and stop in seconds of the file), small.

    Where no frame lies in the span, the nearest one; None: the whole part that was loaded.
    """
    sequence = video.sequence
    inside = np.arange(len(sequence))
    if span is not None:
        within = (sequence.times_s >= span[0]) & (sequence.times_s <= span[1])
        inside = inside[within] if within.any() else np.array(nearest_places(sequence.times_s, span[:1]))
    indices = inside[
        np.unique(np.rint(np.linspace(0, len(inside) - 1, min(n_frames, len(inside)))).astype(int))
    ].tolist()
    size = fit(sequence.width, sequence.height, max_side)
    if size == (sequence.width, sequence.height):
        return tuple(sequence.frame(index) for index in indices)
    cache_path = _cache_path(video, ["overview", indices, max_side, _OVERVIEW_QUALITY])
    frames = _read_cached(cache_path, sequence.store)
    if frames is None:
        frames = tuple(_small(sequence, index, size) for index in indices)
        if cache_path is not None:
            write_cache_file(cache_path, _FRAMES.dump_json(frames))
    return frames


def _small(sequence: FrameSequence, index: int, size: tuple[int, int]) -> FrameRef:
    """A frame of a sequence, made smaller."""
    from PIL import Image

    frame = sequence.frame(index)
    small = Image.fromarray(sequence.pixels(index)).resize(size, Image.Resampling.LANCZOS)
    return FrameRef(time_s=frame.time_s, ref=sequence.store.put(jpeg_bytes(np.asarray(small), _OVERVIEW_QUALITY)))


def _cache_path(video: LoadedVideo, values: list[object]) -> Path | None:
    if video.cache_path is None:
        return None
    digest = hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]
    return video.cache_path.with_name(f"{video.cache_path.name}-{digest}.close.json")


def _read_cached(cache_path: Path | None, store: FrameStore) -> tuple[FrameRef, ...] | None:
    try:
        frames = _FRAMES.validate_json(cache_path.read_bytes()) if cache_path else None
    except (OSError, ValidationError):
        return None
    return frames if frames is not None and all(store.holds(frame.ref) for frame in frames) else None
