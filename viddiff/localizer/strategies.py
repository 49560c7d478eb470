"""Where each stage lies, by name: the paper's Viterbi, its ablations, and the text-free motion strategy.

Each strategy gives (S, 2) int64 half-open frame intervals ``[first, stop)``, one for each stage in order. Viterbi,
uniform and motion tile the clip (an interval may be empty when there are more stages than frames); argmax and random
pick one frame for each stage.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Intervals = NDArray[np.int64]


def intervals_of(stages: NDArray[np.int64], n_stages: int) -> Intervals:
    """Frame intervals of a path (T,) that never decreases; a skipped stage is empty at the place it would start."""
    order = np.arange(n_stages)
    return np.stack([np.searchsorted(stages, order, "left"), np.searchsorted(stages, order, "right")], axis=1)


def single_frames(frames: NDArray[np.int64]) -> Intervals:
    """One frame for each stage."""
    return np.stack([frames, frames + 1], axis=1)


def viterbi(similarity: NDArray[np.float64]) -> Intervals:
    """Left-to-right Viterbi over (S, T) similarities (paper, section 4.2)."""
    from viddiff.localizer.alignment.viterbi import segment

    return intervals_of(segment(similarity), len(similarity))


def argmax(similarity: NDArray[np.float64]) -> Intervals:
    """The best frame for each stage by itself, in no order (the paper's ablation without Viterbi)."""
    return single_frames(np.argmax(np.nan_to_num(similarity, nan=-np.inf), axis=1))


def uniform(n_stages: int, n_frames: int) -> Intervals:
    """Stages of equal length."""
    edges = np.arange(n_stages + 1) * n_frames // n_stages
    return np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)


def random(n_stages: int, n_frames: int, seed: int) -> Intervals:
    """One random frame for each stage (the paper's ablation)."""
    return single_frames(np.random.default_rng(seed).integers(0, n_frames, size=n_stages))
