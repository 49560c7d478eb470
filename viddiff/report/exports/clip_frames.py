"""The frames of one clip at given times: decoded once, in order, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.core.types import VideoInfo
from viddiff.report.time_alignment import part
from viddiff.video.probe import check_path, open_source
from viddiff.video.source import Limits, Source

# Time stamps are multiples of a clock: they meet wanted times only up to rounding.
_EPSILON_S = 1e-6
#: A document has lengths as they were measured; a file that is this much shorter is another one.
_TOLERANCE_S = 1.0


class ClipFrames:
    """An open clip.

    Args:
        path: the video, or the folder of images, that was compared.
        info: what the document says of it.
        limits: what to refuse.

    Raises:
        InputError: it cannot be read, is over a limit, or holds less than the part that was compared.
    """

    def __init__(self, path: Path, info: VideoInfo, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._name, self._part = str(path), part(info)
        self._source: Source = open_source(check_path(path, limits), limits, folder_fps=info.fps)
        limits.check_duration(self._source.facts.duration_s, self._name)
        if self._part[1] > self._source.facts.duration_s + _TOLERANCE_S or self._part[0] < 0:
            raise InputError(
                f"The document says that {self._part[0]:.2f}-{self._part[1]:.2f} s of {self._name!r} were compared, "
                f"which is {self._source.facts.duration_s:.2f} s long: run the comparison again."
            )

    @property
    def aspect(self) -> float:
        """Width over height, as shown."""
        return self._source.facts.width / self._source.facts.height

    def close(self) -> None:
        """Close the file."""
        self._source.__exit__(None, None, None)

    def on_screen(self, times_s: NDArray[np.float64]) -> NDArray[np.intp]:
        """(N,) positions of the frames on screen at these times of the file, none outside of the part compared."""
        starts_s = self._source.times_s
        first = max(0, int(np.searchsorted(starts_s, self._part[0] + _EPSILON_S, side="right")) - 1)
        last = max(first, int(np.searchsorted(starts_s, self._part[1] - _EPSILON_S, side="left")) - 1)
        return np.clip(np.searchsorted(starts_s, times_s + _EPSILON_S, side="right") - 1, first, last)

    def pictures_at(self, times_s: NDArray[np.float64], width: int, height: int) -> Iterator[NDArray[np.uint8]]:
        """The picture at each of these times, (height, width, 3) RGB, upright; a frame that is missing is held over.

        Args:
            times_s: (N,) times of the file, never decreasing.
            width, height: in pixels.

        Raises:
            InputError: nothing of the part can be decoded.
        """
        indices, which = np.unique(self.on_screen(times_s), return_inverse=True)
        coming = self._source.pictures(indices)
        following = next(coming, None)
        pixels: NDArray[np.uint8] | None = None
        for k in which:
            while following is not None and (pixels is None or following[0] <= k):
                pixels = np.ascontiguousarray(following[1].rgb(width, height))
                following = next(coming, None)
            if pixels is None:
                raise InputError(f"No frame of {self._name!r} can be decoded: it is damaged; copy it again.")
            yield pixels
