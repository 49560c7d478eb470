"""Landmarks as files: every number comes back, and what is missing is said."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.report.posed import measured, poses
from tests.report.sample import Given
from viddiff.core.errors import InputError
from viddiff.motion.pose.landmarks import COLUMN, LANDMARKS, Pose
from viddiff.report.exports import Choice, write_exports
from viddiff.report.exports.landmarks import FIELDS, HEAD, trc, write_landmarks


@pytest.fixture
def pose() -> Pose:
    """One that lacks a landmark in one frame."""
    found = poses()["squat_stance_b.mp4"]
    found.image[3, COLUMN["left_wrist"]] = found.world[3, COLUMN["left_wrist"]] = np.nan
    return found


def test_every_landmark_of_every_frame_is_a_row(pose: Pose, tmp_path: Path) -> None:
    path = write_landmarks(pose, tmp_path / "landmarks_b")[0]
    table = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    assert tuple(table[0]) == HEAD
    assert len(table) == len(pose.times_s) * len(LANDMARKS)
    row = table[5 * len(LANDMARKS) + COLUMN["right_knee"]]
    assert (row["landmark"], float(row["time (s)"])) == ("right_knee", 0.5)
    told = [float(row[name]) for name in HEAD[2:]]
    column = COLUMN["right_knee"]
    assert told == pytest.approx([*pose.image[5, column], *pose.world[5, column], 1.0], abs=1e-5)
    unseen = table[3 * len(LANDMARKS) + COLUMN["left_wrist"]]
    assert [unseen[name] for name in HEAD[2:]] == ["", "", "", "", "", "1.0"]


def test_trc_has_the_heads_that_opensim_reads_and_y_up(pose: Pose) -> None:
    lines = [line.split("\t") for line in trc(pose, "b.trc").splitlines()]
    assert lines[0] == ["PathFileType", "4", "(X/Y/Z)", "b.trc"]
    facts = dict(zip(lines[1], lines[2], strict=True))
    assert (facts["DataRate"], facts["NumFrames"], facts["NumMarkers"], facts["Units"]) == ("10.0000", "75", "33", "m")
    assert [name for name in lines[3] if name] == ["Frame#", "Time", *LANDMARKS]
    assert [name for name in lines[4] if name][-3:] == ["X33", "Y33", "Z33"]
    assert lines[5] == [""]
    assert {len(line) for line in lines[6:]} == {2 + 3 * 33}
    head, foot = (2 + 3 * COLUMN[name] + 1 for name in ("nose", "left_heel"))
    assert float(lines[6][head]) > 0 > float(lines[6][foot])
    wrist = 2 + 3 * COLUMN["left_wrist"]
    assert lines[6 + 3][wrist : wrist + 3] == ["nan"] * 3


def test_parquet_has_the_same_rows(pose: Pose, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    path = write_landmarks(pose, tmp_path / "landmarks_b")[1]
    table = parquet.read_table(path)
    assert tuple(table.column_names) == FIELDS
    assert table.num_rows == len(pose.times_s) * len(LANDMARKS)
    assert table["x"][3 * len(LANDMARKS) + COLUMN["left_wrist"]].as_py() is None


def test_a_pose_without_depth_has_no_trc(pose: Pose, tmp_path: Path) -> None:
    pose.world[:] = np.nan
    assert {path.suffix for path in write_landmarks(pose, tmp_path / "x")} <= {".csv", ".parquet"}


def test_what_was_asked_for_and_is_not_there_is_said(tmp_path: Path) -> None:
    media = Given(measured={"squat_stance_a.mp4": poses()["squat_stance_a.mp4"]})
    with pytest.raises(InputError, match=r"No pose of 'squat_stance_b\.mp4' is in the cache of this machine"):
        write_exports(measured(), tmp_path, media, Choice(csv=True, landmarks=True))
    names = {path.name for path in tmp_path.iterdir()}
    assert {"landmarks_a.csv", "landmarks_a.trc", "findings.csv"} <= names
    assert not [name for name in names if name.startswith("landmarks_b")]
