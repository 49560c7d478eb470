"""Performances as a model reads them: arrays of numbers, in no unit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats


@dataclass(frozen=True)
class Performances:
    """Performances of one activity.

    Attributes:
        vectors: (N, T, D) features of frames.
        scores: (N,) from 0 to 1; NaN where not known.
        deductions: (N, T) what each frame cost, which sum to 1 - score; NaN where not known.
        references: for each the rows of experts that it is compared with, none of them itself.
        pairs: (P, 2) rows of a better and a worse one; trained on where there is no score.
    """

    vectors: Floats
    scores: Floats
    deductions: Floats
    references: tuple[tuple[int, ...], ...]
    pairs: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))

    def __post_init__(self) -> None:
        if any(row in found for row, found in enumerate(self.references)):
            raise ValueError("a performance is its own reference")
        if not all(self.references[row] for row in self.training_rows):
            raise ValueError("a performance has no reference")

    @property
    def scored_rows(self) -> NDArray[np.int64]:
        """The rows that have a score."""
        return np.flatnonzero(np.isfinite(self.scores))

    @property
    def training_rows(self) -> NDArray[np.int64]:
        """The rows that are trained on: those with a score, or else those of pairs."""
        scored = self.scored_rows
        return scored if len(scored) else np.unique(self.pairs)


def resample(vectors: Floats, n_frames: int) -> Floats:
    """(n_frames, D) of (T, D), evenly, on the line between frames; T is at least 2."""
    places = np.linspace(0, len(vectors) - 1, n_frames)
    before = np.minimum(places.astype(int), len(vectors) - 2)
    share = (places - before)[:, None]
    between: Floats = (1 - share) * vectors[before] + share * vectors[before + 1]
    return between
