"""The compared part of a video as a small MP4 that every browser seeks in fast and exactly.

H.264 without B-frames, a key frame every half second, a constant frame rate: frame ``i`` is on screen from ``i / fps``
on, and shows what the source has on screen at ``start_s + (i + 0.5) / fps``. A source of constant rate so keeps each
of its frames; one of variable rate is put on a regular grid.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.core.files import write_cache_file
from viddiff.core.types import VideoInfo
from viddiff.report.time_alignment import part
from viddiff.video.encode import Encoding, encode
from viddiff.video.frame_plan import count_steps
from viddiff.video.probe import check_path, open_source
from viddiff.video.source import Limits, Source, fit

#: Bytes of a clip of up to ten seconds; longer ones may have more in proportion.
MAX_BYTES, PER_S = 1_050_000, 10.0
#: A page with more than this is nothing to send; comparing a part is. Clips next to a page may be of an hour.
LONGEST_S, LONGEST_LINKED_S = 300.0, 3600.0
MAX_FPS, MAX_SIDE = 60.0, 640
#: A player seeks to a key frame.
KEY_FRAME_S = 0.5
#: Quality of the passes (x264's constant rate factor, size of the long side), until one is small enough.
_FIRST_CRF, _LAST_CRF = 23, 38
_MIN_SIDE = 160
#: Part of the key, so that a cache never gives clips of an older recipe.
_RECIPE = 2
_EPSILON_S = 1e-6


@dataclass(frozen=True)
class EncodedClip:
    """An encoded clip: its MP4 bytes, frames in a second, number of frames, and where in the source it begins."""

    mp4: bytes
    fps: float
    n_frames: int
    start_s: float


def make_clip(
    path: Path,
    info: VideoInfo,
    cache_dir: Path | None = None,
    limits: Limits | None = None,
    max_bytes: int = MAX_BYTES,
    longest_s: float = LONGEST_S,
) -> EncodedClip:
    """The compared part of a video, encoded again or taken from the cache.

    Args:
        path: the file, or the folder of images, that was compared as ``info``.
        info: tells the part, the frame rate and the hash.
        cache_dir: the cache folder; None: nothing is kept.
        limits: what to refuse of the video.
        max_bytes: of a clip of ten seconds.
        longest_s: what is longer is refused.

    Raises:
        InputError: the video cannot be read, or its part is too long.
        BackendError: this PyAV has no H.264 encoder.
    """
    start_s, stop_s = part(info)
    if stop_s - start_s > longest_s:
        hint = "" if longest_s >= LONGEST_LINKED_S else ", or keep the clips next to the page (viddiff report --link)"
        raise InputError(
            f"{info.name!r} was compared over {stop_s - start_s:.0f} s, and players show at most {longest_s:.0f} s: "
            f"compare a part of it{hint}."
        )
    rate = clip_rate(info.fps)
    n_frames = count_steps(start_s, stop_s, float(rate))
    budget = round(max_bytes * max(1.0, (stop_s - start_s) / PER_S))
    cached = _cache_path(cache_dir, info, rate, budget) if cache_dir else None
    mp4 = _read_cached(cached)
    if mp4 is None:
        mp4 = _encode_within(path, info, rate, n_frames, budget, limits or Limits())
        if cached:
            # A cache that cannot be written costs time, not the clip.
            with contextlib.suppress(InputError):
                write_cache_file(cached, mp4)
    return EncodedClip(mp4, float(rate), n_frames, start_s)


def clip_rate(fps: float) -> Fraction:
    """The clip's frame rate: the source's; of a fast one every second, third ... frame, up to 60 in a second."""
    if not (math.isfinite(fps) and fps > 0):
        return Fraction(25)
    return max(Fraction(1, 10), Fraction(fps / math.ceil(fps / MAX_FPS - 1e-3)).limit_denominator(1001))


def _cache_path(cache_dir: Path, info: VideoInfo, rate: Fraction, budget: int) -> Path:
    parameters = [info.source_hash, info.start_s, info.stop_s, str(rate), budget, MAX_SIDE, _RECIPE]
    key = hashlib.sha256(json.dumps(parameters).encode()).hexdigest()
    return cache_dir / "clips" / key[:2] / f"{key}.mp4"


def _read_cached(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path else None
    except OSError:
        return None


def _encode_within(path: Path, info: VideoInfo, rate: Fraction, n_frames: int, budget: int, limits: Limits) -> bytes:
    """The smallest loss that stays within the budget: what a pass weighs tells the quality of the next one."""
    with open_source(check_path(path, limits), limits, folder_fps=info.fps) as source:
        crf, side = float(_FIRST_CRF), MAX_SIDE
        while True:
            width, height = (max(2, n // 2 * 2) for n in fit(source.facts.width, source.facts.height, side))
            pictures = _pictures(source, info, rate, n_frames, (width, height))
            mp4 = _encode(pictures, (width, height), rate, round(crf))
            over = len(mp4) / budget
            if over <= 1 or (crf >= _LAST_CRF and side <= _MIN_SIDE):
                return mp4
            # Six steps of the rate factor halve the bytes; where that would show as blocks, fewer pixels do.
            next_crf = crf + 6 * math.log2(over) + 1
            if next_crf > _LAST_CRF:
                side = max(_MIN_SIDE, round(side * 0.7))
            crf = min(next_crf, _LAST_CRF)


def _pictures(
    source: Source, info: VideoInfo, rate: Fraction, n_frames: int, size: tuple[int, int]
) -> Iterator[NDArray[np.uint8]]:
    """What is on screen at each frame of the clip, (height, width, 3) RGB; a frame that is missing is held over."""
    start_s, _ = part(info)
    times_s = start_s + (np.arange(n_frames) + 0.5) / float(rate)
    on_screen = np.searchsorted(source.times_s, times_s + _EPSILON_S, side="right") - 1
    indices, which = np.unique(np.clip(on_screen, 0, len(source.times_s) - 1), return_inverse=True)
    coming = source.pictures(indices)
    following = next(coming, None)
    picture: NDArray[np.uint8] | None = None
    for k in which:
        while following is not None and (picture is None or following[0] <= k):
            picture = np.ascontiguousarray(following[1].rgb(*size))
            following = next(coming, None)
        if picture is None:
            raise InputError(f"No frame of {info.name!r} can be decoded: the file is damaged; copy it again.")
        yield picture


def _encode(frames: Iterator[NDArray[np.uint8]], size: tuple[int, int], rate: Fraction, crf: int) -> bytes:
    encoding = Encoding(*size, rate, crf=crf, key_frame_s=KEY_FRAME_S, threads=0)
    # A file and no buffer: with its index at the front, what was written is read again.
    with tempfile.TemporaryDirectory(prefix="viddiff-") as folder:
        target = Path(folder, "clip.mp4")
        for _ in encode(target, frames, encoding):
            pass
        return target.read_bytes()
