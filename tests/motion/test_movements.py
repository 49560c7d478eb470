"""When something moves, and stages by motion alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.motion.drawn_track import draw, squats
from viddiff.motion.figure.movements import middle_of_three, movements, natural_stages, segment_by_motion
from viddiff.motion.figure.tracking import track_figure

TIMES_S = np.arange(120) / 12


def pulses(*spans_s: tuple[float, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Energy 1 inside the half-open spans; a frame's energy is that since the frame before."""
    energy = np.zeros(len(TIMES_S))
    for start_s, stop_s in spans_s:
        first, stop = np.searchsorted(TIMES_S, (start_s, stop_s), side="right")
        energy[first:stop] = 1.0
    return energy


def test_movements_are_where_the_energy_is() -> None:
    assert movements(TIMES_S, pulses((1, 3), (5, 8))).tolist() == [[1, 3], [5, 8]]


def test_a_short_rest_is_a_turn_and_a_spike_is_nothing() -> None:
    energy = pulses((1, 3), (3.25, 5))
    energy[100] = 5
    assert movements(TIMES_S, energy).tolist() == [[1, 5]]


@pytest.mark.parametrize("energy", [np.zeros(120), np.full(120, np.nan), np.full(120, 1e-6)])
def test_a_still_clip_has_no_movements_and_equal_stages(energy: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    assert movements(TIMES_S, energy).shape == (0, 2)
    assert np.bincount(segment_by_motion(TIMES_S, energy, TIMES_S[::3], 4)).tolist() == [10, 10, 10, 10]


def test_rest_belongs_to_the_ends_and_a_pause_gets_a_stage() -> None:
    frame_times_s = np.arange(40) / 4
    stages = segment_by_motion(TIMES_S, pulses((2, 4), (6, 8)), frame_times_s, 3)
    # Progress is (time share + motion share) / 2 of [2, 8): 1/3 is reached at 3.6 s and 2/3 at 6.4 s.
    assert np.searchsorted(stages, [1, 2]).tolist() == [np.searchsorted(frame_times_s, t) for t in (3.6, 6.4)]


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 12), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_stages_never_decrease_and_all_have_frames(n_stages: int, n_frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    energy = rng.random(120) * (rng.random(120) < 0.3)
    stages = segment_by_motion(TIMES_S, energy, np.sort(rng.random(n_frames)) * 10, n_stages)
    assert stages.dtype == np.int64
    assert stages.shape == (n_frames,)
    assert (np.diff(stages) >= 0).all()
    assert stages[0] == 0
    assert stages.max() < n_stages
    if n_frames >= n_stages:
        assert set(stages.tolist()) == set(range(n_stages))
    else:
        assert len(set(stages.tolist())) == n_frames


def test_stages_of_a_drawn_squat_follow_it() -> None:
    times_s, down = squats(1, 2.0, rest_s=1.5, hold_s=1.0)
    track = track_figure(draw(times_s, down))
    stages = segment_by_motion(track.times_s, track.energy, times_s[::3], 3)
    lowest = down[::3] == 1
    assert set(stages[lowest].tolist()) == {1}
    assert set(stages[times_s[::3] < 1.5].tolist()) == {0}
    assert set(stages[times_s[::3] > 4.6].tolist()) == {2}


def test_natural_stages_name_what_the_motion_shows() -> None:
    track = track_figure(draw(*squats(1, 2.0, rest_s=1.5, hold_s=1.5)))
    stages = natural_stages(track, 7.0)
    assert [stage.stage for stage in stages] == ["start", "movement 1", "pause", "movement 2", "end"]
    edges_s = [stage.start_s for stage in stages] + [stages[-1].stop_s]
    np.testing.assert_allclose(edges_s, [0, 1.5, 2.5, 4.0, 5.0, 7.0], atol=0.2)
    assert all(before.stop_s == after.start_s for before, after in itertools.pairwise(stages))


def test_natural_stages_are_at_most_five() -> None:
    track = track_figure(draw(*squats(4, 1.5, between_s=1.0)))
    assert len(movements(track.times_s, track.energy)) == 4
    assert [stage.stage for stage in natural_stages(track)] == ["start", "movement 1", "pause", "movement 2", "end"]


def test_natural_stages_of_a_still_clip() -> None:
    track = track_figure(draw(*squats(0, 1.0)))
    assert [stage.stage for stage in natural_stages(track)] == ["no movement"]


def test_middle_of_three_is_the_plain_median() -> None:
    values = np.random.default_rng(0).random(20)
    plain = [np.median([values[max(0, i - 1)], values[i], values[min(19, i + 1)]]) for i in range(20)]
    np.testing.assert_array_equal(middle_of_three(values), plain)
