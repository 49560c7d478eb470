"""Video files through decord, the decoder of the design, exchangeable with PyAV by name.

decord opens fewer formats, shows frames that an edit list hides, and was last released in 2021, so PyAV looks at the
file first (safely) for its facts; decord gives the times and the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viddiff.core.errors import BackendError, InputError
from viddiff.video.source import Limits
from viddiff.video.source_folder import ImagePicture
from viddiff.video.source_pyav import PyavSource


class DecordSource:
    """A video file read by decord; arguments and errors as ``PyavSource``.

    Raises:
        BackendError: decord is not installed.
        InputError: the file cannot be read.
    """

    def __init__(self, path: Path, limits: Limits, threads: int | None = None) -> None:
        self._name = str(path)
        self.facts = PyavSource(path, limits, threads).facts
        self._reader, self._error = _open(path, threads)
        stamps = np.asarray(self._reader.get_frame_timestamp(list(range(len(self._reader)))))[:, 0].astype(np.float64)
        # Frames before zero are those that an edit list hides.
        self._shown = np.flatnonzero(stamps > -1e-6)
        if len(self._shown) < 2:
            raise InputError(f"decord finds fewer than two frames in {self._name!r}: use the decoder pyav.")
        self.times_s: NDArray[np.float64] = stamps[self._shown] - stamps[self._shown[0]]

    def __enter__(self) -> DecordSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader = None

    @property
    def damaged_s(self) -> NDArray[np.float64]:
        """Empty: decord does not report damage."""
        return np.zeros(0)

    def pictures(self, indices: NDArray[np.intp]) -> Iterator[tuple[int, ImagePicture]]:
        """Decode the frames at these positions of ``times_s``; see ``Source.pictures``."""
        size = (self.facts.width, self.facts.height)
        for k, index in enumerate(indices):
            try:
                pixels = self._reader[int(self._shown[index])].asnumpy()
            except self._error:
                continue
            image = Image.fromarray(pixels)
            # decord turns frames upright but does not make their pixels square.
            yield k, ImagePicture(image if image.size == size else image.resize(size), float(self.times_s[index]))


def _open(path: Path, threads: int | None) -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        import decord
    except ImportError:
        raise BackendError("The decoder decord is not installed: pip install 'viddiff[decord]', or use pyav.") from None
    errors = (decord.DECORDError, RuntimeError, IndexError)
    try:
        return decord.VideoReader(str(path.absolute()), ctx=decord.cpu(0), num_threads=threads or 1), errors
    except errors:
        raise InputError(f"decord cannot read {str(path)!r}: use the decoder pyav.") from None
