"""What was found of a figure is kept beside the reading, and read back whole or not at all."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tests.motion.drawn_track import draw, squats
from tests.support.loaded import noise_footage
from viddiff.motion.figure import cache as followed
from viddiff.motion.figure.cache import figure_of, read
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.video.loaded import GreyTrack, LoadedVideo


def squatting(folder: Path | None) -> LoadedVideo:
    track = draw(*squats(2, 2.0), depth=0.3)
    return replace(noise_footage(2), load_track=lambda: track, cache_path=folder and folder / "0123")


def same(one: FigureTrack, other: FigureTrack) -> bool:
    return all(
        np.array_equal(np.asarray(getattr(one, field.name)), np.asarray(getattr(other, field.name)), equal_nan=True)
        if isinstance(getattr(one, field.name), np.ndarray)
        else getattr(one, field.name) == getattr(other, field.name)
        for field in fields(FigureTrack)
    )


def test_a_figure_is_followed_once_and_read_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = figure_of(squatting(tmp_path))
    monkeypatch.setattr(followed, "track_figure", lambda track: pytest.fail("followed again"))
    assert same(figure_of(squatting(tmp_path)), first)


def test_a_damaged_figure_is_followed_again(tmp_path: Path) -> None:
    first = figure_of(squatting(tmp_path))
    [path] = tmp_path.iterdir()
    for damaged in (b"", b"PK", path.read_bytes()[:-30]):
        path.write_bytes(damaged)
        assert same(figure_of(squatting(tmp_path)), first)


def test_where_nothing_is_kept_or_nothing_can_be_written_it_is_followed_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert same(figure_of(squatting(None)), figure_of(squatting(tmp_path / "file")))


def test_problems_come_back(tmp_path: Path) -> None:
    shaken = np.random.default_rng(0).integers(0, 255, (30, 40, 60), dtype=np.uint8)
    footage = replace(
        noise_footage(2), load_track=lambda: GreyTrack(np.arange(30) / 12, shaken), cache_path=tmp_path / "0123"
    )
    first = figure_of(footage)
    assert first.problems
    assert figure_of(footage).problems == first.problems
    # Figures that were kept before called them faults.
    (path,) = tmp_path.glob("*.npz")
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["rest"] = np.array(str(arrays["rest"]).replace('"problems"', '"faults"'))
    np.savez(path, **arrays)
    read_again = read(path)
    assert read_again is not None
    assert read_again.problems == first.problems
