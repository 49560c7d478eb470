"""The measured program with poses: right on rendered people whose truth is known, silent where nothing is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.poses import KnownPoses
from viddiff.core.types import SWAPPED, Difference, Outcome
from viddiff.programs.viddiff.measured import MeasuredProgram
from viddiff.synthetic.demo import DemoPair, demo_clips
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo


@pytest.fixture(scope="module")
def poses() -> KnownPoses:
    a, b = demo_clips(0)
    return KnownPoses.of_clips({"squat_a.mp4": a, "squat_b.mp4": b})


@pytest.fixture(scope="module")
def videos(demo_pair: DemoPair) -> tuple[LoadedVideo, LoadedVideo]:
    return read(demo_pair.path_a), read(demo_pair.path_b)


def read(path: Path, start_s: float | None = None) -> LoadedVideo:
    return load(path, Sampling(start_s=start_s), FrameStore(None))


def measured(
    poses: KnownPoses, a: LoadedVideo, b: LoadedVideo, differences: tuple[Difference, ...] | None = None
) -> Outcome:
    outcome = MeasuredProgram(poses)(action="bodyweight squat", video_a=a, video_b=b, differences=differences).outcome
    assert isinstance(outcome, Outcome)
    return outcome


def test_what_is_measured_of_the_demonstration_is_right(
    poses: KnownPoses, videos: tuple[LoadedVideo, LoadedVideo], demo_pair: DemoPair
) -> None:
    asked = tuple(labelled.difference for labelled in demo_pair.differences)
    truth = {labelled.difference.key: labelled.label for labelled in demo_pair.differences}
    straight, swapped = measured(poses, *videos, asked), measured(poses, *videos[::-1], asked)
    answers = {one.difference.key: one.verdict.answer for one in straight.differences if one.verdict.answer}
    assert len(answers) >= 0.6 * len(asked)
    assert answers == {key: truth[key] for key in answers}
    for one, other in zip(straight.differences, swapped.differences, strict=True):
        assert other.verdict.answer == (SWAPPED[one.verdict.answer] if one.verdict.answer else None)
        assert (other.frames_a, other.frames_b) == (one.frames_b, one.frames_a)
        assert [number.swap_sides() for number in other.measurements] == list(one.measurements)


def test_frames_are_those_that_a_number_was_read_from(
    poses: KnownPoses, videos: tuple[LoadedVideo, LoadedVideo]
) -> None:
    asked = (Difference(key="0", name="depth", statement="the squat is deeper"),)
    (finding,) = measured(poses, *videos, asked).differences
    (number,) = finding.measurements
    assert number.error_a is not None
    assert number.quantity == "hip_over_knee"
    for frames, times_s in ((finding.frames_a, number.times_a), (finding.frames_b, number.times_b)):
        assert 1 <= len(frames) <= 6
        # On screen at that moment, not one of the four frames a second that are sampled.
        assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=1 / 25)


def test_differences_are_proposed_with_amount_and_moment(
    poses: KnownPoses, videos: tuple[LoadedVideo, LoadedVideo]
) -> None:
    outcome = measured(poses, *videos)
    assert 3 <= len(outcome.differences) <= 10
    assert {one.verdict.answer for one in outcome.differences} <= {"a", "b"}
    assert all(one.measurements and one.frames_a and one.frames_b for one in outcome.differences)
    assert [segment.stage for segment in outcome.localization_a.segments] == ["start", "movement", "end"]
    assert outcome.localization_a.strategy == "pose"
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


def test_the_same_movement_twice_differs_in_nothing(demo_pair: DemoPair) -> None:
    a, _ = demo_clips(0)
    poses = KnownPoses.of_clips({"squat_a.mp4": a, "squat_b.mp4": a})
    outcome = measured(poses, read(demo_pair.path_a), read(demo_pair.path_b))
    assert outcome.differences == ()


def test_without_a_pose_in_one_video_outlines_are_measured_and_it_is_said(
    poses: KnownPoses, videos: tuple[LoadedVideo, LoadedVideo]
) -> None:
    only_a = KnownPoses({"squat_a.mp4": poses.known["squat_a.mp4"]})
    asked = (Difference(key="0", name="knees", statement="the knees bend more"),)
    outcome = measured(only_a, *videos, asked)
    assert outcome.differences[0].verdict.status == "not_measurable"
    assert "takes a pose" in outcome.differences[0].verdict.reason
    assert "Nobody is seen in 'squat_b.mp4'." in outcome.notices
    assert outcome.localization_a.strategy == "motion"


def test_times_are_those_of_the_file_also_for_a_part_of_it(poses: KnownPoses, demo_pair: DemoPair) -> None:
    late = read(demo_pair.path_a, start_s=1.0)
    pose = poses.known["squat_a.mp4"]
    inside = pose.times_s >= 1.0
    part = replace(
        pose,
        times_s=pose.times_s[inside],
        image=pose.image[inside],
        world=pose.world[inside],
        visibility=pose.visibility[inside],
    )
    outcome = measured(KnownPoses({**poses.known, "squat_a.mp4": part}), late, read(demo_pair.path_b))
    times_s = [frame.time_s for finding in outcome.differences for frame in finding.frames_a]
    assert min(times_s) >= 1.0
    assert outcome.localization_a.segments[0].start_s == 1.0
    assert np.isclose(outcome.localization_a.segments[-1].stop_s, late.info.stop_s)
