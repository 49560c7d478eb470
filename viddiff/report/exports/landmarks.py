"""The landmarks of both people as files: CSV, Parquet where pyarrow is installed, and TRC for OpenSim.

TRC as OpenSim reads it (github.com/opensim-org/opensim-core, OpenSim/Common/TRCFileAdapter.cpp, commit 03e0663): tabs,
two lines of names and values, two lines of column heads, a line for each frame. Its Y points up, so that y and z of the
pose, down and away from the camera, are turned around. OpenSim takes "nan" for a marker that is not seen.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from viddiff.core.files import document, write_document
from viddiff.motion.pose.landmarks import LANDMARKS, Pose
from viddiff.report.exports.tables import csv_of

HEAD = ("time (s)", "landmark", "x (picture heights)", "y (picture heights)",
        "world x (m)", "world y (m)", "world z (m)", "visibility")  # fmt: skip
#: Names of the same columns where they are names of fields.
FIELDS = ("time_s", "landmark", "x", "y", "world_x_m", "world_y_m", "world_z_m", "visibility")


def write_landmarks(pose: Pose, stem: Path) -> list[Path]:
    """Write the files of one video next to each other and return them.

    Args:
        pose: of the person in it.
        stem: path of the files without their endings.

    Raises:
        UsageError: a file cannot be written.
    """
    paths = [write_document(stem.with_suffix(".csv"), csv_of(HEAD, rows(pose)))]
    if importlib.util.find_spec("pyarrow"):
        paths.append(_write_parquet(pose, stem.with_suffix(".parquet")))
    # An estimator without depth has no place in space.
    if np.isfinite(pose.world).any():
        paths.append(write_document(stem.with_suffix(".trc"), trc(pose, stem.with_suffix(".trc").name)))
    return paths


def rows(pose: Pose) -> Iterator[tuple[float | str | None, ...]]:
    """A row for each frame and landmark, as ``HEAD`` names the cells; None where a landmark is not seen."""
    for frame, time_s in enumerate(pose.times_s.tolist()):
        for column, name in enumerate(LANDMARKS):
            places = [*pose.image[frame, column], *pose.world[frame, column], pose.visibility[frame, column]]
            yield round(time_s, 4), name, *map(_cell, places)


def trc(pose: Pose, name: str) -> str:
    """The landmarks in space as a TRC file, in metres."""
    n_frames = len(pose.times_s)
    fps = f"{1 / float(np.median(np.diff(pose.times_s))):.4f}" if n_frames > 1 else "1"
    facts = {
        "DataRate": fps,
        "CameraRate": fps,
        "NumFrames": str(n_frames),
        "NumMarkers": str(len(LANDMARKS)),
        "Units": "m",
        "OrigDataRate": fps,
        "OrigDataStartFrame": "1",
        "OrigNumFrames": str(n_frames),
    }
    heads = (
        ("PathFileType", "4", "(X/Y/Z)", name),
        tuple(facts),
        tuple(facts.values()),
        ("Frame#", "Time", *(cell for landmark in LANDMARKS for cell in (landmark, "", ""))),
        ("", "", *(f"{axis}{number}" for number in range(1, len(LANDMARKS) + 1) for axis in "XYZ")),
        (),
    )
    up = (pose.world * np.array([1.0, -1.0, -1.0])).reshape(n_frames, -1)
    frames = (
        (str(number), f"{time_s:.4f}", *(f"{place:.5f}" for place in places))
        for number, (time_s, places) in enumerate(zip(pose.times_s.tolist(), up.tolist(), strict=True), 1)
    )
    return "".join("\t".join(cells) + "\n" for cells in (*heads, *frames))


def _cell(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None


def _write_parquet(pose: Pose, path: Path) -> Path:
    import pyarrow
    from pyarrow import parquet

    columns: Sequence[Sequence[float | str | None]] = list(zip(*rows(pose), strict=True))
    with document(path) as temporary:
        parquet.write_table(pyarrow.table(dict(zip(FIELDS, columns, strict=True))), temporary)
    return path
