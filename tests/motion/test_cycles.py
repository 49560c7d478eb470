"""Repetitions and phases of drawn movements, whose times are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.motion.drawn_figure import pose_of_image, raised, standing, there_and_back
from viddiff.core.arrays import Floats
from viddiff.motion.cycles import cycles_of, hold_of
from viddiff.motion.pose.landmarks import COLUMN


def jitter(image: Floats, sigma: float = 0.001) -> Floats:
    moved: Floats = image + np.random.default_rng(0).normal(0, sigma, image.shape)
    return moved


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0])
@pytest.mark.parametrize(("out_s", "hold_s", "back_s"), [(0.8, 0.6, 0.7), (1.5, 1.0, 1.0), (0.5, 0.3, 0.5)])
def test_times_of_an_action_done_once(fps: float, out_s: float, hold_s: float, back_s: float) -> None:
    times_s = np.arange(round(5 * fps)) / fps
    share = there_and_back(times_s, 1.0, out_s, hold_s, back_s)
    cycles = cycles_of(pose_of_image(jitter(raised(share)), fps))
    (only,) = cycles.repetitions
    assert cycles.main == only
    assert not cycles.cyclic
    assert not cycles.cut_off
    total_s = out_s + hold_s + back_s
    assert only.span.duration_s == pytest.approx(total_s, abs=1 / fps + 0.03 * total_s)
    assert only.start_s == pytest.approx(1.0, abs=1 / fps)
    assert only.hold.duration_s == pytest.approx(hold_s, abs=2 / fps)
    assert 1.0 + out_s - 1 / fps <= only.extreme_s <= 1.0 + out_s + hold_s + 1 / fps


@pytest.mark.parametrize("out_s", [0.6, 0.9])
def test_a_body_whose_legs_move_while_the_arms_are_up_holds_them_up(out_s: float) -> None:
    times_s = np.arange(75) / 15
    image = raised(there_and_back(times_s, 1.0, out_s, 1.2, out_s))
    up_s = times_s - 1.0 - out_s
    legs = [COLUMN[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle", "heel", "foot_index")]
    image[:, legs, 0] += (0.2 * np.sin(2 * np.pi * 1.1 * up_s) * ((up_s > 0) & (up_s < 1.2)))[:, None]
    (only,) = cycles_of(pose_of_image(image, 15)).repetitions
    assert only.hold.duration_s == pytest.approx(1.2, abs=0.2)


@pytest.mark.parametrize("fps", [10.0, 30.0])
@pytest.mark.parametrize("hold_s", [0.0, 0.6, 1.5])
def test_a_quantity_rests_by_its_own_course(fps: float, hold_s: float) -> None:
    times_s = np.arange(round((1.7 + hold_s) * fps) + 1) / fps
    noise = np.random.default_rng(0).normal(0, 0.005, len(times_s))
    hold = hold_of(times_s, 3 + 2 * there_and_back(times_s, 0.0, 0.8, hold_s, 0.9) + noise)
    assert hold.duration_s == pytest.approx(hold_s, abs=2 / fps)
    assert (hold.start_s + hold.stop_s) / 2 == pytest.approx(0.8 + hold_s / 2, abs=1 / fps)


def test_a_quantity_that_does_not_come_back_rests_until_the_end_and_a_still_one_all_the_time() -> None:
    times_s = np.arange(31) / 15
    raised_only = there_and_back(times_s, 0.0, 0.8, 9.0, 1.0)
    hold = hold_of(times_s, raised_only, returns=False)
    assert hold.start_s == pytest.approx(0.8, abs=0.1)
    assert hold.stop_s == 2.0
    assert hold_of(times_s, np.ones(31)).duration_s == 2.0


@pytest.mark.parametrize("count", [2, 3, 7])
@pytest.mark.parametrize("rest_s", [0.0, 0.4])
def test_repetitions_are_counted_with_and_without_a_pause(count: int, rest_s: float) -> None:
    times_s = np.arange(15 * 14) / 15
    share = sum(there_and_back(times_s, 1.0 + k * (1.2 + rest_s), 0.6, 0.0, 0.6) for k in range(count))
    cycles = cycles_of(pose_of_image(jitter(raised(np.asarray(share)))))
    assert len(cycles.repetitions) == count
    assert cycles.cyclic
    for k, repetition in enumerate(cycles.repetitions):
        assert repetition.start_s == pytest.approx(1.0 + k * (1.2 + rest_s), abs=0.1)
        assert repetition.extreme_s == pytest.approx(1.6 + k * (1.2 + rest_s), abs=0.1)
    assert cycles.active is not None
    assert cycles.active.duration_s == pytest.approx(count * 1.2 + (count - 1) * rest_s, rel=0.03, abs=1 / 15)


def test_half_a_repetition_counts_for_nothing() -> None:
    times_s = np.arange(15 * 6) / 15
    share = there_and_back(times_s, 0.8, 0.6, 0.0, 0.6) + 0.4 * there_and_back(times_s, 3.0, 0.6, 0.0, 0.6)
    assert len(cycles_of(pose_of_image(jitter(raised(share)))).repetitions) == 1


def test_a_pose_that_does_not_come_back_is_no_repetition() -> None:
    times_s = np.arange(15 * 4) / 15
    cycles = cycles_of(pose_of_image(jitter(raised(there_and_back(times_s, 1.0, 0.8, 100.0, 1.0)))))
    (only,) = cycles.excursions
    assert not only.returns
    assert cycles.repetitions == ()
    assert only.start_s == pytest.approx(1.0, abs=1 / 15)
    assert only.hold.start_s == pytest.approx(1.8, abs=2 / 15)


def test_a_clip_that_begins_in_the_middle_is_told() -> None:
    times_s = np.arange(15 * 4) / 15
    whole = there_and_back(times_s, 0.0, 0.8, 0.0, 0.8) + there_and_back(times_s, 1.6, 0.8, 0.0, 0.8)
    assert cycles_of(pose_of_image(raised(whole[6:]))).cut_off
    assert not cycles_of(pose_of_image(raised(whole))).cut_off


@pytest.mark.parametrize("sigma", [0.0, 0.002])
def test_nothing_moves(sigma: float) -> None:
    cycles = cycles_of(pose_of_image(jitter(np.repeat(standing()[None], 60, axis=0), sigma)))
    assert (cycles.active, cycles.excursions, cycles.main) == (None, (), None)


def test_frames_in_which_nobody_is_seen_are_bridged_and_a_clip_without_anybody_has_no_cycles() -> None:
    times_s = np.arange(15 * 5) / 15
    image = jitter(raised(there_and_back(times_s, 1.0, 1.0, 0.5, 1.0)))
    image[10:13] = np.nan
    image[:, COLUMN["nose"]] = np.nan
    (only,) = cycles_of(pose_of_image(image)).repetitions
    assert only.span.duration_s == pytest.approx(2.5, abs=1 / 15 + 0.075)
    assert cycles_of(pose_of_image(np.full((30, 33, 2), np.nan))).active is None
    assert cycles_of(pose_of_image(image[:1])).excursions == ()
