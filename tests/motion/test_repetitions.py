"""Repetitions are counted where they are, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.motion.drawn_track import draw, squats
from viddiff.core.arrays import Floats
from viddiff.motion.figure.movements import movements
from viddiff.motion.figure.repetitions import correlation_after, count_repetitions, crossings
from viddiff.motion.figure.tracking import track_figure


def plain_crossings(times_s: Floats, signal: Floats) -> list[float]:
    """The same by a state machine."""
    low, high = np.percentile(signal, (5, 95))
    state, found = 0, []
    for time_s, value in zip(times_s, (signal - low) / (high - low), strict=True):
        now = 1 if value > 0.65 else -1 if value < 0.35 else state
        if state and now != state:
            found.append(float(time_s))
        state = now
    return found


@pytest.mark.parametrize("seed", range(8))
def test_crossings_are_those_of_a_state_machine(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times_s = np.arange(200) / 12
    signal = np.cumsum(rng.normal(size=200))
    assert crossings(times_s, signal).tolist() == plain_crossings(times_s, signal)


@pytest.mark.parametrize(
    ("count", "period_s", "between_s"), [(2, 1.6, 0.0), (3, 2.0, 0.0), (5, 1.0, 0.0), (4, 1.2, 0.8), (9, 0.5, 0.0)]
)
def test_drawn_squats_are_counted(count: int, period_s: float, between_s: float) -> None:
    track = track_figure(draw(*squats(count, period_s, between_s=between_s)))
    ((start_s, *_), *_) = moving = movements(track.times_s, track.energy).tolist()
    active = (track.times_s >= start_s) & (track.times_s <= moving[-1][1])
    found = count_repetitions(track.times_s[active], track.pose[active])
    assert found.count == count
    assert found.turns == 2 * count
    assert found.period_s == pytest.approx(period_s + between_s, abs=2 / 12 / (count - 1))


def test_one_squat_is_not_periodic() -> None:
    track = track_figure(draw(*squats(1, 2.0)))
    found = count_repetitions(track.times_s, track.pose)
    assert (found.count, found.period_s, found.turns) == (None, None, 2)


def test_uneven_movements_are_not_repetitions() -> None:
    times_s = np.arange(180) / 12
    edges_s = np.array([1, 1.4, 2, 5, 5.3, 9, 13, 13.4])
    signal = (np.searchsorted(edges_s, times_s) % 2).astype(float)
    assert count_repetitions(times_s, signal).count is None


@pytest.mark.parametrize("signal", [np.zeros(50), np.ones(3), np.zeros(0), np.arange(50) * 1.0])
def test_flat_short_or_rising_signals_have_no_repetitions(signal: Floats) -> None:
    assert count_repetitions(np.arange(len(signal)) / 12, signal).count is None


def test_too_fast_for_the_frames_is_not_counted() -> None:
    times_s = np.arange(120) / 12
    assert count_repetitions(times_s, np.tile([0.0, 1.0], 60)).count is None


def test_correlation_is_that_of_a_shift_by_frames() -> None:
    times_s = np.arange(60) / 12
    signal = np.random.default_rng(3).random(60)
    plain = np.corrcoef(signal[:-6], signal[6:])[0, 1]
    assert correlation_after(times_s, signal[:, None], 0.5) == pytest.approx(plain)
    assert correlation_after(times_s, np.ones((60, 1)), 0.5) == 0.0


def test_a_pose_that_comes_back_after_two_periods_of_its_strongest_part_is_not_counted() -> None:
    """Arms at the sides and overhead look alike to the strongest component; the rest of the pose tells them apart."""
    times_s = np.arange(72) / 12
    strongest, other = np.cos(2 * np.pi * times_s / 0.75), np.cos(2 * np.pi * times_s / 1.5)
    assert count_repetitions(times_s, strongest).count is not None
    assert count_repetitions(times_s, np.stack([strongest, 0.8 * other], axis=1)).count is None
    assert count_repetitions(times_s, np.stack([strongest, 0.8 * strongest], axis=1)).count is not None
