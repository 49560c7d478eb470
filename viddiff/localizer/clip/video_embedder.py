"""Whole clips, and pairs of clips, as one CLIP vector each (StepDiff, section 4: VLEmbed)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viddiff.localizer.clip.encoder import ClipEncoder, text_key
from viddiff.localizer.clip.store import EmbeddingStore
from viddiff.video.loaded import FrameSequence

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class VideoEmbedder:
    """Embeds clips and texts into one space.

    Attributes:
        encoder: the model.
        store: where vectors are kept.
        n_frames: of a clip, evenly over it; the paper takes 8.
    """

    encoder: ClipEncoder
    store: EmbeddingStore
    n_frames: int = 8

    def embed_video(self, sequence: FrameSequence) -> Vector:
        """(D,) unit vector: the mean over frames.

        Raises:
            BackendError: the weights are not available.
        """
        places = np.unique(np.linspace(0, len(sequence) - 1, self.n_frames).round().astype(int)).tolist()
        refs = [sequence.refs[place] for place in places]
        key = f"pooled|{self.encoder.key}|{text_key(refs)}"
        vectors = self.store.get(key, lambda: self.encoder.embed_frames(map(sequence.pixels, places)))
        return unit(vectors.astype(np.float64).mean(0))

    def embed_text(self, text: str) -> Vector:
        """(D,) unit vector; raises as ``embed_video``."""
        key = f"texts|{self.encoder.key}|{text_key([text])}"
        return unit(self.store.get(key, lambda: self.encoder.embed_texts([text]))[0].astype(np.float64))


#: How reference and candidate become one vector; the paper names the mean and leaves others to its supplement.
PAIR_VECTORS: Mapping[str, Callable[[Vector, Vector], Vector]] = {
    "mean": lambda reference, candidate: (reference + candidate) / 2,
    "reference": lambda reference, candidate: reference,
    "candidate": lambda reference, candidate: candidate,
    "difference": lambda reference, candidate: candidate - reference,
}


def unit(vector: Vector) -> Vector:
    """The vector with length 1; the zero vector, as the difference of equal clips, stays as it is.

    >>> unit(np.array([3.0, 4.0])).tolist()
    [0.6, 0.8]
    """
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
