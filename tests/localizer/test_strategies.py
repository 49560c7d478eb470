"""Strategies give half-open frame intervals, one for each stage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import viddiff
from viddiff.core.errors import UsageError
from viddiff.localizer import strategies
from viddiff.localizer.localizer import Localizer

if TYPE_CHECKING:
    from viddiff.video.loaded import LoadedVideo


@given(st.integers(1, 12), st.integers(1, 40))
def test_uniform_tiles_the_clip_with_lengths_that_differ_by_one(n_stages: int, n_frames: int) -> None:
    intervals = strategies.uniform(n_stages, n_frames)
    lengths = intervals[:, 1] - intervals[:, 0]
    assert intervals[0, 0] == 0
    assert intervals[-1, 1] == n_frames
    assert (intervals[1:, 0] == intervals[:-1, 1]).all()
    assert lengths.max() - lengths.min() <= 1


def test_intervals_of_a_path_and_of_skipped_stages() -> None:
    path = np.array([0, 0, 1, 3, 3])
    assert strategies.intervals_of(path, 5).tolist() == [[0, 2], [2, 3], [3, 3], [3, 5], [5, 5]]


def test_argmax_takes_each_best_frame_in_no_order() -> None:
    similarity = np.array([[0.1, 0.9, 0.2], [0.8, 0.1, np.nan], [np.nan, np.nan, 0.0]])
    assert strategies.argmax(similarity).tolist() == [[1, 2], [0, 1], [2, 3]]


def test_viterbi_tiles_the_clip() -> None:
    similarity = np.repeat(np.eye(3), 4, axis=1)
    assert strategies.viterbi(similarity).tolist() == [[0, 4], [4, 8], [8, 12]]


@pytest.mark.parametrize("seed", [0, 7])
def test_random_is_the_same_for_a_seed_and_stays_inside(seed: int) -> None:
    first, second = strategies.random(50, 9, seed), strategies.random(50, 9, seed)
    assert first.tolist() == second.tolist()
    assert first.min() >= 0
    assert first.max() <= 9
    assert len(set(first[:, 0].tolist())) > 3


def test_an_unknown_localizer_is_said_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"^There is no localizer 'viterby': choose one of viterbi, argmax, "):
        Localizer("viterby")
    with pytest.raises(UsageError, match="There is no localizer 'magic'"):
        viddiff.compare("a.mp4", "b.mp4", action="squat", settings=viddiff.Settings(localizer="magic"))


def test_a_localizer_of_ones_own_is_one_function() -> None:
    with strategies.STRATEGIES.temporary():

        @strategies.strategy("halves")
        def halves(evidence: strategies.Evidence) -> strategies.Intervals:
            return strategies.uniform(evidence.n_stages, evidence.n_frames // 2)

        evidence = strategies.Evidence(2, cast("LoadedVideo", SimpleNamespace(sequence=range(8))))
        assert strategies.STRATEGIES["halves"].find(evidence).tolist() == [[0, 2], [2, 4]]
        with pytest.raises(ValueError, match="there is a localizer 'halves' already"):
            strategies.strategy("halves")(halves)
    assert "halves" not in strategies.STRATEGIES
