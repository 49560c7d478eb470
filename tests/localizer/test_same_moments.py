"""Frames of two clips at the same moments of what is done in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.loaded import noise_footage
from viddiff.localizer.alignment import same_moments
from viddiff.localizer.alignment.same_moments import at_same_moments
from viddiff.localizer.alignment.videos import align_videos
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.reader import PoseReader
from viddiff.synthetic.steps.bench import VIDEOS
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo, part_of


@pytest.fixture(scope="module")
def video(steps: Path) -> LoadedVideo:
    """A rendered clip."""
    return load(next(iter(sorted((steps / VIDEOS).iterdir()))), Sampling(fps=8, threads=1), FrameStore(None))


def test_a_clip_that_begins_later_shows_the_same_moments_not_evenly_spread_ones(video: LoadedVideo) -> None:
    late = part_of(video, video.info.start_s + 1.0, video.info.stop_s)
    shown, other, doubt = at_same_moments(video, late, 8)
    assert doubt is None
    assert len(shown.sequence) == 8
    # Those of the reference that the later clip has, at the same times of the file.
    times_s = shown.sequence.times_s
    common_s = times_s[times_s >= late.sequence.times_s[0]]
    assert len(common_s) >= 5
    assert np.abs(other.sequence.times_s[-len(common_s) :] - common_s).max() <= 0.26
    evenly_s = np.linspace(late.sequence.times_s[0], late.sequence.times_s[-1], 8)
    assert np.abs(evenly_s[-len(common_s) :] - common_s).max() > 0.26


def test_frames_are_those_of_the_clip_each_once(video: LoadedVideo) -> None:
    shown, other, _ = at_same_moments(video, part_of(video, 0, video.info.stop_s), 5)
    assert np.abs(shown.sequence.times_s - other.sequence.times_s).max() <= 0.13
    assert len(set(shown.sequence.refs)) == len(shown.sequence) == 5
    assert set(shown.sequence.refs) <= set(video.sequence.refs)
    assert shown.info == video.info


def test_without_an_alignment_both_stay_as_they_are_and_it_says_why(video: LoadedVideo) -> None:
    noise = noise_footage(6)
    shown, other, doubt = at_same_moments(video, noise, 8)
    assert (shown, other) == (video, noise)
    assert doubt


def test_where_the_outline_had_to_do_pose_is_named_as_the_remedy(
    video: LoadedVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = align_videos(video, video)
    doubted = found.model_copy(update={"health": found.health.model_copy(update={"problems": ("Out of order.",)})})
    monkeypatch.setattr(same_moments, "align_videos", lambda *given: doubted)
    poses = PoseReader(PoseChoice(cache_dir=tmp_path))
    shown, other, doubt = at_same_moments(video, video, 8, poses)
    assert (shown, other) == (video, video)
    assert doubt is not None
    assert doubt.startswith("Out of order. ")
    assert "viddiff weights get pose" in doubt
    assert at_same_moments(video, video, 8)[2] == "Out of order."
