"""How sure a score is: bootstrap intervals and sign-flip tests over pairs of videos, exact tests over rows.

The rows of one pair share its videos, so they are not independent: resampling draws whole pairs (a cluster bootstrap),
and draws them within each split, because the splits of a benchmark are fixed. A score is a ratio of sums over rows, so
one sum for each pair is all that a resample needs: its cost is linear in pairs, whatever the number of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viddiff.core.record import Record, Share

N_RESAMPLES = 2000
#: Rows of all resamples that are in memory at once.
_MOST_DRAWN = 4_000_000
LEVEL = 0.95
#: Draws held at once, so that memory stays flat whatever the number of pairs.
_MAX_CELLS = 1 << 20
#: Up to so many clusters that differ, all 2**n assignments of signs are counted.
_MAX_COUNTED = 12
#: Below this, two numbers differ by rounding alone.
_ROUNDING = 1e-9

Sums = NDArray[np.float64]
#: From sums over rows of each split, (R, S, K), to one number for each resample, (R,).
Statistic = Callable[[Sums], Sums]


class Interval(Record):
    """A percentile bootstrap interval over ``n_clusters`` pairs; where those do not differ, an exact one."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""
    n_clusters: int
    """Pairs, or videos, that were drawn from."""
    level: float = LEVEL
    """Share of resamples inside."""


class Bin(Record):
    """Answers whose confidence lies in ``[low, high)``; the last bin holds 1.0 too."""

    low: Share
    """Lower end of confidence."""
    high: Share
    """Upper end of confidence."""
    n: int
    """Rows that are counted."""
    confidence: Share | None
    """None where the bin is empty."""
    accuracy: Share | None
    """Share that is right; None: no answers."""


class Reliability(Record):
    """Whether confidence means what it says: ``ece`` is the mean |accuracy - confidence| over bins, weighted by n."""

    n: int
    """Answers with a confidence."""
    ece: Share
    """Expected calibration error."""
    bins: tuple[Bin, ...]
    """Ten bins of confidence."""


def cluster_sums(clusters: Sequence[Hashable], values: ArrayLike) -> Sums:
    """Sums of the rows of each cluster, (C, K), in the order of first appearance; ``values`` is (N, K)."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(clusters):
        raise ValueError(f"values must be ({len(clusters)}, K), not {rows.shape}")
    index: dict[Hashable, int] = {}
    of_row = np.fromiter((index.setdefault(cluster, len(index)) for cluster in clusters), np.int64, len(clusters))
    sums = np.zeros((len(index), rows.shape[1]))
    np.add.at(sums, of_row, rows)
    return sums


def resample_sums(strata: Sequence[Sums], n_resamples: int = N_RESAMPLES, seed: int = 0) -> Sums:
    """Sums over clusters drawn with replacement within each stratum, (R, S, K).

    Args:
        strata: S arrays of cluster sums, (C_s, K).
        n_resamples: R.
        seed: the same seed gives the same draws.
    """
    rng = np.random.default_rng(seed)
    resampled = np.empty((n_resamples, len(strata), strata[0].shape[1]))
    for s, sums in enumerate(strata):
        step = max(1, _MAX_CELLS // max(1, sums.size))
        for start in range(0, n_resamples, step):
            stop = min(start + step, n_resamples)
            picks = rng.integers(0, len(sums), size=(stop - start, len(sums)))
            resampled[start:stop, s] = sums[picks].sum(axis=1)
    return resampled


def micro_average(sums: Sums) -> Sums:
    """Column 0 over column 1, all strata together: the micro average. (R, S, K) -> (R,). Every cluster has rows."""
    total = sums.sum(axis=1)
    ratio: Sums = total[:, 0] / total[:, 1]
    return ratio


def macro_average(sums: Sums) -> Sums:
    """The unweighted mean over strata of column 0 over column 1: the macro average. (R, S, K) -> (R,)."""
    mean: Sums = (sums[:, :, 0] / sums[:, :, 1]).mean(axis=1)
    return mean


def interval(
    strata: Sequence[Sums],
    statistic: Statistic = micro_average,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval | None:
    """The 95 % interval of a statistic of cluster sums; None where a stratum has a single cluster, or there is none.

    Where every resample comes to the same number, as where all rows are right, the bootstrap is sure of it however few
    clusters there are. Then the interval is as wide as clusters that were not seen allow.

    Args:
        strata: S arrays of cluster sums, (C_s, K).
        statistic: of resampled sums.
        n_resamples, seed: of the bootstrap.
        bounds: least and greatest value of the statistic.
    """
    if not strata or min(len(sums) for sums in strata) < 2:
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(statistic(resample_sums(strata, n_resamples, seed)), [tail, 1 - tail])
    n_clusters = sum(map(len, strata))
    if high - low < _ROUNDING:
        # A mean over strata is no surer than its smallest stratum.
        n = len(strata) * min(map(len, strata)) if statistic is macro_average else n_clusters
        share = unseen_share(n)
        low, high = low - share * (low - bounds[0]), high + share * (bounds[1] - high)
    return Interval(low=float(low), high=float(high), n_clusters=n_clusters)


def clustered_interval(
    clusters: Sequence[Hashable],
    statistic: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """The 95 % interval of a statistic that is no ratio of sums, e.g. a rank correlation, by whole clusters.

    Args:
        clusters: (N,) what each row belongs to, e.g. who performs it.
        statistic: of how often each row was drawn (R, N), for each of the R resamples.
        n_resamples, seed: of the bootstrap.

    Returns:
        None where there is a single cluster, or none.
    """
    numbers: dict[Hashable, int] = {}
    owners = [numbers.setdefault(cluster, len(numbers)) for cluster in clusters]
    n = len(numbers)
    if n < 2:
        return None
    drawn = np.random.default_rng(seed).integers(0, n, (n_resamples, n))
    found = []
    for part in np.array_split(drawn, math.ceil(n_resamples * len(owners) / _MOST_DRAWN)):
        places = part + n * np.arange(len(part))[:, None]
        times = np.bincount(places.ravel(), minlength=part.size).reshape(part.shape)
        found.append(statistic(times[:, owners]))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(found), [tail, 1 - tail])
    return Interval(low=float(low), high=float(high), n_clusters=n)


def unseen_share(n_clusters: int) -> float:
    """The largest share of clusters of another kind than all of ``n_clusters`` are, at the level of one tail.

    For a share of 0 or 1 that makes the interval of Clopper and Pearson (1934) over clusters.
    """
    return float(1 - ((1 - LEVEL) / 2) ** (1 / n_clusters))


def sign_flip_p_value(gains: ArrayLike, n_resamples: int = N_RESAMPLES, seed: int = 0) -> float | None:
    """Two-sided sign-flip test that paired gains are as likely lost; None where there are fewer than two clusters.

    If two programs are equally good, each cluster's gain could as well have had the other sign. The p-value is the
    share of assignments of signs whose sum is as far from zero as the one seen. With few clusters all are counted, so
    that it is exact and never below 2 / 2**n; with more, ``n_resamples`` are drawn, and the one seen is one of them.

    Args:
        gains: the sum of the gains of each cluster, (C,).
        n_resamples, seed: of the draws.
    """
    sums = np.asarray(gains, dtype=np.float64)
    if len(sums) < 2:
        return None
    # A sum of zero has no sign.
    sums = sums[np.abs(sums) > _ROUNDING]
    n = len(sums)
    counted = n <= _MAX_COUNTED
    if counted:
        flips = np.arange(2**n)[:, None] >> np.arange(n) & 1
    else:
        flips = np.random.default_rng(seed).integers(0, 2, size=(n_resamples, n))
    totals = np.abs((1 - 2 * flips) @ sums)
    n_as_far = int(np.count_nonzero(totals >= abs(sums.sum()) - _ROUNDING))
    return n_as_far / len(totals) if counted else (n_as_far + 1) / (n_resamples + 1)


def binomial_p_value(n_correct: int, n: int) -> float | None:
    """Exact two-sided binomial test against one half; None where there are no rows."""
    if n == 0:
        return None
    # Not binomtest, for scipy.stats takes three times as long to import, which every evaluation would wait for.
    from scipy.special import bdtr

    # At one half both tails are alike.
    return min(1.0, 2 * float(bdtr(min(n_correct, n - n_correct), n, 0.5)))


def mcnemar_p_value(n_only_first: int, n_only_second: int) -> float | None:
    """Exact McNemar test on the rows that only one of two runs has right; None where there are none."""
    return binomial_p_value(n_only_first, n_only_first + n_only_second)


#: Bins of confidence.
_N_BINS = 10


def reliability(confidences: ArrayLike, correct: ArrayLike) -> Reliability | None:
    """Expected calibration error over ten bins of equal width (Naeini et al., 2015); None without rows.

    Args:
        confidences: (N,) in [0, 1].
        correct: (N,) bool.
    """
    confidence, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if confidence.shape != right.shape or confidence.ndim != 1:
        raise ValueError(f"confidences {confidence.shape} and correct {right.shape} must both be (N,)")
    if not len(confidence):
        return None
    edges = np.linspace(0, 1, _N_BINS + 1)
    of_row = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, _N_BINS - 1)
    counts = np.bincount(of_row, minlength=_N_BINS)
    sums = [np.bincount(of_row, weights, _N_BINS) for weights in (confidence, right)]
    bins = tuple(
        Bin(
            low=float(edges[b]),
            high=float(edges[b + 1]),
            n=int(counts[b]),
            confidence=_share(sums[0][b], counts[b]),
            accuracy=_share(sums[1][b], counts[b]),
        )
        for b in range(_N_BINS)
    )
    ece = float(np.abs(sums[1] - sums[0]).sum() / len(confidence))
    return Reliability(n=len(confidence), ece=min(ece, 1.0), bins=bins)


def _share(part: float, total: int) -> float | None:
    return min(float(part / total), 1.0) if total else None
