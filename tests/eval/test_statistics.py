"""Intervals and tests against plain twins, known cases and independent formulas."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest  # type: ignore[import-untyped,unused-ignore]  # scipy ships no types

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
    fast = statistics.resample_sums(summed(strata), 200, seed)
    slow = np.array(plain_draws(strata, 200, seed))
    np.testing.assert_array_equal(fast, slow)
    micro = [sum(part for part, _ in draw) / sum(whole for _, whole in draw) for draw in slow]
    macro = [sum(part / whole for part, whole in draw) / len(strata) for draw in slow]
    np.testing.assert_allclose(statistics.micro_average(fast), micro)
    np.testing.assert_allclose(statistics.macro_average(fast), macro)


def test_drawing_in_small_steps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = summed(random_strata(4))
    whole = statistics.resample_sums(sums[:1], 300, 1)
    monkeypatch.setattr(statistics, "_MAX_CELLS", 64)
    np.testing.assert_array_equal(statistics.resample_sums(sums[:1], 300, 1), whole)


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


@pytest.mark.parametrize("n", [2, 5, 20, 100])
@pytest.mark.parametrize("right", [0, 1])
def test_where_all_pairs_are_alike_the_interval_is_that_of_clopper_and_pearson(n: int, right: int) -> None:
    found = statistics.interval([statistics.cluster_sums(range(n), [(right, 1)] * n)])
    expected = binomtest(right * n, n).proportion_ci(method="exact")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_rows_of_one_pair_make_no_interval_narrower_where_all_are_right() -> None:
    five = statistics.cluster_sums(range(5), [(1, 1)] * 5)
    many = statistics.cluster_sums([pair for pair in range(5) for _ in range(40)], [(1, 1)] * 200)
    assert statistics.interval([five]) == statistics.interval([many])


def test_a_mean_of_splits_is_no_surer_than_its_smallest_split() -> None:
    large, small = (statistics.cluster_sums(range(n), [(1, 1)] * n) for n in (100, 2))
    found = statistics.interval([large, small], statistics.macro_average)
    pooled = statistics.interval([large, small], statistics.micro_average)
    assert found is not None
    assert pooled is not None
    assert found.low == pytest.approx(0.025 ** (1 / 4))
    assert pooled.low == pytest.approx(0.025 ** (1 / 102))


def test_a_difference_of_zero_in_every_pair_is_not_sure_to_be_zero() -> None:
    found = statistics.interval([statistics.cluster_sums(range(5), [(0, 1)] * 5)], bounds=(-1, 1))
    assert found is not None
    share = 1 - 0.025 ** (1 / 5)
    assert (found.low, found.high) == pytest.approx((-share, share))


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=9))
@settings(max_examples=60, deadline=None)
def test_the_sign_flip_test_counts_every_assignment_of_signs(gains: list[int]) -> None:
    seen = abs(sum(gains))
    totals = [abs(sum(sign * gain for sign, gain in zip(signs, gains, strict=True))) for signs in signs_of(len(gains))]
    expected = sum(total >= seen for total in totals) / len(totals)
    found = statistics.sign_flip_p_value(gains)
    assert found == pytest.approx(expected)
    assert found >= 2 / 2 ** len(gains)


def signs_of(n: int) -> list[tuple[int, ...]]:
    return list(itertools.product((1, -1), repeat=n))


def test_two_clusters_prove_nothing_and_one_is_not_tested() -> None:
    assert statistics.sign_flip_p_value([0.3, 0.5]) == 0.5
    assert statistics.sign_flip_p_value([0.0, 0.0]) == 1
    assert statistics.sign_flip_p_value([0.3]) is None
    assert statistics.sign_flip_p_value([]) is None


def test_with_many_clusters_signs_are_drawn_and_agree_with_the_exact_test(monkeypatch: pytest.MonkeyPatch) -> None:
    gains = [1.0, 1, 1, 1, 1, 1, 1, -1, -1, 0.5]
    exact = statistics.sign_flip_p_value(gains)
    monkeypatch.setattr(statistics, "_MAX_COUNTED", 3)
    drawn = statistics.sign_flip_p_value(gains, n_resamples=20_000)
    assert drawn == pytest.approx(exact, abs=0.01)
    assert statistics.sign_flip_p_value(np.full(30, 0.3), 99) == pytest.approx(0.01)


def test_equal_programs_are_told_apart_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(0)
    found = [statistics.sign_flip_p_value(rng.normal(size=8) * rng.integers(1, 5, size=8)) for _ in range(400)]
    assert 0.02 <= np.mean([p is not None and p <= 0.05 for p in found]) <= 0.075


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
