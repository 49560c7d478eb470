"""Numba kernels; the only module that imports numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def scale_of(row: NDArray[np.float64]) -> tuple[float, float]:  # pragma: no cover - compiled
    """(minimum, 1 / range) of a row, NaN left out; range 0 gives 0, so that every frame gets the floor."""
    low, high = math.inf, -math.inf
    for value in row:
        low = min(low, value) if value == value else low
        high = max(high, value) if value == value else high
    return low, 1.0 / (high - low) if high > low else 0.0


@njit(cache=True, nogil=True)
def cost_of(value: float, low: float, inverse_range: float, floor: float) -> float:  # pragma: no cover - compiled
    """-log of the scaled similarity; an exact zero (and NaN) costs what the floor costs."""
    scaled = (value - low) * inverse_range
    return -math.log(scaled) if scaled > 0.0 else -math.log(floor)


@njit(cache=True, nogil=True)
def viterbi_path(similarity: NDArray[np.float64], floor: float) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Min-max, floor, log and Viterbi in one pass over the stages; (S, T) with S <= T in, (T,) int64 out.

    ``best[t]`` is the cost of the cheapest path that is in the current stage at frame t; ``entered[s, t]`` tells
    whether that path came into stage s at t. Stage s can be entered at frame s at the earliest.
    """
    n_stages, n_frames = similarity.shape
    best = np.empty(n_frames, dtype=np.float64)
    entered = np.zeros((n_stages, n_frames), dtype=np.bool_)
    low, inverse_range = scale_of(similarity[0])
    total = 0.0
    for t in range(n_frames):
        total += cost_of(similarity[0, t], low, inverse_range, floor)
        best[t] = total
    for s in range(1, n_stages):
        low, inverse_range = scale_of(similarity[s])
        before = best[s - 1]
        stay = math.inf
        for t in range(s, n_frames):
            go = before
            before = best[t]
            if go < stay:
                entered[s, t] = True
                stay = go
            stay += cost_of(similarity[s, t], low, inverse_range, floor)
            best[t] = stay
    path = np.empty(n_frames, dtype=np.int64)
    stage = n_stages - 1
    for t in range(n_frames - 1, -1, -1):
        path[t] = stage
        if entered[stage, t]:
            stage -= 1
    return path
