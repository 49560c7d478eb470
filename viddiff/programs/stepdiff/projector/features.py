"""M_V, what a frozen encoder makes of the frames of a clip."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import map_array
from viddiff.core.files import write_cache_file
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.video.loaded import LoadedVideo

Frames = Sequence[NDArray[np.uint8]]
_ROWS, _COLUMNS = 24, 32


@dataclass(frozen=True)
class ClipFeatures:
    """One clip.

    Attributes:
        features: (F, P, D) float32 or float16, for each frame P vectors.
        duration_s: from the first frame to the last, in seconds.
    """

    features: NDArray[np.floating[Any]]
    duration_s: float


class Encoder(Protocol):
    """Frames to features; ``key`` names it with all that its features depend on."""

    @property
    def key(self) -> str:
        """Its name."""

    def __call__(self, frames: Frames) -> NDArray[np.float32]:
        """(F, P, D) of F frames, each (h, w, 3) uint8."""


class GreyEncoder:
    """Grey levels less the clip's median, 24 x 32 a frame: what moves before a camera that stands still. No weights."""

    key = "grey"

    def __call__(self, frames: Frames) -> NDArray[np.float32]:
        """(F, 1, 768), in shares of white."""
        from PIL import Image

        small = [
            np.asarray(Image.fromarray(frame).convert("L").resize((_COLUMNS, _ROWS), Image.Resampling.BOX), np.float32)
            for frame in frames
        ]
        stacked = np.stack(small).reshape(len(small), 1, -1) / 255
        return np.asarray(stacked - np.median(stacked, axis=0), dtype=np.float32)


class ClipPatches:
    """The tokens of CLIP's image transformer, one a patch."""

    def __init__(self, encoder: ClipEncoder) -> None:
        self.encoder = encoder

    @property
    def key(self) -> str:
        """Model, weights and preprocessing."""
        return f"clip {self.encoder.key}"

    def __call__(self, frames: Frames) -> NDArray[np.float32]:
        """(F, P, D); raises as ``ClipEncoder.embed_frames``."""
        return self.encoder.embed_patches(frames)


class VideoFeatures:
    """The features of loaded videos, each computed once.

    Args:
        encoder: what describes frames.
        n_frames: of a clip, evenly over it; a shorter clip shows some of its frames again.
        folder: where features are kept; None: nowhere.
    """

    def __init__(self, encoder: Encoder, n_frames: int, folder: Path | None) -> None:
        self.encoder, self.n_frames, self.folder = encoder, n_frames, folder

    def key(self, video: LoadedVideo) -> str:
        """Which frames, by their content, are described by what."""
        refs = [video.sequence.frame(index).ref for index in self._frame_numbers(video)]
        return hashlib.sha256("\n".join([self.encoder.key, *refs]).encode()).hexdigest()

    def __call__(self, video: LoadedVideo) -> ClipFeatures:
        """Those of one video.

        Raises:
            BackendError, UsageError: as the encoder.
        """
        path = self.folder / f"{self.key(video)}.npy" if self.folder else None
        features = None
        if path is not None:
            with contextlib.suppress(OSError, ValueError):
                features = map_array(path)
        if features is None:
            features = self.encoder([video.sequence.pixels(index) for index in self._frame_numbers(video)])
            if path is not None:
                buffer = io.BytesIO()
                np.save(buffer, features)
                write_cache_file(path, buffer.getvalue())
        times_s = video.sequence.times_s
        return ClipFeatures(features, float(times_s[-1] - times_s[0]))

    def _frame_numbers(self, video: LoadedVideo) -> list[int]:
        return even_places(len(video.sequence), self.n_frames)


def even_places(n: int, n_wanted: int) -> list[int]:
    """So many places of ``n``, evenly, the first and the last among them; of few some stand there again.

    >>> even_places(9, 3), even_places(2, 4)
    ([0, 4, 8], [0, 0, 1, 1])
    """
    indices: list[int] = np.rint(np.linspace(0, n - 1, n_wanted)).astype(int).tolist()
    return indices
