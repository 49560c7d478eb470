"""A video after it was read: sampled frames, a small grey track, facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from viddiff.core.types import FrameRef, VideoInfo
from viddiff.video.probe import Decoder
from viddiff.video.source import Limits

if TYPE_CHECKING:
    from viddiff.video.store import FrameStore


@dataclass(frozen=True)
class FrameSequence:
    """Frames sampled from a video, in time order.

    Attributes:
        times_s: (T,) float64, seconds from the start of the file, strictly increasing.
        refs: T keys of JPEG frames in ``store``; the pixels are decoded when asked for, never held.
        width, height: of each stored frame, after rotation and scaling.
        fps: the sampling rate that was asked for.
    """

    times_s: NDArray[np.float64]
    refs: tuple[str, ...]
    width: int
    height: int
    fps: float
    store: FrameStore

    def __len__(self) -> int:
        return len(self.refs)

    def __repr__(self) -> str:
        return f"FrameSequence({len(self)} frames, {self.width}x{self.height}, {self.fps:g} fps)"

    def pixels(self, index: int) -> NDArray[np.uint8]:
        """One frame, (height, width, 3) uint8 RGB."""
        return self.store.pixels(self.refs[index])

    def frame(self, index: int) -> FrameRef:
        """The reference to one frame."""
        return FrameRef(time_s=float(self.times_s[index]), ref=self.refs[index])


@dataclass(frozen=True)
class GreyTrack:
    """The whole part compared at a low resolution and a higher rate, for motion and measurements.

    Attributes:
        times_s: (N,) float64, seconds from the start of the file, strictly increasing.
        frames: (N, h, w) uint8.
    """

    times_s: NDArray[np.float64]
    frames: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.times_s)

    def __repr__(self) -> str:
        return f"GreyTrack({self.frames.shape})"


@dataclass(frozen=True)
class DecodingPass:
    """A decoding pass: over which content (SHA-256 of the file) at which frame rate, and which part of it."""

    source_hash: str
    fps: float
    start_s: float
    stop_s: float


class FrameStream(Protocol):
    """Takes frames as they are decoded, one at a time, so that none must be kept in memory."""

    @property
    def fps(self) -> float:
        """Frames a second that it takes; fewer where the video has fewer."""

    @property
    def max_side(self) -> int:
        """Long side of the frames that it takes, in pixels; frames are never enlarged."""

    def take(self, time_s: float, pixels: NDArray[np.uint8]) -> None:
        """One frame, (height, width, 3) RGB, in time order; may wait until there is room for it."""

    def close(self) -> None:
        """There are no more frames; also called after decoding failed."""


@dataclass(frozen=True)
class LoadedVideo:
    """One video, read: its facts, its sampled frames and its grey track (loaded when first asked for).

    Attributes:
        cache_path: path without suffix for files computed from this video with this sampling; None: no cache.
        stream: decodes the part again for a stream, and closes it; None where there is no file. Raises InputError
            where the file cannot be read any more.
        path: the file or folder that was read; None where only the frames are known.
        limits, decoder, jpeg_quality: how it was read, for what reads it again.
    """

    info: VideoInfo
    sequence: FrameSequence
    load_track: Callable[[], GreyTrack]
    cache_path: Path | None = None
    stream: Callable[[FrameStream], None] | None = None
    path: Path | None = None
    limits: Limits = field(default_factory=Limits)
    decoder: Decoder = "pyav"
    jpeg_quality: int = 90

    @property
    def track(self) -> GreyTrack:
        """The grey track."""
        return self.load_track()


def part_of(video: LoadedVideo, start_s: float, stop_s: float) -> LoadedVideo:
    """The part ``[start_s, stop_s)`` of a video that was read, in seconds of the file; at least one frame of it."""
    times_s = video.sequence.times_s
    inside = np.flatnonzero((times_s >= start_s) & (times_s < stop_s))
    if not len(inside):
        inside = np.array([np.abs(times_s - start_s).argmin()])

    def track() -> GreyTrack:
        whole = video.track
        inside = (whole.times_s >= start_s) & (whole.times_s < stop_s)
        return GreyTrack(whole.times_s[inside], whole.frames[inside])

    refs = tuple(video.sequence.refs[i] for i in inside)
    return replace(
        video,
        info=video.info.model_copy(update={"start_s": start_s, "stop_s": stop_s, "n_frames": len(refs)}),
        sequence=replace(video.sequence, times_s=times_s[inside], refs=refs),
        load_track=track,
        # What is kept beside the whole video is of all of it.
        cache_path=None,
    )
