"""Slow, plain reference implementations: tests compare the fast ones with them, benchmarks time both."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from viddiff.localizer.alignment.viterbi import FLOOR


def likelihoods(similarity: NDArray[np.float64]) -> list[list[float]]:
    """Each row scaled to 0..1; zeros, NaN and constant rows count what the floor counts."""
    rows = []
    for row in similarity.tolist():
        finite = [value for value in row if not math.isnan(value)]
        low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
        inverse_range = 1.0 / (high - low) if high - low > 2.0**-1000 else 0.0
        scaled = [0.0 if math.isnan(value) else (value - low) * inverse_range for value in row]
        rows.append([max(value, 1e-280) if value > 0 else FLOOR for value in scaled])
    return rows


def segment(similarity: NDArray[np.float64]) -> list[int]:
    """Left to right: best[t][s] = max(stay, go) * likelihood; stay wins ties. Needs S <= T.

    A likelihood is (power of 2 ** 64, value in [2 ** -64, 1]): such pairs compare as numbers do and never underflow.
    """
    rows = likelihoods(similarity)
    n_stages, n_frames = similarity.shape
    nothing = (-math.inf, 0.0)
    best = [[nothing] * n_stages for _ in range(n_frames)]
    came = [[0] * n_stages for _ in range(n_frames)]
    best[0][0] = times((0.0, 1.0), rows[0][0])
    for t in range(1, n_frames):
        for s in range(n_stages):
            stay = best[t - 1][s]
            go = best[t - 1][s - 1] if s else nothing
            came[t][s] = s - 1 if go > stay else s
            best[t][s] = times(max(stay, go), rows[s][t])
    return trace(came)


def times(product: tuple[float, float], likelihood: float) -> tuple[float, float]:
    """The product with one more factor."""
    power, value = product[0], product[1] * likelihood
    while 0 < value < 2.0**-64:
        power, value = power - 1, value * 2.0**64
    return power, value


def segment_published(similarity: NDArray[np.float64]) -> list[int]:
    """The way of the published method: logarithms, and at every frame and stage small NumPy arrays of both ways there.

    Rounds as ``segment_textbook`` does.
    """
    costs = -np.log(np.array(likelihoods(similarity)))
    n_stages, n_frames = costs.shape
    moves = -np.log(np.array([0.5, 0.5]))
    best = np.full((n_stages, n_frames), np.inf)
    came = np.zeros((n_stages, n_frames), dtype=int)
    best[0, 0] = costs[0, 0]
    for t in range(1, n_frames):
        for s in range(n_stages):
            before = np.array([s, max(s - 1, 0)])
            ways = best[before, t - 1] + moves + costs[s, t]
            best[s, t], came[s, t] = np.min(ways), before[np.argmin(ways)]
    return trace(came.T.tolist())


def segment_textbook(similarity: NDArray[np.float64]) -> list[int]:
    """The general algorithm as textbooks have it: logarithms, and every stage from every stage at every frame.

    The cost of going back or skipping a stage is infinite. Where two paths cost the same to the last digit but one it
    may choose the other.
    """
    costs = -np.log(np.array(likelihoods(similarity)))
    n_stages, n_frames = costs.shape
    moves = np.full((n_stages, n_stages), np.inf)
    for s in range(n_stages):
        moves[s, s] = moves[s, min(s + 1, n_stages - 1)] = -math.log(0.5)
    best = np.full((n_frames, n_stages), np.inf)
    came = np.zeros((n_frames, n_stages), dtype=int)
    best[0, 0] = costs[0, 0]
    for t in range(1, n_frames):
        for s in range(n_stages):
            for before in range(n_stages):
                cost = best[t - 1, before] + moves[before, s] + costs[s, t]
                if cost < best[t, s] or (cost == best[t, s] and before == s):
                    best[t, s], came[t, s] = cost, before
    return trace(came.tolist())


def trace(came: list[list[int]]) -> list[int]:
    """The path back from the last stage at the last frame."""
    path = [len(came[0]) - 1]
    for row in reversed(came[1:]):
        path.append(row[path[-1]])
    return path[::-1]


def soft_dtw(distances: NDArray[np.float64], gamma: float) -> tuple[float, NDArray[np.float64]]:
    """Value and alignment of soft-DTW, cell by cell and in logarithms, as its paper writes them down."""
    n_rows, n_columns = distances.shape
    total = soft_dtw_totals(distances, gamma)
    share = np.zeros((n_rows + 2, n_columns + 2))
    share[n_rows, n_columns] = 1.0
    for i in range(n_rows, 0, -1):
        for j in range(n_columns, 0, -1):
            for k, m in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
                if k <= n_rows and m <= n_columns:
                    way = total[k, m] - distances[k - 1, m - 1] - total[i, j]
                    share[i, j] += share[k, m] * math.exp(way / gamma)
    return float(total[-1, -1]), share[1:-1, 1:-1]


def soft_dtw_totals(distances: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """(N + 1, M + 1) soft-DTW of all beginnings of both sequences."""
    n_rows, n_columns = distances.shape
    total = np.full((n_rows + 1, n_columns + 1), math.inf)
    total[0, 0] = 0.0
    for i in range(1, n_rows + 1):
        for j in range(1, n_columns + 1):
            ways = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
            least = min(ways)
            softened = least - gamma * math.log(sum(math.exp((least - way) / gamma) for way in ways))
            total[i, j] = distances[i - 1, j - 1] + softened
    return total


def dtw(distances: NDArray[np.float64]) -> float:
    """The cost of the cheapest path."""
    n_rows, n_columns = distances.shape
    total = np.full((n_rows + 1, n_columns + 1), math.inf)
    total[0, 0] = 0.0
    for i in range(1, n_rows + 1):
        for j in range(1, n_columns + 1):
            total[i, j] = distances[i - 1, j - 1] + min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
    return float(total[-1, -1])
