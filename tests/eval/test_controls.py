"""Controls, two runs side by side, and localisation against key moments."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.eval.scored import answer, sample
from viddiff.core.errors import InputError
from viddiff.core.types import Answer, Localization, Segment
from viddiff.eval import statistics
from viddiff.eval.viddiffbench.controls import (
    compare_items,
    false_alarms,
    localization_error,
    locate_key_moments,
    swap_consistency,
)
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.scored_items import ScoredItem, closed_items

PAIR = sample("p0", {"0": "a", "1": "b", "2": "c"})


def test_swap_consistency_is_in_the_terms_of_what_was_shown() -> None:
    rows = [answer(PAIR, "0", "a"), answer(PAIR, "1", "a"), answer(PAIR, "2", None, "failed")]
    swapped = [answer(PAIR, "0", "b", label="b"), answer(PAIR, "1", "a", label="a"), answer(PAIR, "2", "c")]
    found = swap_consistency(rows, swapped)
    assert (found.n, found.n_hits, found.share, found.n_unanswered) == (2, 1, 0.5, 1)
    assert swap_consistency(rows, []).share is None
    with pytest.raises(InputError, match="under --swap-videos"):
        swap_consistency(rows, rows)


def test_false_alarms_are_differences_between_a_video_and_itself() -> None:
    rows = [answer(PAIR, "0", "a", label="c"), answer(PAIR, "1", "c", label="c"), answer(PAIR, "2", None, "refused")]
    found = false_alarms(rows)
    assert (found.n, found.n_hits, found.share, found.n_unanswered) == (2, 1, 0.5, 1)
    assert found.interval is None


def items(samples: list[Sample], rate: float, seed: int) -> list[ScoredItem]:
    rng = random.Random(seed)
    other: dict[Answer, Answer] = {"a": "b", "b": "a", "c": "c"}
    return closed_items(
        samples,
        [
            answer(pair, key, label if rng.random() < rate else other[label])
            for pair in samples
            for key, label in pair.labels.items()
        ],
    )


def many(n: int) -> list[Sample]:
    return [
        sample(f"p{i}", {"0": "a", "1": "b", "2": "a", "3": "c"}, split="easy" if i % 3 else "hard") for i in range(n)
    ]


def test_two_runs_that_differ_and_two_that_do_not() -> None:
    samples = many(120)
    good, fair, twin = (items(samples, rate, seed) for rate, seed in ((0.75, 1), (0.5, 2), (0.75, 1)))
    every, easy, hard = compare_items(good, fair)
    assert (every.name, easy.name, hard.name) == ("all", "hard", "easy")
    assert (every.n, every.n_pairs) == (360, 120)
    assert every.difference == pytest.approx(every.first - every.second)
    assert every.difference == pytest.approx((every.n_only_first - every.n_only_second) / every.n)
    assert every.interval is not None
    assert every.interval.low < every.difference < every.interval.high
    assert every.p_value is not None
    assert every.mcnemar_p_value is not None
    assert every.p_value < 0.01
    assert every.mcnemar_p_value < 0.01
    same = compare_items(good, twin)[0]
    assert (same.difference, same.p_value, same.mcnemar_p_value) == (0, 1, None)


def test_the_paired_bootstrap_equals_its_plain_twin() -> None:
    samples = [pair.model_copy(update={"split": "easy"}) for pair in many(25)]
    first, second = items(samples, 0.7, 3), items(samples, 0.6, 4)
    [found] = compare_items(first, second, n_resamples=300, seed=7)
    by_pair: dict[str, list[int]] = {}
    for one, other in zip(first, second, strict=True):
        if one.label != "c":
            gain = int(one.outcome == "correct") - int(other.outcome == "correct")
            by_pair.setdefault(one.sample_key, []).append(gain)
    gains = list(by_pair.values())
    draws = []
    for picks in np.random.default_rng(7).integers(0, 25, size=(300, 25)):
        rows = [gain for pick in picks for gain in gains[pick]]
        draws.append(sum(rows) / len(rows))
    assert found.interval is not None
    assert found.interval.low == pytest.approx(float(np.quantile(draws, 0.025)))
    assert found.interval.high == pytest.approx(float(np.quantile(draws, 0.975)))
    assert found.p_value == statistics.sign_flip_p_value([sum(gain) for gain in gains], 300, 7)


def test_runs_on_other_rows_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="do not answer the same questions"):
        compare_items(items(many(4), 1, 0), items(many(3), 1, 0))


LOCALIZATION = Localization(
    side="a",
    strategy="viterbi",
    segments=(
        Segment(stage="down", start_s=2.0, stop_s=4.0),
        Segment(stage="hold", start_s=4.0, stop_s=6.0),
        Segment(stage="up", start_s=6.0, stop_s=12.0),
    ),
)
CLIP_S = (LOCALIZATION.segments[0].start_s, LOCALIZATION.segments[-1].stop_s)


def test_localisation_error_counts_from_the_start_of_the_clip() -> None:
    links = {"0": ("hold",), "1": ("down", "hold"), "2": ("up",), "3": ("gone",), "4": ("up",)}
    key_moments = {"0": (3.0, 9.0), "1": (4.0,), "2": (0.5,), "3": (1.0,), "4": ()}
    found = locate_key_moments(LOCALIZATION, links, key_moments, CLIP_S)
    assert [(one.difference_key, one.error_s, one.error_share, one.hit) for one in found] == [
        ("0", 0.0, 0.0, True),
        ("1", 2.0, 0.2, False),
        ("2", 6.5, 0.65, False),
    ]
    error = localization_error(found)
    assert (error.n, error.median_error_s) == (3, 2.0)
    assert error.mean_error_s == pytest.approx(8.5 / 3)
    assert error.mean_error_share == pytest.approx(0.85 / 3)
    assert error.hit_rate == pytest.approx(1 / 3)


def test_nothing_located_has_no_error() -> None:
    assert locate_key_moments(LOCALIZATION, {}, {"0": (1.0,)}, CLIP_S) == ()
    assert localization_error([]).mean_error_s is None


def test_stages_that_keep_no_order_are_measured_against_the_clip_all_the_same() -> None:
    """argmax and random pick single frames; the share is of the clip, never of what lies between two of them."""
    segments = (Segment(stage="down", start_s=9.0, stop_s=9.5), Segment(stage="up", start_s=1.0, stop_s=1.5))
    localization = Localization(side="a", strategy="argmax", segments=segments)
    (found,) = locate_key_moments(localization, {"0": ("down",)}, {"0": (4.25,)}, (0.0, 10.0))
    assert (found.error_s, found.error_share) == (5.0, 0.5)
