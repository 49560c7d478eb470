"""Numba kernels; the only module that imports numba.

Likelihoods are multiplied, not their logarithms added: the path is the same and half of the work, the logarithm, is not
done. A product is kept as ``value * 2 ** (64 * exponent)`` with ``value`` in [2 ** -64, 1], which no length of clip
underflows; scaling by powers of two rounds nothing, so two products compare as exactly as they were multiplied.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

#: The least a scaled similarity counts: far below any that float32 embeddings give, far above what would underflow.
LEAST = 1e-280
#: Of the inverse of a row's range.
MOST = 2.0**1000
_RADIX = 2.0**64
_LOWEST = 2.0**-64
#: Of a product that no path leads to.
_IMPOSSIBLE = -(2**60)


@njit(cache=True, nogil=True, inline="always")
def extent_of(row: NDArray[np.float64]) -> tuple[float, float]:  # pragma: no cover - compiled
    """(minimum, maximum) of a row, NaN left out; (inf, -inf) where all is NaN."""
    # Four at a time: one running minimum would wait for itself at every frame.
    low_0 = low_1 = low_2 = low_3 = math.inf
    high_0 = high_1 = high_2 = high_3 = -math.inf
    whole = len(row) - len(row) % 4
    for t in range(0, whole, 4):
        v_0, v_1, v_2, v_3 = row[t], row[t + 1], row[t + 2], row[t + 3]
        low_0 = v_0 if v_0 < low_0 else low_0
        low_1 = v_1 if v_1 < low_1 else low_1
        low_2 = v_2 if v_2 < low_2 else low_2
        low_3 = v_3 if v_3 < low_3 else low_3
        high_0 = v_0 if v_0 > high_0 else high_0
        high_1 = v_1 if v_1 > high_1 else high_1
        high_2 = v_2 if v_2 > high_2 else high_2
        high_3 = v_3 if v_3 > high_3 else high_3
    for t in range(whole, len(row)):
        low_0 = row[t] if row[t] < low_0 else low_0
        high_0 = row[t] if row[t] > high_0 else high_0
    return min(min(low_0, low_1), min(low_2, low_3)), max(max(high_0, high_1), max(high_2, high_3))


@njit(cache=True, nogil=True, inline="always")
def likelihood_of(value: float, low: float, inverse_range: float, floor: float) -> float:  # pragma: no cover - compiled
    """The similarity scaled to 0..1; an exact zero (and NaN) counts what the floor counts."""
    scaled = (value - low) * inverse_range
    if scaled > LEAST:
        return scaled
    return LEAST if scaled > 0.0 else floor


@njit(cache=True, nogil=True)
def path_into(
    similarity: NDArray[np.float64], floor: float, path: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """Min-max, floor and Viterbi in one pass over the frames: (S, T) with S <= T in, (T,) int64 out.

    With an infinite similarity there is no path; then ``path[0]`` is -1.

    ``value[s] * 2 ** (64 * exponent[s])`` is the likelihood of the best path that is in stage s at the current frame;
    ``entered[t, s]`` tells whether that path came into stage s at frame t.
    """
    n_stages, n_frames = similarity.shape
    low, inverse_range = np.empty(n_stages), np.empty(n_stages)
    value, exponent = np.zeros(n_stages), np.full(n_stages, _IMPOSSIBLE)
    entered = np.empty((n_frames, n_stages), dtype=np.bool_)
    for s in range(n_stages):
        least, most = extent_of(similarity[s])
        if least == -math.inf or most == math.inf:
            path[0] = -1
            return
        low[s] = least
        # A range below 1 / MOST, whose inverse no float64 holds, is none.
        inverse_range[s] = 1.0 / (most - least) if most - least > 1.0 / MOST else 0.0
    value[0], exponent[0] = 1.0, 0
    for t in range(n_frames):
        # From the last stage to the first, so that value[s - 1] is still that of the frame before. Stage s can be
        # entered at frame s at the earliest.
        for s in range(min(t, n_stages - 1), -1, -1):
            best, power = value[s], exponent[s]
            if s > 0:
                other, other_power = value[s - 1], exponent[s - 1]
                go = other_power > power or (other_power == power and other > best)
                entered[t, s] = go
                best = other if go else best
                power = other_power if go else power
            best *= likelihood_of(similarity[s, t], low[s], inverse_range[s], floor)
            while best < _LOWEST:
                best *= _RADIX
                power -= 1
            value[s], exponent[s] = best, power
    stage = n_stages - 1
    for t in range(n_frames - 1, -1, -1):
        path[t] = stage
        if stage > 0 and entered[t, stage]:
            stage -= 1


@njit(cache=True, nogil=True)
def viterbi_path(similarity: NDArray[np.float64], floor: float) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """The path of one clip, (T,) int64."""
    path = np.empty(similarity.shape[1], dtype=np.int64)
    path_into(similarity, floor, path)
    return path


@njit(cache=True, nogil=True, parallel=True)
def viterbi_paths(
    flat: NDArray[np.float64], n_stages: NDArray[np.int64], n_frames: NDArray[np.int64], floor: float
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """The paths of many clips one after the other, (sum of T,) int64.

    ``flat`` holds the similarities of all clips, each (S, T) in row order, with S <= T; cores share the clips.
    """
    cells, frames = np.cumsum(n_stages * n_frames), np.cumsum(n_frames)
    paths = np.empty(frames[-1], dtype=np.int64)
    for i in prange(len(n_stages)):
        first = cells[i] - n_stages[i] * n_frames[i]
        similarity = flat[first : cells[i]].reshape((n_stages[i], n_frames[i]))
        path_into(similarity, floor, paths[frames[i] - n_frames[i] : frames[i]])
    return paths
