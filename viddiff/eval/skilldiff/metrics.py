"""How well scores are told: rank correlation, error, order of pairs, each with an interval by performer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.record import Record
from viddiff.eval.statistics import Interval, clustered_interval

Floats = NDArray[np.float64]
#: Correlations are taken for no more than this, so that one of 1 does not make a mean infinite.
_MOST_RHO = 1 - 1e-7


class SkillScores(Record):
    """How well a method tells the scores of ``n`` performances."""

    name: str
    n: int
    n_performers: int
    rho: float
    """Spearman's rank correlation within each activity, averaged over them by Fisher's z."""
    rho_interval: Interval | None
    r_l2: float | None
    """Mean squared error in units of the squared range of the true scores; None where they are all the same."""
    r_l2_interval: Interval | None


def spearman(predicted: ArrayLike, true: ArrayLike) -> float:
    """Spearman's rho: Pearson's correlation of ranks, ties at their mean; 0 where one side is constant.

    >>> round(spearman([1, 1, 2, 3], [1, 2, 3, 4]), 6)
    0.948683
    """
    from scipy.stats import rankdata

    one, other = rankdata(predicted), rankdata(true)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def fisher_mean(rhos: Sequence[float]) -> float:
    """The mean of correlations by Fisher's z, as tables on AQA-7 have it; the plain mean is lower.

    >>> round(fisher_mean([0.9, 0.8, 0.7]), 6)
    0.816439
    """
    return float(np.tanh(np.mean(np.arctanh(np.clip(rhos, -_MOST_RHO, _MOST_RHO)))))


def r_l2(predicted: ArrayLike, true: ArrayLike) -> float | None:
    """Mean squared error over the squared range of the true scores; tables print it x 100.

    >>> round(r_l2([10, 20, 30], [12, 18, 33]), 6)
    0.01285
    """
    one, other = np.asarray(predicted, dtype=np.float64), np.asarray(true, dtype=np.float64)
    span = float(np.ptp(other))
    return float(np.mean(((one - other) / span) ** 2)) if span else None


def pairwise_accuracy(better: ArrayLike, worse: ArrayLike) -> float:
    """Share of pairs whose better one was scored higher; equal scores are wrong."""
    return float(np.mean(np.asarray(better) > np.asarray(worse)))


def overlap(predicted: ArrayLike, true: ArrayLike) -> float:
    """Of deductions by segment the share that is told in the right place: sum of the minima of the two shares.

    0 where nothing is told, or nothing was deducted.
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
    one, other, kinds = (
        np.asarray(predicted, dtype=np.float64),
        np.asarray(true, dtype=np.float64),
        np.asarray(activities),
    )
    if not len(one) or not len(one) == len(other) == len(performers) == len(kinds):
        raise ValueError("scores, performers and activities must be of one length, at least 1")
    ranges = {kind: float(np.ptp(other[kinds == kind])) for kind in np.unique(kinds)}
    errors = np.array([(a - b) / (ranges[kind] or np.nan) for a, b, kind in zip(one, other, kinds, strict=True)]) ** 2

    def rho(rows: NDArray[Any]) -> float:
        rhos = [
            spearman(one[kind_rows], other[kind_rows])
            for kind in np.unique(kinds[rows])
            for kind_rows in (rows[kinds[rows] == kind],)
        ]
        return fisher_mean(rhos)

    def error(rows: NDArray[Any]) -> float:
        return float(np.mean(errors[rows]))

    has_errors = bool(np.isfinite(errors).all())
    whole = np.arange(len(one))
    interval = partial(clustered_interval, performers)
    return SkillScores(
        name=name,
        n=len(one),
        n_performers=len(set(performers)),
        rho=rho(whole),
        rho_interval=interval(rho),
        r_l2=error(whole) if has_errors else None,
        r_l2_interval=interval(error) if has_errors else None,
    )
