"""Slow, obvious twins of the fast paths: what tests hold them to and benchmarks measure them against."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from viddiff.localizer.viterbi import FLOOR


def stage_costs(similarity: NDArray[np.float64]) -> list[list[float]]:
    """-log of each row scaled to 0..1; zeros, NaN and constant rows cost what the floor costs."""
    costs = []
    for row in similarity.tolist():
        known = [value for value in row if not math.isnan(value)]
        low, high = (min(known), max(known)) if known else (0.0, 0.0)
        inverse_range = 1.0 / (high - low) if high > low else 0.0
        scaled = [0.0 if math.isnan(value) else (value - low) * inverse_range for value in row]
        costs.append([-math.log(value) if value > 0 else -math.log(FLOOR) for value in scaled])
    return costs


def segment(similarity: NDArray[np.float64]) -> list[int]:
    """The textbook Viterbi table: best[t][s] = min(stay, go) + cost; stay wins ties. Needs S <= T."""
    costs = stage_costs(similarity)
    n_stages, n_frames = similarity.shape
    best = [[math.inf] * n_stages for _ in range(n_frames)]
    came = [[0] * n_stages for _ in range(n_frames)]
    best[0][0] = costs[0][0]
    for t in range(1, n_frames):
        for s in range(n_stages):
            stay = best[t - 1][s]
            go = best[t - 1][s - 1] if s else math.inf
            came[t][s] = s - 1 if go < stay else s
            best[t][s] = min(stay, go) + costs[s][t]
    path = [n_stages - 1]
    for t in range(n_frames - 1, 0, -1):
        path.append(came[t][path[-1]])
    return path[::-1]
