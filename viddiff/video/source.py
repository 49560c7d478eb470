"""What a decoder offers: the facts of a video, the times of all its frames, and the pictures of those asked for.

One module for each way to read (``source_pyav``, ``source_decord``, ``source_folder``), exchangeable by name. Which
frames are wanted is decided from the times alone, before any is decoded (``sample``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError

#: A timeline longer than this is a damaged or hostile index, not a video of an action.
MAX_SOURCE_FRAMES = 1_000_000


@dataclass(frozen=True)
class Probe:
    """The facts of a video.

    Attributes:
        width, height: in pixels, as shown: after rotation, with square pixels.
        rotation: degrees by which the stored frames are turned counter-clockwise to be shown: 0, 90, 180 or 270.
        fps: mean frame rate.
        duration_s: from the first frame's start to the last one's end, in seconds.
        codec: name of the codec, or "images".
        n_frames: frames shown.
        n_bytes: size of the file or of all images.
        variable_fps: whether the time from frame to frame varies by more than a tenth.
        missing_s: seconds at the end that the file announces but does not hold.
        notices: what is odd about the file.
    """

    width: int
    height: int
    rotation: int
    fps: float
    duration_s: float
    codec: str
    n_frames: int
    n_bytes: int
    variable_fps: bool
    missing_s: float = 0.0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What is refused before it costs time and memory; each error names the setting that raises the limit.

    Attributes:
        max_bytes: of the file, or of all images of a folder.
        max_duration_s: of the whole video, in seconds.
        max_pixels: of one frame.
        max_frames: sampled from one video.
    """

    max_bytes: int = 4096 * 1024 * 1024
    max_duration_s: float = 3600.0
    max_pixels: int = 8192 * 4320
    max_frames: int = 5000

    def check_bytes(self, n_bytes: int, path: str) -> None:
        """Raise InputError where a file is too large."""
        if n_bytes > self.max_bytes:
            _refuse(path, f"has {n_bytes / 2**20:.1f} MB", f"{self.max_bytes / 2**20:g} MB", "max_video_mb")

    def check_picture(self, width: int, height: int, path: str) -> None:
        """Raise InputError where a frame is too large."""
        if width * height > self.max_pixels:
            _refuse(path, f"has frames of {width}x{height} pixels", f"{self.max_pixels} pixels", "max_video_pixels")

    def check_duration(self, duration_s: float, path: str) -> None:
        """Raise InputError where a video is too long."""
        if duration_s > self.max_duration_s:
            _refuse(path, f"is {duration_s:.1f} s long", f"{self.max_duration_s:g} s", "max_video_s")

    def check_sampled(self, n_frames: int, path: str) -> None:
        """Raise InputError where too many frames would be sampled."""
        if n_frames > self.max_frames:
            fault = f"would be sampled at {n_frames} frames (give a lower fps or a shorter part)"
            _refuse(path, fault, f"{self.max_frames} frames", "max_sampled_frames")


class Picture(Protocol):
    """One decoded frame, scaled when asked; not to be kept after the next one is taken."""

    @property
    def time_s(self) -> float:
        """Its time, in seconds from the first frame."""

    def rgb(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) RGB, upright."""

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width) luma, full range, upright."""


class Source(AbstractContextManager["Source"], Protocol):
    """An open video."""

    @property
    def facts(self) -> Probe:
        """What is known without decoding it all."""

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(N,) times of all frames shown, in seconds from the first one, strictly increasing."""

    @property
    def damaged_s(self) -> NDArray[np.float64]:
        """Times of frames whose data were found damaged by the last ``pictures``, in seconds, increasing."""

    def pictures(self, indices: NDArray[np.intp]) -> Iterator[tuple[int, Picture]]:
        """Decode the frames at these positions of ``times_s`` (increasing).

        Yields:
            (k, picture): the frame on screen at ``times_s[wanted[k]]``; frames that cannot be decoded are left out.
        """


def fit(width: int, height: int, max_side: int) -> tuple[int, int]:
    """The size with the long side at most ``max_side`` and the same shape, never larger than it was."""
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def has_variable_fps(times_s: NDArray[np.float64]) -> bool:
    """Whether the time from frame to frame varies by more than a tenth.

    Single gaps and the millisecond clock of some containers do not count.
    """
    steps = np.diff(times_s)
    low, high = np.percentile(steps, [5, 95])
    return bool(high - low > max(0.1 * float(np.median(steps)), 0.0021))


def _refuse(path: str, reason: str, allowed: str, setting: str) -> None:
    raise InputError(
        f"{path!r} {reason}; at most {allowed} are allowed: raise the setting {setting} (VIDDIFF_{setting.upper()})."
    )
