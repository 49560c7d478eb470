"""From a video to a pose, with an estimator that is made up: when it is asked, what is kept, what goes wrong."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.motion.drawn_figure import standing
from tests.support.loaded import footage_of
from tests.video.clips import write_clip
from viddiff.core.cache_folder import kinds
from viddiff.core.errors import BackendError
from viddiff.motion.cycles import cycles_of
from viddiff.motion.pose.choice import NoPose, PoseChoice
from viddiff.motion.pose.detections import People
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader, pose_of
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import LoadedVideo


class Fake:
    """Sees the same figure in every frame, or fails as told."""

    opened: ClassVar[list[Fake]] = []
    fails_at: int | None = None
    fails_to_open = False
    version = "1"

    def __init__(self, choice: PoseChoice) -> None:
        if self.fails_to_open:
            raise BackendError("The weights are damaged.")
        self.times_s: list[float] = []
        self.closed = False
        self.thread = threading.current_thread()
        self.opened.append(self)

    @classmethod
    def identity(cls, choice: PoseChoice) -> str:
        return f"fake/{cls.version}"

    def people(self, pixels: NDArray[np.uint8], time_s: float) -> People:
        if len(self.times_s) == self.fails_at:
            raise BackendError("The estimator broke.")
        self.times_s.append(time_s)
        return People(standing()[None], np.zeros((1, 33, 3)), np.ones((1, 33)))

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> type[Fake]:
    monkeypatch.setattr(Fake, "opened", [])
    monkeypatch.setattr("viddiff.motion.pose.reader.estimator_kind", lambda name: Fake)
    return Fake


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", 60)


@pytest.fixture
def choice(tmp_path: Path) -> PoseChoice:
    return PoseChoice(cache_dir=tmp_path / "cache")


def read(clip: Path, reader: PoseReader) -> LoadedVideo:
    return load(clip, Sampling(), FrameStore(reader.choice.cache_dir), open_stream=reader.open_stream)


def test_pose_is_estimated_in_the_decoding_pass_and_kept(clip: Path, choice: PoseChoice) -> None:
    reader = PoseReader(choice)
    footage = read(clip, reader)
    first = reader.pose_of(footage)
    assert isinstance(first, Pose)
    (one,) = Fake.opened
    assert one.times_s == pytest.approx(np.arange(30) / 15)
    assert one.closed
    assert one.thread is not threading.current_thread()
    assert {kind.name: kind.n_files for kind in kinds(choice.cache_dir)}["poses"] == 1
    again = PoseReader(choice)
    second = again.pose_of(read(clip, again))
    assert isinstance(second, Pose)
    assert len(Fake.opened) == 1
    assert np.array_equal(second.image, first.image, equal_nan=True)
    assert second.estimator == "fake/1"


def test_a_pose_stays_in_memory_with_what_was_made_of_it_until_there_are_too_many(
    clip: Path, choice: PoseChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, other = PoseReader(choice), write_clip(tmp_path / "other.mp4", 30)
    footage = read(clip, reader)
    pose = reader.pose_of(footage)
    assert isinstance(pose, Pose)
    assert pose.derive(cycles_of) is pose.derive(cycles_of)
    assert reader.pose_of(footage) is pose
    monkeypatch.setattr("viddiff.motion.pose.reader.MAX_FRAMES_KEPT", len(pose.times_s))
    reader.pose_of(read(other, reader))
    again = reader.pose_of(footage)
    assert again is not pose
    assert isinstance(again, Pose)
    assert np.array_equal(again.image, pose.image, equal_nan=True)


def test_a_video_that_was_read_before_is_decoded_once_more(clip: Path, choice: PoseChoice) -> None:
    footage = load(clip, Sampling(), FrameStore(choice.cache_dir))
    assert isinstance(pose_of(footage, choice), Pose)
    assert isinstance(pose_of(footage, choice), Pose)
    assert len(Fake.opened) == 1


@pytest.mark.parametrize("change", ["version", "fps", "part"])
def test_what_a_pose_depends_on_is_in_its_key(
    change: str, clip: Path, choice: PoseChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(pose_of(load(clip, Sampling(), FrameStore(None)), choice), Pose)
    if change == "version":
        monkeypatch.setattr(Fake, "version", "2")
    choice = choice.model_copy(update={"fps": 10.0}) if change == "fps" else choice
    part = Sampling(stop_s=1.0) if change == "part" else Sampling()
    assert isinstance(pose_of(load(clip, part, FrameStore(None)), choice), Pose)
    assert len(Fake.opened) == 2


def test_whose_pose_it_is_needs_no_new_estimate(clip: Path, choice: PoseChoice) -> None:
    footage = load(clip, Sampling(), FrameStore(None))
    assert isinstance(pose_of(footage, choice), Pose)
    assert isinstance(pose_of(footage, choice.model_copy(update={"person": "moving"})), Pose)
    assert len(Fake.opened) == 1


def test_damaged_poses_are_estimated_anew(clip: Path, choice: PoseChoice) -> None:
    footage = load(clip, Sampling(), FrameStore(None))
    pose_of(footage, choice)
    (kept,) = (choice.cache_dir / "poses").glob("*.npz")
    for content in (b"", b"PK nonsense", kept.read_bytes()[:-200]):
        kept.write_bytes(content)
        assert isinstance(pose_of(footage, choice), Pose)
    assert len(Fake.opened) == 4


def test_without_a_cache_a_pose_lives_as_long_as_its_reader(clip: Path, choice: PoseChoice) -> None:
    reader = PoseReader(choice.model_copy(update={"keep": False}))
    footage = read(clip, reader)
    assert isinstance(reader.pose_of(footage), Pose)
    assert isinstance(reader.pose_of(footage), Pose)
    assert len(Fake.opened) == 1
    assert not (choice.cache_dir / "poses").exists()


@pytest.mark.parametrize("fails_at", [0, 5, 29])
def test_an_estimator_that_breaks_is_a_sentence_and_the_reading_goes_on(
    fails_at: int, clip: Path, choice: PoseChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fake, "fails_at", fails_at)
    reader = PoseReader(choice)
    footage = read(clip, reader)
    assert footage.info.n_frames == 8
    found = reader.pose_of(footage)
    assert found == NoPose(why="No pose is measured in 'clip.mp4'. The estimator broke.")
    assert Fake.opened[0].closed
    assert not list((choice.cache_dir / "poses").glob("*"))


def test_weights_that_are_damaged_are_a_sentence(
    clip: Path, choice: PoseChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fake, "fails_to_open", True)
    reader = PoseReader(choice)
    found = reader.pose_of(read(clip, reader))
    assert found == NoPose(why="No pose is measured in 'clip.mp4'. The weights are damaged.")


def test_switched_off_nothing_is_opened(clip: Path, choice: PoseChoice) -> None:
    reader = PoseReader(choice.model_copy(update={"estimator": "none"}))
    found = reader.pose_of(read(clip, reader))
    assert isinstance(found, NoPose)
    assert "--pose none" in found.why
    assert Fake.opened == []


def test_footage_without_its_video_is_a_sentence(choice: PoseChoice) -> None:
    found = pose_of(footage_of([np.zeros((48, 64, 3), np.uint8)] * 4), choice)
    assert isinstance(found, NoPose)
    assert "The video file is not available" in found.why


def test_the_same_video_twice_at_once_is_estimated_once(clip: Path, choice: PoseChoice) -> None:
    reader, found = PoseReader(choice), []

    def work() -> None:
        found.append(reader.pose_of(read(clip, reader)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(pose, Pose) for pose in found)
    assert len(found) == 2
    assert len(Fake.opened) == 1


def test_what_was_estimated_is_known_from_the_facts_of_the_video_alone(clip: Path, choice: PoseChoice) -> None:
    reader = PoseReader(choice)
    footage = read(clip, reader)
    estimated = reader.pose_of(footage)
    assert isinstance(estimated, Pose)
    kept = PoseReader(choice).read_cached(footage.info)
    assert kept is not None
    assert kept.image == pytest.approx(estimated.image, nan_ok=True)
    assert len(Fake.opened) == 1
    assert PoseReader(choice).read_cached(footage.info.model_copy(update={"start_s": 0.5})) is None
    assert PoseReader(choice.model_copy(update={"estimator": "none"})).read_cached(footage.info) is None
    assert len(Fake.opened) == 1
