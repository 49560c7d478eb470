"""Soft-DTW and DTW: two sequences of frames set side by side in order (Cuturi and Blondel, ICML 2017).

A path goes from the first pair of frames to the last; each step advances in one sequence or in both. DTW takes the path
of the least total distance. Soft-DTW takes all of them, each with the weight exp(-cost / gamma): its value is
-gamma * log of the sum of the weights, and its gradient for the distances is the share of the paths that go through
each pair of frames: the alignment.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.arrays import Floats

#: How unlike the best path another may be and still count, in units of the distance (Haresh et al., CVPR 2021).
GAMMA = 0.1
#: Fewer cells than these are not worth a thread's start.
_CELLS_A_CORE = 50_000


class SoftAlignment(NamedTuple):
    """The soft-DTW value, and (N, M) the probability that the path goes through each pair of frames."""

    value: float
    shares: Floats


class WarpingPath(NamedTuple):
    """The cost of a path, and (L, 2) its pairs of frames in order."""

    cost: float
    path: NDArray[np.int64]


def soft_dtw(
    distances: ArrayLike, gamma: float = GAMMA, *, band: float | None = None, free_ends: bool = False
) -> SoftAlignment:
    """The soft-DTW value of two sequences, and their alignment.

    Args:
        distances: (N, M) finite distances of each frame of one sequence from each of the other.
        gamma: how far the minimum is softened, in the unit of the distances, above 0; towards 0 it is DTW.
        band: keep to pairs of frames whose places, as shares of their sequences, differ by at most this share, above 0
            and up to 1 (slanted Sakoe-Chiba band); None: no limit.
        free_ends: the rows are only a part of the columns: a path may begin and end at any column.

    Returns:
        The value, which may be negative, and the alignment (N, M): the probability that the path goes through each
        pair, which is the gradient of the value for the distances. A row's sum is 1 where no path stays in the row.

    Raises:
        ValueError: not two-dimensional, no frame, a distance that is not finite, or a gamma or band that cannot be.

    >>> x, y = [0, 1, 2, 3], [0, 2, 3]
    >>> value, alignment = soft_dtw([[(a - b) ** 2 for b in y] for a in x], gamma=1.0)
    >>> round(value, 6)
    -0.547566
    """
    matrix = check_distances(distances)
    if not 0 < gamma < math.inf:
        raise ValueError(f"gamma must be a number above 0; got {gamma!r}")
    first, stop = cells_of(matrix.shape, band)
    return _align(matrix, gamma, first, stop, free_ends)


def soft_dtw_batch(
    distances: Iterable[ArrayLike],
    gamma: float = GAMMA,
    *,
    lengths: ArrayLike | None = None,
    band: float | None = None,
    free_ends: bool = False,
) -> list[SoftAlignment]:
    """``soft_dtw`` of many pairs of any lengths, shared by all cores.

    Args:
        distances: a list of (N, M), or (B, N, M) padded; padding is never read.
        lengths: (B, 2) true N and M of each; None: whole matrices.
        gamma, band, free_ends: as in ``soft_dtw``.

    Returns:
        Value and alignment of each, in the same order.

    Raises:
        ValueError: as ``soft_dtw``; lengths that do not fit.
    """
    pairs = _cut(distances, lengths)
    n_threads = min(len(pairs), os.cpu_count() or 1, 1 + sum(pair.size for pair in pairs) // _CELLS_A_CORE)
    work = partial(soft_dtw, gamma=gamma, band=band, free_ends=free_ends)
    if n_threads < 2:
        return [work(pair) for pair in pairs]
    # Threads that sleep when they wait, as in ``viddiff.localizer.alignment.viterbi``.
    with ThreadPoolExecutor(n_threads) as threads:
        return list(threads.map(work, pairs))


def dtw(distances: ArrayLike, *, band: float | None = None, free_ends: bool = False) -> WarpingPath:
    """The cheapest path: its cost, and (L, 2) pairs of frames in order.

    Of paths that cost the same: going on in both comes before going on in the rows alone, then in the columns.

    Raises:
        ValueError: as ``soft_dtw``.

    >>> cost, path = dtw([[0, 4, 9], [1, 1, 4], [4, 0, 1], [9, 1, 0]])
    >>> cost, path.tolist()
    (1.0, [[0, 0], [1, 0], [2, 1], [3, 2]])
    """
    from viddiff.localizer.alignment.soft_dtw_kernels import dtw_path

    matrix = check_distances(distances)
    first, stop = cells_of(matrix.shape, band)
    cost, path = dtw_path(matrix, first, stop, free_ends)
    return WarpingPath(float(cost), path)


def divergence(query: ArrayLike, reference: ArrayLike, gamma: float = GAMMA) -> float:
    """Soft-DTW of two sequences of features without what each has with itself: 0 for equal ones.

    Args:
        query, reference: (N, d) and (M, d) features.
        gamma: as in ``soft_dtw``.
    """
    pairs = ((query, reference), (query, query), (reference, reference))
    between, *within = (value for value, _ in soft_dtw_batch([squared_distances(*pair) for pair in pairs], gamma))
    return between - sum(within) / 2


def squared_distances(query: ArrayLike, reference: ArrayLike) -> Floats:
    """(N, M) squared Euclidean distances of (N, d) and (M, d) features."""
    one, other = np.asarray(query, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    distances: Floats = np.maximum(squares, 0.0)
    return distances


def matches_of(alignment: Floats) -> Floats:
    """(N, M) what each row of an alignment is aligned with, in shares that sum to 1."""
    matches: Floats = alignment / alignment.sum(axis=1, keepdims=True)
    return matches


def check_distances(distances: ArrayLike) -> Floats:
    """The distances as the kernels take them."""
    matrix = np.ascontiguousarray(distances, dtype=np.float64)
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError(f"distances must be (N, M), at least 1 x 1; got shape {matrix.shape}")
    if not math.isfinite(matrix.min()) or not math.isfinite(matrix.max()):
        raise ValueError("distances must be finite")
    return matrix


def cells_of(shape: tuple[int, ...], band: float | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(N,) first and one past the last cell of each row within a band around the diagonal.

    The band is at least so wide that a path fits in.
    """
    n_rows, n_columns = shape
    if band is not None and not 0 < band <= 1:
        raise ValueError(f"band must be above 0 and at most 1; got {band!r}")
    if band is None or n_rows == 1:
        return np.zeros(n_rows, dtype=np.int64), np.full(n_rows, n_columns)
    slope = (n_columns - 1) / (n_rows - 1)
    centres = slope * np.arange(n_rows)
    reach = max(band * n_columns, slope, 1.0)
    first = np.maximum(np.ceil(centres - reach), 0).astype(np.int64)
    stop = np.minimum(np.floor(centres + reach) + 1, n_columns).astype(np.int64)
    return first, stop


def _align(
    matrix: Floats, gamma: float, first: NDArray[np.int64], stop: NDArray[np.int64], free_ends: bool
) -> SoftAlignment:
    """The product kernel, or where it is not certain the other."""
    from viddiff.localizer.alignment.soft_dtw_kernels import MAX_FACTOR, MIN_FACTOR, log_into, product_into

    alignment = np.zeros(matrix.shape)
    factors = np.multiply(matrix, -1 / gamma)
    if factors.max() <= math.log(MAX_FACTOR) and factors.min() >= math.log(MIN_FACTOR):
        np.exp(factors, out=factors)
        weights = product_into(factors, first, stop, free_ends, alignment)
        if weights.certified:
            return SoftAlignment(-gamma * (math.log(weights.mantissa) + weights.exponent * math.log(2)), alignment)
        alignment[:] = 0.0
    return SoftAlignment(float(log_into(matrix, gamma, first, stop, free_ends, alignment)), alignment)


def _cut(distances: Iterable[ArrayLike], lengths: ArrayLike | None) -> list[Floats]:
    """The matrices without their padding."""
    matrices = [np.asarray(matrix, dtype=np.float64) for matrix in distances]
    if lengths is None:
        return matrices
    sizes = np.asarray(lengths, dtype=np.int64)
    if sizes.shape != (len(matrices), 2):
        raise ValueError(f"lengths must be ({len(matrices)}, 2); got shape {sizes.shape}")
    if any((size < 1).any() or (size > matrix.shape).any() for size, matrix in zip(sizes, matrices, strict=True)):
        raise ValueError("lengths must be at least 1 and at most those of the matrices")
    return [matrix[:n, :m] for matrix, (n, m) in zip(matrices, sizes.tolist(), strict=True)]
