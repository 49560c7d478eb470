"""Reading a video: frames at a few a second for models to look at, and a small grey track for measuring.

One decoding pass gives both. Raw pixels are never kept: a sampled frame is JPEG in the store as soon as it is scaled,
so memory holds one decoder, the grey track (bounded) and the frame at hand, however long the video is.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError, UsageError
from viddiff.core.types import VideoInfo
from viddiff.video import cache
from viddiff.video.frame_plan import FramePlan, clip_interval, on_screen, plan_frames
from viddiff.video.integrity import check_lost, integrity_notices, lost_spans
from viddiff.video.loaded import DecodingPass, FrameStream, LoadedVideo
from viddiff.video.probe import Decoder, check_path, clean_name, content_hash, open_source
from viddiff.video.source import Limits, Source, fit
from viddiff.video.store import FrameStore


@dataclass(frozen=True)
class Sampling:
    """What to take of a video.

    Attributes:
        fps: frames sampled in a second; fewer where the source has fewer.
        max_side: long side of a sampled frame, in pixels; frames are never enlarged.
        start_s, stop_s: the part ``[start_s, stop_s)`` to read, in seconds; None: from the start, to the end.
        track_fps, track_side: rate and long side of the grey track.
        folder_fps: frame rate of a folder of images.
        decoder: "pyav", or "decord".
        threads: decoding threads; None: enough for all cores. Two videos read at once do best with one thread each.
        jpeg_quality: of sampled frames, 1 to 95.
    """

    fps: float = 4.0
    max_side: int = 512
    start_s: float | None = None
    stop_s: float | None = None
    track_fps: float = 12.0
    track_side: int = 192
    folder_fps: float | None = None
    decoder: Decoder = "pyav"
    threads: int | None = None
    jpeg_quality: int = 90

    def __post_init__(self) -> None:
        for name in ("fps", "max_side", "track_fps", "track_side", "folder_fps", "jpeg_quality", "threads"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{name} is {value!r}: give a number above 0.")


def load(
    path: str | os.PathLike[str],
    sampling: Sampling,
    store: FrameStore,
    limits: Limits | None = None,
    on_progress: Callable[[float], None] | None = None,
    open_stream: Callable[[DecodingPass], FrameStream | None] | None = None,
) -> LoadedVideo:
    """Read a video file or a folder of images; a second time with the same values decodes nothing.

    For k = 0, 1, 2 ... the frame on screen at ``start + k / fps`` is sampled, with its true time; no frame twice.

    Args:
        path: a video file, or a folder of images.
        sampling: what to take of it.
        store: where frames go; a store on disk also caches the loaded video.
        limits: what to refuse; None: the defaults.
        on_progress: called with the share done, 0 to 1.
        open_stream: asked for a stream that takes further frames of the decoding pass, if there is one.

    Raises:
        InputError: it is not a video that can be read, is over a limit, or more than half of it is lost.
        BackendError: the decoder is not installed.
    """
    limits, report = limits or Limits(), on_progress or (lambda share: None)
    checked = check_path(path, limits)
    source_hash = content_hash(checked)
    key = cache.key_of(source_hash, _cache_values(sampling, checked))
    video = cache.read(store, key)
    if video is None:
        video = _read(checked, source_hash, key, sampling, store, limits, report, open_stream or (lambda facts: None))
    info, name = video.info, str(path)
    # A cached video may have been read under other limits, from a file of another name.
    limits.check_picture(info.width, info.height, name)
    limits.check_duration(info.duration_s, name)
    limits.check_sampled(info.n_frames, name)
    report(1.0)
    info = info.model_copy(update={"name": clean_name(checked)})
    stream = partial(_stream, checked, sampling, limits, info.start_s, info.stop_s)
    return replace(
        video,
        info=info,
        stream=stream,
        path=checked,
        limits=limits,
        decoder=sampling.decoder,
        jpeg_quality=sampling.jpeg_quality,
    )


def _cache_values(sampling: Sampling, path: Path) -> dict[str, object]:
    """The values that change the result: not the threads, nor those that do not apply to this kind of input."""
    values = asdict(sampling)
    del values["threads"], values["decoder" if path.is_dir() else "folder_fps"]
    return values


def _read(
    path: Path,
    source_hash: str,
    key: str,
    sampling: Sampling,
    store: FrameStore,
    limits: Limits,
    report: Callable[[float], None],
    open_stream: Callable[[DecodingPass], FrameStream | None],
) -> LoadedVideo:
    name = str(path)
    with open_source(
        path, limits, folder_fps=sampling.folder_fps, decoder=sampling.decoder, threads=sampling.threads
    ) as source:
        facts, times_s = source.facts, source.times_s
        start_s, stop_s = clip_interval(sampling.start_s, sampling.stop_s, facts.duration_s, name)
        stream = open_stream(DecodingPass(source_hash, facts.fps, start_s, stop_s))
        with contextlib.closing(stream) if stream else contextlib.nullcontext():
            stream_fps = stream.fps if stream else None
            plan = plan_frames(times_s, start_s, stop_s, sampling.fps, sampling.track_fps, stream_fps)
            limits.check_sampled(int(plan.sampled.sum()), name)
            if plan.sampled.sum() < 2:
                raise InputError(
                    f"Only one frame of {name!r} is sampled from {start_s:.2f}-{stop_s:.2f} s at {sampling.fps:g} fps: "
                    "give a higher fps or a longer part."
                )
            decoded = _decode(source, plan, sampling, store, report, stream)
        damaged_s = source.damaged_s
    lost = lost_spans(times_s, plan.indices[plan.is_stored], decoded.arrived[plan.is_stored], stop_s)
    check_lost(lost, facts.missing_s if sampling.stop_s is None else 0.0, stop_s - start_s, name)
    if len(decoded.refs) < 2:
        raise InputError(f"Fewer than two frames of {name!r} can be decoded: it is damaged; copy it again.")
    info = VideoInfo(
        name=clean_name(path),
        source_hash=source_hash,
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        duration_s=facts.duration_s,
        start_s=start_s,
        stop_s=stop_s,
        n_frames=len(decoded.refs),
        sampled_fps=sampling.fps,
        notices=(*facts.notices, *integrity_notices(lost, damaged_s, times_s, start_s, stop_s)),
    )
    return _write_cached(info, decoded, sampling, store, key)


def _write_cached(info: VideoInfo, decoded: _Decoded, sampling: Sampling, store: FrameStore, key: str) -> LoadedVideo:
    """What was decoded, kept for the next time."""
    track = decoded.track[: len(decoded.track_times_s)]
    width, height = fit(info.width, info.height, sampling.max_side)
    entry = cache.CachedVideo(
        info=info,
        times_s=tuple(decoded.times_s),
        refs=tuple(decoded.refs),
        width=width,
        height=height,
        track_times_s=tuple(decoded.track_times_s),
        track_shape=track.shape,
    )
    return cache.write(store, key, entry, track)


@dataclass
class _Decoded:
    """The result of a decoding pass."""

    times_s: list[float]
    refs: list[str]
    track_times_s: list[float]
    track: NDArray[np.uint8]
    #: For each wanted frame, whether it came.
    arrived: NDArray[np.bool_]


def _decode(
    source: Source,
    plan: FramePlan,
    sampling: Sampling,
    store: FrameStore,
    report: Callable[[float], None],
    stream: FrameStream | None,
) -> _Decoded:
    """The decoding pass."""
    shape = (source.facts.width, source.facts.height)
    size, track_size = fit(*shape, sampling.max_side), fit(*shape, sampling.track_side)
    # Allocated at once and filled in place: memory that is never written is never used.
    track = np.empty((int(plan.tracked.sum()), track_size[1], track_size[0]), dtype=np.uint8)
    decoded = _Decoded([], [], [], track, np.zeros(len(plan.indices), dtype=bool))
    for k, picture in source.pictures(plan.indices):
        decoded.arrived[k] = True
        # A stand-in for a frame that did not come may have been taken before.
        if plan.tracked[k] and _is_later(picture.time_s, decoded.track_times_s):
            track[len(decoded.track_times_s)] = picture.grey(*track_size)
            decoded.track_times_s.append(picture.time_s)
        if plan.sampled[k] and _is_later(picture.time_s, decoded.times_s):
            decoded.refs.append(store.put(jpeg_bytes(picture.rgb(*size), sampling.jpeg_quality)))
            decoded.times_s.append(picture.time_s)
        if stream and plan.streamed[k]:
            stream.take(picture.time_s, picture.rgb(*fit(*shape, stream.max_side)))
        report((k + 1) / len(plan.indices))
    return decoded


def _stream(path: Path, sampling: Sampling, limits: Limits, start_s: float, stop_s: float, stream: FrameStream) -> None:
    """A decoding pass for a stream alone."""
    with (
        contextlib.closing(stream),
        open_source(
            path, limits, folder_fps=sampling.folder_fps, decoder=sampling.decoder, threads=sampling.threads
        ) as source,
    ):
        size = fit(source.facts.width, source.facts.height, stream.max_side)
        for _, picture in source.pictures(on_screen(source.times_s, start_s, stop_s, stream.fps)):
            stream.take(picture.time_s, picture.rgb(*size))


def _is_later(time_s: float, times_s: list[float]) -> bool:
    return not times_s or time_s > times_s[-1]


def jpeg_bytes(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """One picture, (height, width, 3) uint8 RGB, as JPEG of a quality from 1 to 95."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
