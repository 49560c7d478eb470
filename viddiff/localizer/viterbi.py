"""Left-to-right Viterbi: the stage of each frame from the similarity of stages and frames.

Paper, section 4.2: each stage's row is scaled to 0..1 over the frames (min-max), floored, and turned into a cost
``-log``; the cheapest path starts in the first stage, ends in the last and at each frame stays or goes on to the next
stage (0.5 each, a constant that changes no path). One fused Numba kernel, so that neither the scaled matrix nor its
logarithm is ever held.

Ties: staying wins over going on, so a boundary moves to the earliest frame from which going on is strictly cheaper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The floor under a scaled similarity, as published: a zero would be infinitely expensive.
FLOOR = 1e-5


def segment(similarity: ArrayLike) -> NDArray[np.int64]:
    """The stage of each frame.

    Args:
        similarity: (S, T) real numbers, rows = stages in order, columns = frames in time order; any strides and any
            number type. NaN counts as the lowest similarity of its row; a constant row favours no frame.

    Returns:
        (T,) int64 stages: never decreasing, first 0 and last S - 1. With more stages than frames no such path exists;
        then the stages are spread evenly over the frames and some are skipped (a single frame shows stage 0).

    Raises:
        ValueError: not two-dimensional, no stage, no frame, or an infinite value.
    """
    matrix = np.ascontiguousarray(similarity, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"similarity must be (stages, frames), at least 1 x 1; got shape {matrix.shape}")
    if np.isinf(matrix).any():
        raise ValueError("similarity must be finite or NaN; got an infinite value")
    n_stages, n_frames = matrix.shape
    if n_stages > n_frames:
        return spread(n_stages, n_frames)
    from viddiff.localizer.kernels import viterbi_path

    path: NDArray[np.int64] = viterbi_path(matrix, FLOOR)
    return path


def spread(n_stages: int, n_frames: int) -> NDArray[np.int64]:
    """Stages spread evenly over frames: (n_frames,) int64 from 0 to n_stages - 1 (to 0 for a single frame)."""
    if n_frames == 1:
        return np.zeros(1, dtype=np.int64)
    return np.arange(n_frames, dtype=np.int64) * (n_stages - 1) // (n_frames - 1)
