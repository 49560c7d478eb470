"""M_V, what a frozen encoder makes of the frames of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viddiff.localizer.clip.encoder import ClipEncoder

Frames = Sequence[NDArray[np.uint8]]
_ROWS, _COLUMNS = 24, 32


@dataclass(frozen=True)
class ClipFeatures:
    """One clip.

    Attributes:
        features: (F, P, D) float32, for each frame P vectors.
        duration_s: from the first frame to the last, in seconds.
    """

    features: NDArray[np.float32]
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
