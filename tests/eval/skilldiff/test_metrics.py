"""The metrics equal hand-written definitions and published averages."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from viddiff.eval.skilldiff.baseline import length_only
from viddiff.eval.skilldiff.metrics import fisher_mean, overlap, r_l2, skill_scores, spearman
from viddiff.eval.statistics import clustered_interval


def test_rank_correlation_is_that_of_scipy_also_with_ties() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        told, true = rng.integers(0, 5, (2, 12))
        assert spearman(told, true) == pytest.approx(spearmanr(told, true).statistic, abs=1e-12)
    assert spearman([1, 1, 1], [1, 2, 3]) == 0


@pytest.mark.parametrize(
    ("rhos", "printed"),
    [
        # Rows of AQA-7 in the literature: the average is Fisher's. TSA-Net (ACM MM 2021), table 1.
        ([0.8379, 0.8004, 0.6657, 0.6962, 0.9493, 0.9334], 0.8476),
        # USDL (CVPR 2020), table 1.
        ([0.8099, 0.7570, 0.6538, 0.7109, 0.9166, 0.8878], 0.8102),
    ],
)
def test_the_mean_over_classes_is_the_printed_one(rhos: list[float], printed: float) -> None:
    assert fisher_mean(rhos) == pytest.approx(printed, abs=5e-5)
    assert np.mean(rhos) < printed - 0.01


def test_error_order_and_place() -> None:
    assert r_l2([1, 2], [5, 5]) is None
    assert overlap([1, 1, 0], [0, 1, 1]) == 0.5
    assert overlap([2, 4], [1, 2]) == pytest.approx(1)
    assert overlap([0, 0], [1, 2]) == 0


def test_scores_have_intervals_by_performer() -> None:
    rng = np.random.default_rng(1)
    true = rng.random(60)
    told = true + 0.3 * rng.standard_normal(60)
    alone = skill_scores("x", told, true, [str(i) for i in range(60)], ["a"] * 60)
    few = skill_scores("x", told, true, [str(i % 4) for i in range(60)], ["a"] * 60)
    assert alone.rho == few.rho == pytest.approx(spearman(told, true))
    assert alone.rho_interval is not None
    assert alone.rho_interval.low < alone.rho < alone.rho_interval.high
    assert few.n_performers == 4
    assert skill_scores("x", told, true, ["one"] * 60, ["a"] * 60).rho_interval is None
    kinds = ["a", "b"] * 30
    both = skill_scores("x", told, true, [str(i) for i in range(60)], kinds)
    assert both.rho == pytest.approx(fisher_mean([spearman(told[i::2], true[i::2]) for i in (0, 1)]))
    with pytest.raises(ValueError, match="one length"):
        skill_scores("x", told, true[:3], ["a"] * 60, kinds)


def test_an_interval_draws_whole_clusters() -> None:
    seen: list[tuple[int, ...]] = []

    def statistic(times: np.ndarray) -> np.ndarray:
        seen.extend(map(tuple, times.tolist()))
        return np.asarray(times[:, 0] / times.sum(axis=1))

    assert clustered_interval(["a", "b", "a"], statistic, n_resamples=50) is not None
    assert len(seen) == 50
    assert set(seen) == {(2, 0, 2), (1, 1, 1), (0, 2, 0)}


def test_the_interval_of_a_correlation_is_that_of_every_resample_alone() -> None:
    rng = np.random.default_rng(2)
    told, true = rng.integers(0, 6, (2, 30))
    performers, kinds = rng.integers(0, 9, 30).tolist(), np.array(["a"] * 26 + ["b"] * 4)
    interval = skill_scores("x", told, true, performers, kinds.tolist()).rho_interval

    def statistic(times: np.ndarray) -> np.ndarray:
        drawn = [np.repeat(np.arange(30), row) for row in times]
        rhos = [[spearman(told[i], true[i]) for k in "ab" if len(i := rows[kinds[rows] == k])] for rows in drawn]
        return np.array([fisher_mean(row) for row in rhos])

    alone = clustered_interval(performers, statistic)
    assert interval is not None
    assert alone is not None
    assert (interval.low, interval.high) == pytest.approx((alone.low, alone.high), abs=1e-9)


def test_length_alone_is_a_line_for_each_activity() -> None:
    told = length_only([1, 2, 3, 1, 2], [10, 20, 30, 5, 5], ["up"] * 3 + ["flat"] * 2, [4, 4, 4], ["up", "flat", "new"])
    assert told.tolist() == pytest.approx([40, 5, 14])
