"""Intervals and tests against plain twins, known cases and independent formulas."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom  # type: ignore[import-untyped,unused-ignore]  # scipy ships no types

from viddiff.eval import statistics


@given(st.integers(1, 60), st.data())
@settings(max_examples=60, deadline=None)
def test_binomial_is_the_sum_of_all_outcomes_no_likelier_than_the_one_seen(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    ways = [math.comb(n, i) for i in range(n + 1)]
    expected = sum(way for way in ways if way <= ways[k]) / 2**n
    assert statistics.binomial_p_value(k, n) == pytest.approx(expected)


def test_binomial_on_the_published_scale() -> None:
    # Twice a point mass, as the published p-values are, would be 0.05 for 59 of 100.
    assert statistics.binomial_p_value(59, 100) == pytest.approx(0.0886, abs=1e-4)
    assert statistics.binomial_p_value(0, 0) is None


def test_mcnemar_against_the_textbook_sum() -> None:
    n_first, n_second = 9, 2
    tail = sum(math.comb(11, i) for i in range(3)) / 2**11
    assert statistics.mcnemar_p_value(n_first, n_second) == pytest.approx(2 * tail)
    assert statistics.mcnemar_p_value(2, 9) == statistics.mcnemar_p_value(9, 2)
    assert statistics.mcnemar_p_value(0, 0) is None


def plain_draws(strata: list[list[list[tuple[float, float]]]], n_resamples: int, seed: int) -> list[list[list[float]]]:
    """Rows of drawn clusters added up one by one; strata -> clusters -> rows of (part, whole)."""
    rng = np.random.default_rng(seed)
    picked = [rng.integers(0, len(clusters), size=(n_resamples, len(clusters))) for clusters in strata]
    draws = []
    for r in range(n_resamples):
        sums = []
        for clusters, picks in zip(strata, picked, strict=True):
            rows = [row for pick in picks[r] for row in clusters[pick]]
            sums.append([sum(row[0] for row in rows), sum(row[1] for row in rows)])
        draws.append(sums)
    return draws


def random_strata(seed: int, sizes: tuple[int, ...] = (7, 12, 5)) -> list[list[list[tuple[float, float]]]]:
    rng = random.Random(seed)
    return [[[(float(rng.random() < 0.6), 1.0) for _ in range(rng.randint(1, 9))] for _ in range(n)] for n in sizes]


def summed(strata: list[list[list[tuple[float, float]]]]) -> list[Any]:
    return [
        statistics.cluster_sums(
            [c for c, rows in enumerate(clusters) for _ in rows], [row for rows in clusters for row in rows]
        )
        for clusters in strata
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_bootstrap_equals_its_plain_twin(seed: int) -> None:
    strata = random_strata(seed)
    fast = statistics.resampled_sums(summed(strata), 200, seed)
    slow = np.array(plain_draws(strata, 200, seed))
    np.testing.assert_array_equal(fast, slow)
    micro = [sum(part for part, _ in draw) / sum(whole for _, whole in draw) for draw in slow]
    macro = [sum(part / whole for part, whole in draw) / len(strata) for draw in slow]
    np.testing.assert_allclose(statistics.pooled(fast), micro)
    np.testing.assert_allclose(statistics.averaged(fast), macro)


def test_drawing_in_small_steps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = summed(random_strata(4))
    whole = statistics.resampled_sums(sums[:1], 300, 1)
    monkeypatch.setattr(statistics, "_MAX_CELLS", 64)
    np.testing.assert_array_equal(statistics.resampled_sums(sums[:1], 300, 1), whole)


@pytest.mark.parametrize(("n", "p"), [(40, 0.5), (100, 0.7), (549, 0.55)])
def test_a_known_case_pairs_of_one_row_follow_the_binomial_distribution(n: int, p: float) -> None:
    right = round(n * p)
    sums = statistics.cluster_sums(range(n), [(i < right, 1) for i in range(n)])
    found = statistics.interval([sums], n_resamples=20_000)
    assert found is not None
    # The bootstrap of n independent rows is Binomial(n, right / n) / n, whose quantiles are known.
    assert found.low == pytest.approx(binom.ppf(0.025, n, right / n) / n, abs=1.01 / n)
    assert found.high == pytest.approx(binom.ppf(0.975, n, right / n) / n, abs=1.01 / n)
    assert found.n_clusters == n


def test_rows_that_repeat_within_a_pair_add_no_certainty() -> None:
    once = statistics.cluster_sums(range(30), [(i % 3 > 0, 1) for i in range(30)])
    pairs = [pair for pair in range(30) for _ in range(8)]
    eight_times = statistics.cluster_sums(pairs, [(pair % 3 > 0, 1) for pair in pairs])
    assert statistics.interval([once]) == statistics.interval([eight_times])
    independent = statistics.interval([statistics.cluster_sums(range(240), [(p % 3 > 0, 1) for p in pairs])])
    clustered = statistics.interval([eight_times])
    assert independent is not None
    assert clustered is not None
    assert independent.high - independent.low < 0.6 * (clustered.high - clustered.low)


def test_coverage_of_the_interval_is_near_its_level() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        # Pairs with their own difficulty, five rows each; the mean over pairs is 0.6.
        rates = rng.beta(3, 2, size=80)
        rows = rng.random((80, 5)) < rates[:, None]
        sums = np.column_stack([rows.sum(axis=1), np.full(80, 5)]).astype(float)
        found = statistics.interval([sums], n_resamples=400, seed=trial)
        assert found is not None
        covered += found.low <= 0.6 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_an_interval_needs_two_pairs_in_every_split() -> None:
    one, two = np.array([[1.0, 2.0]]), np.array([[1.0, 2.0], [2.0, 2.0]])
    assert statistics.interval([]) is None
    assert statistics.interval([two, one]) is None
    assert statistics.interval([two, two]) is not None


def test_the_same_seed_gives_the_same_interval() -> None:
    sums = summed(random_strata(5))
    assert statistics.interval(sums, seed=3) == statistics.interval(sums, seed=3)
    assert statistics.interval(sums, seed=3) != statistics.interval(sums, seed=4)


def test_cluster_sums_are_in_order_of_appearance_and_check_shapes() -> None:
    sums = statistics.cluster_sums(["y", "x", "y"], [(1, 1), (0, 1), (1, 1)])
    np.testing.assert_array_equal(sums, [[2, 2], [0, 1]])
    with pytest.raises(ValueError, match=r"\(2, K\)"):
        statistics.cluster_sums(["y", "x"], [(1, 1)])


def test_the_bootstrap_p_value_counts_the_smaller_side_twice() -> None:
    draws = np.array([0.1] * 97 + [-0.1, -0.2])
    assert statistics.p_value_of_zero(draws) == pytest.approx(2 * 3 / 100)
    assert statistics.p_value_of_zero(np.zeros(99)) == 1.0
    assert statistics.p_value_of_zero(np.full(99, 0.3)) == pytest.approx(0.02)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
@settings(max_examples=60, deadline=None)
def test_reliability_equals_its_plain_twin(answers: list[tuple[float, bool]]) -> None:
    found = statistics.reliability([c for c, _ in answers], [right for _, right in answers])
    assert found is not None
    edges = [float(edge) for edge in np.linspace(0, 1, 11)]
    ece = 0.0
    for b, one in enumerate(found.bins):
        inside = [(c, r) for c, r in answers if edges[b] <= c < edges[b + 1] or (b == 9 and c == 1)]
        assert one.n == len(inside)
        if inside:
            confidence, accuracy = (sum(pair[i] for pair in inside) / len(inside) for i in (0, 1))
            assert one.confidence == pytest.approx(confidence)
            assert one.accuracy == pytest.approx(accuracy)
            ece += len(inside) / len(answers) * abs(accuracy - confidence)
    assert found.ece == pytest.approx(ece)


def test_reliability_of_a_perfect_and_of_a_boastful_model() -> None:
    perfect = statistics.reliability([0.75] * 4, [True, True, True, False])
    boastful = statistics.reliability([1.0] * 4, [True, True, False, False])
    assert perfect is not None
    assert boastful is not None
    assert perfect.ece == pytest.approx(0)
    assert boastful.ece == pytest.approx(0.5)
    assert statistics.reliability([], []) is None
