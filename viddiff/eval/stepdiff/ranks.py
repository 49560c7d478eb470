"""Top-1 accuracy of four scores, and Kendall's tau-b of two orders of four."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viddiff.eval.statistics import Sums


def tau_b(first: NDArray[np.float64], second: NDArray[np.float64]) -> Sums:
    """Kendall's tau-b of each row, (N, M) and (N, M) -> (N,); NaN where all of one side are tied (Kendall, 1945).

    >>> tau_b(np.array([[0.1, 0.2, 0.9, 0.5]]), np.array([[0.0, 0.0, 3.0, 2.0]])).round(6).tolist()
    [0.912871]
    """
    one, other = _order(first), _order(second)
    untied = np.abs(one).sum(axis=1) * np.abs(other).sum(axis=1)
    tau: Sums = np.divide((one * other).sum(axis=1), np.sqrt(untied), out=np.full(len(one), np.nan), where=untied > 0)
    return tau


def _order(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, M) -> (N, M(M-1)/2): 1, 0 or -1 for each two places. Compared, not subtracted: two infinities are tied."""
    i, j = np.triu_indices(scores.shape[1], 1)
    left, right = scores[:, i], scores[:, j]
    return (left > right).astype(np.float64) - (left < right)


class Accuracy(NamedTuple):
    """Accuracy of each row, (N,).

    Official: the first of those that share the top is the choice. Strict: if k share it and the answer is among them,
    1/k, which no order of the options can change.
    """

    official: Sums
    strict: Sums


def accuracy(scores: NDArray[np.float64], answers: NDArray[np.int64]) -> Accuracy:
    """(N, M) scores and (N,) answers -> accuracy.

    >>> accuracy(np.array([[0.9, 0.9, 0.1]]), np.array([1]))
    Accuracy(official=array([0.]), strict=array([0.5]))
    """
    rows = np.arange(len(scores))
    official = (np.argmax(scores, axis=1) == answers).astype(np.float64)
    top = scores == scores.max(axis=1, keepdims=True)
    strict: Sums = top[rows, answers] / top.sum(axis=1)
    return Accuracy(official, strict)
