"""Whose pose it is, left and right, smoothing, and what the user is told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.motion.drawn_figure import TRUNK, detections_of_people, raised, standing, there_and_back
from viddiff.core.arrays import Floats
from viddiff.motion.pose.choice import NoPose, Person
from viddiff.motion.pose.filter import close_gaps, smooth
from viddiff.motion.pose.landmarks import COLUMN, Pose
from viddiff.motion.pose.people import follow
from viddiff.motion.pose.person import pose_from
from viddiff.motion.pose.view import view_of

T = 45
TIMES_S = np.arange(T) / 15


def still(n: int = T) -> Floats:
    return np.repeat(standing()[None], n, axis=0)


def arms(n: int = T) -> Floats:
    return raised(there_and_back(np.arange(n) / 15, 0.5, 0.8, 0.3, 0.8))


def placed(image: Floats, x: float, scale: float = 1.0) -> Floats:
    moved: Floats = (image - np.array([0.6, 0.5])) * scale + np.array([x, 0.5])
    return moved


def measured(*people: Floats, person: Person = "largest") -> Pose:
    pose = pose_from(detections_of_people(*people), person, "drawn", "a.mp4")
    assert isinstance(pose, Pose)
    return pose


@pytest.mark.parametrize(("person", "chosen"), [("active", 1), ("largest", 0), ("moving", 1), ("centre", 2)])
def test_the_person_asked_for_is_chosen(person: Person, chosen: int) -> None:
    people = placed(still(), 0.3, 1.2), placed(arms(), 1.5, 0.8), placed(still(), 16 / 18, 0.9)
    pose = measured(*people, person=person)
    assert np.abs(pose.image - people[chosen]).max() < 0.1 * TRUNK
    assert "3 people are seen in 'a.mp4'" in pose.notices[0]
    assert f"--person {person}" not in pose.notices[0]


@pytest.mark.parametrize(("person", "chosen"), [("active", 1), ("largest", 0), ("moving", 1), ("centre", 2)])
def test_an_estimator_may_not_know_all_landmarks(person: Person, chosen: int) -> None:
    people = [placed(still(), 0.3, 1.2), placed(arms(), 1.5, 0.8), placed(still(), 16 / 18, 0.9)]
    for image in people:
        image[:, COLUMN["left_thumb"]] = np.nan
    pose = measured(*people, person=person)
    assert np.nanmax(np.abs(pose.image - people[chosen])) < 0.1 * TRUNK


def test_people_are_followed_whatever_order_they_are_found_in() -> None:
    one, other = placed(still(), 0.4, 1.2), placed(arms(), 1.3)
    turned = np.arange(T) % 3 == 1
    first, second = one.copy(), other.copy()
    first[turned], second[turned] = other[turned], one[turned]
    assert np.abs(measured(first, second).image - one).max() < 0.05 * TRUNK


def test_somebody_who_passes_for_a_moment_is_no_second_person() -> None:
    passing = np.full((T, 33, 2), np.nan)
    passing[20:23] = placed(still(3), 1.4)
    followed = follow(detections_of_people(still(), passing), "largest")
    assert followed is not None
    assert followed.n_people == 1


def exchange(image: Floats, frames: slice, *parts: str) -> Floats:
    swapped: Floats = image.copy()
    for part in parts:
        left, right = COLUMN[f"left_{part}"], COLUMN[f"right_{part}"]
        swapped[frames, left], swapped[frames, right] = image[frames, right], image[frames, left]
    return swapped


LEGS, ARMS = ("hip", "knee", "ankle", "heel", "foot_index"), ("shoulder", "elbow", "wrist")


@pytest.mark.parametrize(
    ("frames", "parts"), [(slice(20, 21), LEGS), (slice(18, 24), ARMS), (slice(10, 19), LEGS + ARMS)]
)
def test_left_and_right_are_put_back(frames: slice, parts: tuple[str, ...]) -> None:
    true = arms()
    pose = measured(exchange(true, frames, *parts))
    assert np.abs(pose.image - true)[5:-5].max() < 0.1 * TRUNK
    n_frames = frames.stop - frames.start
    assert f"swapped for a moment in {n_frames} frames" in " ".join(pose.notices)


def test_limbs_that_pass_each_other_are_not_exchanged() -> None:
    """Somebody who walks, seen from the side: twice a second the feet pass each other."""
    image = np.repeat(standing(90)[None], T, axis=0)
    swing = 0.5 * TRUNK * np.sin(2 * np.pi * TIMES_S)
    for part in ("knee", "ankle", "heel", "foot_index", "elbow", "wrist"):
        image[:, COLUMN[f"left_{part}"], 0] += swing
        image[:, COLUMN[f"right_{part}"], 0] -= swing
    pose = measured(image)
    assert pose.notices == ()
    assert np.abs(pose.image - image).max() < 0.2 * TRUNK


def test_short_gaps_are_closed_and_longer_ones_stay() -> None:
    image = still()
    image[10:12], image[25:33] = np.nan, np.nan
    pose = measured(image)
    assert pose.is_seen[10:12].all()
    assert not pose.is_seen[25:33].any()
    assert "not seen for 0.5 s in all" in " ".join(pose.notices)
    one = np.array([1.0, np.nan, 3.0, np.nan, np.nan, np.nan, np.nan, 8.0])
    assert close_gaps(np.arange(8) / 15, one).tolist()[:3] == [1.0, 2.0, 3.0]
    assert np.isnan(close_gaps(np.arange(8) / 15, one)[3:7]).all()


def test_points_beyond_the_picture_are_not_seen() -> None:
    image = still() + np.array([0.0, 0.25])
    pose = measured(image)
    assert np.isnan(pose.point("left_ankle")).all()
    assert np.isfinite(pose.point("left_hip")).all()
    assert "The legs or feet are hardly seen" in " ".join(pose.notices)


def test_smoothing_takes_spikes_and_jitter_and_adds_no_lag() -> None:
    times_s = np.arange(90) / 15
    true = np.sin(2 * np.pi * 0.5 * times_s)[:, None]
    noisy = true + np.random.default_rng(0).normal(0, 0.03, true.shape)
    noisy[40] += 2.0
    smoothed = smooth(times_s, noisy)
    assert np.abs(smoothed - true)[5:-5].max() < 0.12
    assert np.std(smoothed - true) < np.std(np.delete(noisy - true, 40))
    lags = [np.corrcoef(np.roll(smoothed[:, 0], k)[5:-5], true[5:-5, 0])[0, 1] for k in (-1, 0, 1)]
    assert np.argmax(lags) == 1


def test_a_kick_of_three_frames_is_no_outlier() -> None:
    kick = np.zeros((40, 1))
    kick[19:22, 0] = 0.6, 1.0, 0.6
    assert smooth(np.arange(40) / 15, kick).max() > 0.75


def test_frames_that_do_not_come_evenly_are_smoothed_at_their_own_times() -> None:
    random = np.random.default_rng(1)
    times_s = np.sort(random.choice(np.arange(120) / 30, 70, replace=False))
    true = np.sin(2 * np.pi * 0.4 * times_s)[:, None]
    assert np.abs(smooth(times_s, true) - true).max() < 0.08


@pytest.mark.parametrize(
    ("turned_deg", "view", "facing"),
    [(0, "front", 0), (20, "front", 0), (50, "oblique", 1), (-50, "oblique", -1), (90, "side", 1), (-90, "side", -1)],
)
def test_view_and_facing(turned_deg: float, view: str, facing: int) -> None:
    image = np.repeat(standing(turned_deg)[None], 5, axis=0)
    assert view_of(image) == (view, facing)
    # Turned upside down, the body faces the other side of the picture; the view is the same.
    assert view_of(2 * np.array([0.6, 0.5]) - image) == (view, -facing)


def test_the_back_and_a_body_that_lies() -> None:
    image = np.repeat(standing(180)[None], 5, axis=0)
    assert view_of(image) == ("back", 0)
    side = np.repeat(standing(90)[None], 5, axis=0) - [0.6, 0.5]
    lying = np.stack([-side[..., 1], side[..., 0]], axis=-1) + np.array([0.6, 0.5])
    assert view_of(lying) == ("side", 1)
    assert view_of(np.full((5, 33, 2), np.nan)) == ("unknown", 0)


def test_an_upside_down_picture_and_a_low_rate_are_told() -> None:
    turned = 2 * np.array([0.6, 0.5]) - still(12)
    pose = pose_from(detections_of_people(turned, fps=6), "largest", "drawn", "a.mp4")
    assert isinstance(pose, Pose)
    told = " ".join(pose.notices)
    assert "is upside down" in told
    assert "6 frames a second" in told
    assert measured(still()).notices == ()


def test_nobody_and_hardly_anybody() -> None:
    nobody = pose_from(detections_of_people(np.full((T, 33, 2), np.nan)), "largest", "drawn", "a.mp4")
    assert isinstance(nobody, NoPose)
    assert "Nobody is seen in 'a.mp4'" in nobody.why
    seldom = np.full((T, 33, 2), np.nan)
    seldom[:4] = still(4)
    hardly = pose_from(detections_of_people(seldom), "largest", "drawn", "a.mp4")
    assert isinstance(hardly, NoPose)
    assert "No person is seen clearly in 'a.mp4' (in 9% of the frames)" in hardly.why


def test_a_single_frame_is_a_pose() -> None:
    pose = measured(still(1))
    assert pose.is_seen.tolist() == [True]
