"""Performances as a model reads them: arrays of numbers, in no unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Performances:
    """Performances of one activity.

    Attributes:
        vectors: (N, T, D) features of frames.
        scores: (N,) from 0 to 1; NaN where not known.
        deductions: (N, T) what each frame cost, which sum to 1 - score; NaN where not known.
        references: for each the rows of experts that it is compared with, none of them itself.
    """

    vectors: Floats
    scores: Floats
    deductions: Floats
    references: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if any(row in found for row, found in enumerate(self.references)):
            raise ValueError("a performance is its own reference")
        if not all(self.references[row] for row in self.scored):
            raise ValueError("a performance has no reference")

    @property
    def scored(self) -> NDArray[np.int64]:
        """The rows that have a score."""
        return np.flatnonzero(np.isfinite(self.scores))


def resampled(vectors: Floats, n_frames: int) -> Floats:
    """(n_frames, D) of (T, D), evenly, on the line between frames; T is at least 2."""
    places = np.linspace(0, len(vectors) - 1, n_frames)
    before = np.minimum(places.astype(int), len(vectors) - 2)
    share = (places - before)[:, None]
    between: Floats = (1 - share) * vectors[before] + share * vectors[before + 1]
    return between
