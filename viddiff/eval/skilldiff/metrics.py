"""How good predicted scores are: rank correlation, error, order of pairs, each with an interval by performer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.arrays import Floats
from viddiff.core.record import Record
from viddiff.eval.statistics import Interval, clustered_interval

Counts = NDArray[np.int64]
#: Correlations are taken for no more than this, so that one of 1 does not make a mean infinite.
_MOST_RHO = 1 - 1e-7


class SkillScores(Record):
    """How well a method tells the scores of ``n`` performances."""

    name: str
    """Of the method."""
    n: int
    """Performances."""
    n_performers: int
    """Different people among them."""
    rho: float
    """Spearman's rank correlation within each activity, averaged over them by Fisher's z."""
    rho_interval: Interval | None
    """95 %; None where there are too few."""
    r_l2: float | None
    """Mean squared error in units of the squared range of the true scores; None where they are all the same."""
    r_l2_interval: Interval | None
    """95 %; None where there are too few."""


def spearman(predicted: ArrayLike, true: ArrayLike) -> float:
    """Spearman's rho: Pearson's correlation of ranks, ties at their mean; 0 where one side is constant.

    >>> round(spearman([1, 1, 2, 3], [1, 2, 3, 4]), 6)
    0.948683
    """
    one, other = np.asarray(predicted), np.asarray(true)
    return float(_rhos(one, other, np.ones((1, len(one)), np.int64))[0])


def _rhos(predicted: Floats, true: Floats, times: Counts) -> Floats:
    """Spearman's rho (R,) of rows (N,) of which each stands ``times`` (R, N) times."""
    n = np.maximum(times.sum(axis=1, keepdims=True), 1)
    ranks = (_ranks(predicted, times), _ranks(true, times))
    one, other = (rank - (times * rank).sum(axis=1, keepdims=True) / n for rank in ranks)
    spread = np.sqrt((times * one**2).sum(axis=1) * (times * other**2).sum(axis=1))
    together: Floats = (times * one * other).sum(axis=1)
    rhos: Floats = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0)
    return rhos


def _ranks(values: Floats, times: Counts) -> Floats:
    """Ranks (R, N) of values (N,), ties at their mean."""
    _, places = np.unique(values, return_inverse=True)
    alike = times @ np.eye(places.max() + 1)[places]
    ranks: Floats = (alike.cumsum(axis=1) - (alike - 1) / 2)[:, places]
    return ranks


def fisher_mean(rhos: ArrayLike) -> float:
    """The mean of correlations by Fisher's z, as tables on AQA-7 have it; the plain mean is lower.

    >>> round(fisher_mean([0.9, 0.8, 0.7]), 6)
    0.816439
    """
    return float(_fisher_means(np.asarray(rhos), np.ones_like(rhos)))


def _fisher_means(rhos: Floats, weights: Counts | Floats) -> Floats:
    """The same along the last axis."""
    z = np.arctanh(np.clip(rhos, -_MOST_RHO, _MOST_RHO))
    means: Floats = np.tanh(np.average(z, axis=-1, weights=weights))
    return means


def r_l2(predicted: ArrayLike, true: ArrayLike) -> float | None:
    """Mean squared error over the squared range of the true scores; tables print it x 100.

    >>> round(r_l2([10, 20, 30], [12, 18, 33]), 6)
    0.01285
    """
    one, other = np.asarray(predicted, dtype=np.float64), np.asarray(true, dtype=np.float64)
    span = float(np.ptp(other))
    return float(np.mean(((one - other) / span) ** 2)) if span else None


def overlap(predicted: ArrayLike, true: ArrayLike) -> float:
    """Of deductions by segment the share that is predicted in the right place: sum of the minima of the two shares.

    0 where nothing is predicted, or nothing was deducted.
    """
    one, other = np.maximum(predicted, 0.0), np.maximum(true, 0.0)
    if not one.sum() or not other.sum():
        return 0.0
    return float(np.minimum(one / one.sum(), other / other.sum()).sum())


def skill_scores(
    name: str, predicted: ArrayLike, true: ArrayLike, performers: Sequence[str], activities: Sequence[str]
) -> SkillScores:
    """Told scores (N,) against true ones (N,), of these performers and activities.

    Raises:
        ValueError: lengths that differ, or no row.
    """
    one, other = np.asarray(predicted, dtype=np.float64), np.asarray(true, dtype=np.float64)
    _, kinds = np.unique(activities, return_inverse=True)
    if not len(one) or not len(one) == len(other) == len(performers) == len(kinds):
        raise ValueError("scores, performers and activities must be of one length, at least 1")
    ranges = {kind: float(np.ptp(other[kinds == kind])) for kind in np.unique(kinds)}
    errors = np.array([(a - b) / (ranges[kind] or np.nan) for a, b, kind in zip(one, other, kinds, strict=True)]) ** 2

    def rho(times: Counts) -> Floats:
        chosen = [kinds == kind for kind in np.unique(kinds)]
        rhos = [_rhos(one[rows], other[rows], times[:, rows]) for rows in chosen]
        drawn = [times[:, rows].any(axis=1) for rows in chosen]
        return _fisher_means(np.stack(rhos, axis=1), np.stack(drawn, axis=1).astype(np.int64))

    def error(times: Counts) -> Floats:
        means: Floats = times @ errors / times.sum(axis=1)
        return means

    errors_known = bool(np.isfinite(errors).all())
    all_rows = np.ones((1, len(one)), np.int64)
    interval = partial(clustered_interval, performers)
    return SkillScores(
        name=name,
        n=len(one),
        n_performers=len(set(performers)),
        rho=float(rho(all_rows)[0]),
        rho_interval=interval(rho),
        r_l2=float(error(all_rows)[0]) if errors_known else None,
        r_l2_interval=interval(error) if errors_known else None,
    )
