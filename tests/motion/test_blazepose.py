"""BlazePose for real, on rendered clips whose skeletons are known; its weights come from the package index."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from viddiff.core.arrays import Floats
from viddiff.motion.cycles import cycles_of
from viddiff.motion.pose.choice import NoPose, PoseChoice
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader, pose_of
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.figure import solve
from viddiff.synthetic.pairs import plan_pair
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.encode import write_video

SIZE = (320, 240)


@pytest.fixture
def choice(pose_weights: Path, tmp_path: Path) -> PoseChoice:
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    shutil.copy(pose_weights, folder)
    return PoseChoice(cache_dir=tmp_path / "cache")


@pytest.fixture(scope="module")
def squat() -> SyntheticClip[Any]:
    return plan_pair(0, 5).a


def rendered(path: Path, frames: list[NDArray[np.uint8]], fps: int) -> Path:
    height, width = frames[0].shape[:2]
    return write_video(path, frames, fps, width, height)


def projected(clip: SyntheticClip[Any], time_s: float) -> dict[str, Floats]:
    """True places in the picture, in units of its height."""
    skeleton = solve(clip.performance.pose(time_s), clip.performance.stance)
    points: dict[str, Floats] = {}
    for side, leg, arm in zip(("left", "right"), skeleton.legs, skeleton.arms, strict=True):
        points |= {f"{side}_knee": leg.knee, f"{side}_ankle": leg.ankle, f"{side}_shoulder": arm.shoulder}
    places = clip.camera.project(np.stack(list(points.values())))[:, :2] / clip.camera.height_px
    return dict(zip(points, places, strict=True))


def test_a_rendered_person_is_found_where_it_is(
    choice: PoseChoice, squat: SyntheticClip[Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    performance = squat.performance
    path = rendered(tmp_path / "squat.mp4", list(squat.frames()), performance.fps)
    reader = PoseReader(choice)
    footage = load(path, Sampling(), FrameStore(choice.cache_dir), open_stream=reader.open_stream)
    pose = reader.pose_of(footage)
    assert isinstance(pose, Pose)
    assert pose.is_seen.all()
    assert len(pose.times_s) == performance.n_frames
    off = [
        np.hypot(*(pose.point(name)[frame] - place))
        for frame, time_s in enumerate(pose.times_s)
        for name, place in projected(squat, float(time_s)).items()
    ]
    assert np.median(off) < 0.03
    assert np.isfinite(pose.world[:, 11:]).all()
    assert pose.estimator.startswith("blazepose/")
    (repetition,) = cycles_of(pose).repetitions
    action_s = performance.segments[3].stop_s - performance.segments[1].start_s
    assert repetition.span.duration_s == pytest.approx(action_s, abs=1 / performance.fps + 0.03 * action_s)
    # What the native library has to say is no output of ours.
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_of_two_people_the_one_who_is_asked_for_is_measured(
    choice: PoseChoice, squat: SyntheticClip[Any], tmp_path: Path
) -> None:
    frames = list(squat.frames())[::3]
    beside = [np.hstack([frames[0], frame]) for frame in frames]
    choice = choice.model_copy(update={"person": "moving"})
    pose = pose_of(load(rendered(tmp_path / "two.mp4", beside, 5), Sampling(), FrameStore(None)), choice)
    assert isinstance(pose, Pose)
    assert "2 people are seen in 'two.mp4'; the one that moves most for its size is measured" in pose.notices[0]
    assert np.nanmin(pose.point("nose")[:, 0]) > 320 / 240


@pytest.mark.parametrize("kind", ["black", "noise", "stripes"])
def test_pictures_without_a_person_are_a_sentence(kind: str, choice: PoseChoice, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frames = {
        "black": np.zeros((10, 120, 160, 3), np.uint8),
        "noise": random.integers(0, 255, (10, 120, 160, 3), dtype=np.uint8),
        "stripes": np.repeat(np.tile(np.arange(160, dtype=np.uint8)[:, None] // 20 * 30, (10, 120, 1, 3)), 1, axis=0),
    }[kind]
    found = pose_of(load(rendered(tmp_path / "none.mp4", list(frames), 10), Sampling(), FrameStore(None)), choice)
    assert isinstance(found, NoPose)
    assert "seen" in found.why
    assert "'none.mp4'" in found.why


_ESTIMATES = """
import os, sys
from pathlib import Path

opened = []
sys.addaudithook(lambda event, args: opened.append((event, args)) if event.startswith("socket.") else None)

from viddiff.motion.pose import blazepose
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.reader import PoseReader
from viddiff.video import FrameStore, Sampling, load

def sockets():
    links = []
    for name in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    return [link for link in links if link.startswith("socket:")]

before, seen = sockets(), []
people = blazepose.BlazePose.people
def watched(self, pixels, time_s):
    found = people(self, pixels, time_s)
    seen.extend(link for link in sockets() if link not in before)
    return found
blazepose.BlazePose.people = watched

reader = PoseReader(PoseChoice(cache_dir=Path(sys.argv[2])))
pose = reader.pose_of(load(Path(sys.argv[1]), Sampling(), FrameStore(None), open_stream=reader.open_stream))
assert isinstance(pose, Pose), pose
print(len(pose.times_s), [event for event, _ in opened], seen)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open sockets are told by Linux only")
def test_no_socket_is_opened_while_a_clip_is_estimated(
    choice: PoseChoice, squat: SyntheticClip[Any], tmp_path: Path
) -> None:
    """Neither by Python nor by the native library."""
    path = rendered(tmp_path / "squat.mp4", list(squat.frames())[:12], 12)
    command = [sys.executable, "-c", _ESTIMATES, str(path), str(choice.cache_dir)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(maxsplit=1) == ["12", "[] []\n"]
