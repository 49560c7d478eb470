"""Performances of which only pairs are labelled: how strong each is by its pairs, and how well a method orders them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.arrays import Floats
from viddiff.core.record import Record
from viddiff.eval.skilldiff.metrics import spearman
from viddiff.eval.statistics import Interval

#: Of a pair more with a performance of average strength, won and lost in halves: without it who never loses is
#: infinitely strong.
_PRIOR = 0.5
_ROUNDS, _RESAMPLES = 200, 2000


class PairScores(Record):
    """How well a method tells the better one of ``n`` labelled pairs."""

    name: str
    """Of the method."""
    n: int
    """Pairs."""
    n_performances: int
    """Different performances in them."""
    accuracy: float
    """Share of the pairs in the right order; equal scores are wrong."""
    accuracy_interval: Interval | None
    """Performances are resampled, with all their pairs: pairs of one performance stand and fall together."""
    rho: float
    """Spearman's rho with the strengths that follow from these pairs (Bradley and Terry)."""


def strengths(pairs: ArrayLike, n: int) -> Floats:
    """(n,) logarithms of the strengths of Bradley and Terry (1952), by Hunter's iteration (2004), of mean 0.

    Args:
        pairs: (P, 2) numbers below ``n`` of a better and a worse one.
        n: how many there are.

    >>> bool((np.diff(strengths([[2, 1], [1, 0], [2, 0]], 3)) > 0).all())
    True
    """
    better, worse = np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T
    wins = np.bincount(better, minlength=n) + _PRIOR
    strength = np.ones(n)
    for _ in range(_ROUNDS):
        weight = 1 / (strength[better] + strength[worse])
        total = np.bincount(better, weight, n) + np.bincount(worse, weight, n) + 2 * _PRIOR / (strength + 1)
        strength = wins / total
        strength /= np.exp(np.log(strength).mean())
    return np.log(strength)


def pair_scores(name: str, predicted: ArrayLike, pairs: ArrayLike, seed: int = 0) -> PairScores:
    """Told scores (N,) against labelled pairs (P, 2) of numbers below N; P is at least 1."""
    scores, rows = np.asarray(predicted, dtype=np.float64), np.asarray(pairs, dtype=np.int64)
    right = scores[rows[:, 0]] > scores[rows[:, 1]]
    unique_rows, places = np.unique(rows, return_inverse=True)
    places = places.reshape(rows.shape)
    return PairScores(
        name=name,
        n=len(rows),
        n_performances=len(unique_rows),
        accuracy=float(right.mean()),
        accuracy_interval=_interval(places, right, seed),
        rho=spearman(scores[unique_rows], strengths(places, len(unique_rows))),
    )


def longer_is_better(lengths: ArrayLike, pairs: ArrayLike) -> int:
    """1 where in most of the pairs (P, 2) the better one is the longer, else -1."""
    values, rows = np.asarray(lengths, dtype=np.float64), np.asarray(pairs, dtype=np.int64)
    return 1 if np.sign(values[rows[:, 0]] - values[rows[:, 1]]).sum() >= 0 else -1


def _interval(pairs: NDArray[np.int64], right: NDArray[np.bool_], seed: int) -> Interval | None:
    """95 % by the bootstrap; None with fewer than three performances."""
    n = int(pairs.max()) + 1
    if n < 3:
        return None
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _RESAMPLES)
    weights = counts[:, pairs[:, 0]] * counts[:, pairs[:, 1]]
    totals = weights.sum(axis=1)
    shares = (weights @ right)[totals > 0] / totals[totals > 0]
    low, high = np.quantile(shares, [0.025, 0.975]).tolist()
    return Interval(low=low, high=high, n_clusters=n, level=0.95)
