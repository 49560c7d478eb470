"""What stands beside a document: the cache of this machine, and the poses that the document was measured by."""

from __future__ import annotations

from pathlib import Path

from tests.report.sample import sample
from viddiff.core.settings import Settings
from viddiff.report.media import Media, media_of


def test_poses_are_those_of_the_document_and_all_else_is_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    settings = Settings(cache_dir=tmp_path / "cache", pose_fps=15.0, max_video_s=7.0)
    told = {"pose": "rtmpose", "person": "centre", "pose_fps": 30.0, "max_video_s": 9999.0, "cache_dir": "/"}
    media = media_of(settings, sample().comparison.model_copy(update={"settings": told}))
    assert media.poses is not None
    choice = media.poses.choice
    assert (choice.estimator, choice.person, choice.fps) == ("rtmpose", "centre", 30.0)
    assert choice.cache_dir == tmp_path / "cache"
    assert media.limits.max_duration_s == 7.0


def test_settings_of_a_document_that_cannot_be_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    settings = Settings(cache_dir=tmp_path / "cache")
    media = media_of(settings, sample().comparison.model_copy(update={"settings": {"pose": ["<b>"], "person": 3}}))
    assert media.poses is not None
    assert media.poses.choice.estimator == "blazepose"


def test_where_nothing_is_kept_nothing_is_made(tmp_path: Path) -> None:
    media = media_of(Settings(cache_dir=tmp_path / "none"))
    assert (media.frames, media.poses) == (None, None)
    assert not (tmp_path / "none").exists()
    assert media.read_frame("0" * 64) is None
    assert Media().pose_of(sample().comparison.video_a) is None
