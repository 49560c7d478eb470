"""From grades and comparisons in pairs to one number for each candidate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

#: Grades of 0 and 1 are so far apart as an odds of exp(4): a comparison in both orders outweighs a few points of grade.
SPREAD = 4.0
_STEPS = 50


def strengths(grades: Sequence[float], wins: Mapping[tuple[int, int], float]) -> NDArray[np.float64]:
    """(N,) from 0 to 1, larger is closer: Bradley and Terry's model (Biometrika 39, 1952), grades as its prior.

    The posterior mode of strengths with a normal prior of variance 1 around the grades; it has no ties where grades
    have none, and without comparisons it has the order of the grades.

    >>> strengths([0.5, 0.5], {(0, 1): 2.0}).round(2).tolist()  # the first was found closer twice
    [0.63, 0.37]

    Args:
        grades: (N,) of each candidate alone, 0 to 1.
        wins: (i, j) -> how often i was found closer than j; a half where they were found equal.
    """
    prior = SPREAD * (np.asarray(grades, dtype=np.float64) - 0.5)
    won = np.zeros((len(prior), len(prior)))
    for (i, j), times in wins.items():
        won[i, j] += times
    n_compared = won + won.T
    values = prior.copy()
    for _ in range(_STEPS):
        # Newton's method on a concave function.
        expected = 1 / (1 + np.exp(values[None, :] - values[:, None]))
        slope = (won - n_compared * expected).sum(axis=1) - (values - prior)
        weight = n_compared * expected * (1 - expected)
        step = np.linalg.solve(np.diag(weight.sum(axis=1) + 1) - weight, slope)
        values = values + step
        if math.isclose(float(np.abs(step).max(initial=0.0)), 0.0, abs_tol=1e-12):
            break
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float64)
