"""Weights: where they come from, that they are checked, and the sentence where they is not available."""

from __future__ import annotations

import base64
import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from viddiff import build
from viddiff.cli import main
from viddiff.core.errors import BackendError, UsageError
from viddiff.core.settings import Settings
from viddiff.doctor.machine import pose as pose_check
from viddiff.motion.pose.blazepose import BlazePose
from viddiff.motion.pose.bundle import NETWORKS
from viddiff.motion.pose.choice import PoseChoice, choice_of
from viddiff.motion.pose.estimators import KINDS, estimator
from viddiff.motion.pose.kinds import estimator_kind
from viddiff.motion.pose.landmarks import COLUMN
from viddiff.motion.pose.reader import PoseReader
from viddiff.motion.pose.rtmpose import people_of
from viddiff.motion.pose.weights import BUNDLE, check_bundle, get_pose

WHEEL = "mediapipe-0.10.21-cp312-cp312-manylinux_2_28_x86_64.whl"


@pytest.fixture
def choice(tmp_path: Path) -> PoseChoice:
    return PoseChoice(cache_dir=tmp_path / "cache")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which pip looks instead of at an index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def wheel_of(folder: Path, **members: bytes) -> None:
    """A wheel of that name that pip takes."""
    about = {
        "mediapipe-0.10.21.dist-info/METADATA": b"Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n",
        "mediapipe-0.10.21.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n"
        b"Tag: cp312-cp312-manylinux_2_28_x86_64\n",
    }
    content = {**about, **members}
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, data in content.items()
    )
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        for name, data in content.items():
            wheel.writestr(name, data)
        wheel.writestr("mediapipe-0.10.21.dist-info/RECORD", record + "mediapipe-0.10.21.dist-info/RECORD,,\n")


def test_an_index_without_the_wheel_is_a_sentence(choice: PoseChoice, index: Path) -> None:
    said: list[str] = []
    with pytest.raises(BackendError, match=r"pip could not download mediapipe==0\.10\.21 .*--pose-model"):
        get_pose(choice, said.append)
    assert "36 MB" in said[0]
    assert not choice.weights_dir.exists()


def test_an_index_that_does_not_answer_shows_no_password(choice: PoseChoice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:geheim@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(BackendError) as caught:
        get_pose(choice, lambda doing: None)
    assert "geheim" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("members", [{}, {network.member: b"another network" for network in NETWORKS}])
def test_another_wheel_is_refused_by_its_hashes(choice: PoseChoice, index: Path, members: dict[str, bytes]) -> None:
    wheel_of(index, **members)
    with pytest.raises(BackendError, match=r"networks cannot be read|is not the expected network"):
        get_pose(choice, lambda doing: None)
    assert not choice.weights_dir.exists()


def test_missing_and_damaged_weights_are_sentences_that_say_how_to_get_them(choice: PoseChoice) -> None:
    with pytest.raises(BackendError, match=r"not on this machine: run `viddiff weights get pose`"):
        check_bundle(choice)
    choice.weights_dir.mkdir(parents=True)
    (choice.weights_dir / BUNDLE).write_bytes(b"PK")
    with pytest.raises(BackendError, match=r"damaged or of another kind: run `viddiff weights get pose`"):
        estimator_kind("blazepose")(choice)
    named = choice.model_copy(update={"model": choice.cache_dir / "mine.task"})
    with pytest.raises(BackendError, match=r"There is no file '.*mine\.task' \(--pose-model\)"):
        estimator_kind("blazepose").identity(named)


def test_weights_that_are_there_are_not_fetched_again_and_damaged_ones_are(
    choice: PoseChoice, index: Path, pose_weights: Path
) -> None:
    choice.weights_dir.mkdir(parents=True)
    shutil.copy(pose_weights, choice.weights_dir / BUNDLE)
    said: list[str] = []
    assert get_pose(choice, said.append) == choice.weights_dir / BUNDLE
    assert said == []
    content = bytearray(pose_weights.read_bytes())
    content[3_000_000:3_000_100] = bytes(100)
    (choice.weights_dir / BUNDLE).write_bytes(content)
    with pytest.raises(BackendError, match="pip could not download"):
        get_pose(choice, said.append)


def test_the_command_and_the_doctor(
    index: Path, pose_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["weights", "get", "pose"])
    assert left.value.code == 4
    assert "viddiff: pip could not download" in capsys.readouterr().err
    settings = Settings(cache_dir=tmp_path / "cache")
    missing = pose_check(settings)
    assert (missing.ok, missing.exit_code) == (None, 0)
    assert "viddiff weights get pose" in missing.found
    named = pose_check(Settings(cache_dir=tmp_path / "cache", pose_model=tmp_path / "nowhere.task"))
    assert (named.ok, named.exit_code) == (False, 4)
    assert pose_check(Settings(pose="none")).ok is None
    works = pose_check(Settings(cache_dir=tmp_path / "cache", pose_model=pose_weights))
    assert works.ok
    assert choice_of(settings).weights_dir == tmp_path / "cache" / "weights"


def test_an_estimator_is_one_that_is_registered(choice: PoseChoice) -> None:
    with pytest.raises(UsageError, match=r"unknown estimator .own.; choose one of blazepose, rtmpose or none"):
        PoseReader(choice.model_copy(update={"estimator": "own"}))
    with KINDS.temporary():
        estimator("own")(BlazePose)
        settings = Settings(pose="own", cache_dir=choice.cache_dir)
        assert build.poses(settings).choice.estimator == "own"
        with pytest.raises(ValueError, match="there is a pose estimator 'own' already"):
            estimator("own")(BlazePose)


def test_rtmpose_without_its_extra_is_a_sentence(choice: PoseChoice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viddiff.motion.pose.rtmpose.importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"pip install 'viddiff\[rtmpose\]'"):
        estimator_kind("rtmpose")(choice)
    monkeypatch.setattr("viddiff.motion.pose.rtmpose.importlib.util.find_spec", lambda name: object())
    with pytest.raises(BackendError, match=r"viddiff weights get rtmpose"):
        estimator_kind("rtmpose").identity(choice)


@pytest.mark.parametrize(("n_points", "n_seen"), [(17, 17), (26, 21)])
def test_points_of_rtmpose_get_our_names(n_points: int, n_seen: int) -> None:
    points = np.stack([np.arange(n_points), 100 + np.arange(n_points)], axis=-1)[None].astype(float)
    people = people_of(points, np.full((1, n_points), 0.7), 200)
    seen = np.isfinite(people.image[0]).all(axis=-1)
    assert seen.sum() == n_seen
    assert np.isnan(people.world).all()
    assert (people.visibility[0] > 0).sum() == n_seen
    assert people.image[0, COLUMN["left_shoulder"]].tolist() == [5 / 200, 105 / 200]
    assert people.image[0, COLUMN["right_ankle"]].tolist() == [16 / 200, 116 / 200]
    if n_points == 26:
        assert people.image[0, COLUMN["left_foot_index"]].tolist() == [20 / 200, 120 / 200]
        assert people.image[0, COLUMN["right_heel"]].tolist() == [25 / 200, 125 / 200]
    with pytest.raises(BackendError, match="133 points"):
        people_of(np.zeros((1, 133, 2)), np.zeros((1, 133)), 200)
