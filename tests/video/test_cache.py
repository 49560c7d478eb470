"""A second reading decodes nothing, and an entry that is not whole is made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.video.clips import write_clip
from viddiff.core.errors import InputError
from viddiff.video import FrameStore, Limits, LoadedVideo, Sampling, load, sample
from viddiff.video.probe import open_source


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "c.mp4", 40)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The paths that a decoder was opened for."""
    paths: list[Path] = []

    def counting(path: Path, *arguments: Any, **options: Any) -> Any:
        paths.append(path)
        return open_source(path, *arguments, **options)

    monkeypatch.setattr(sample, "open_source", counting)
    return paths


def same(ours: LoadedVideo, theirs: LoadedVideo) -> bool:
    return (
        ours.sequence.refs == theirs.sequence.refs
        and np.array_equal(ours.sequence.times_s, theirs.sequence.times_s)
        and np.array_equal(ours.track.frames, theirs.track.frames)
        and np.array_equal(ours.track.times_s, theirs.track.times_s)
        and ours.info.model_copy(update={"name": ""}) == theirs.info.model_copy(update={"name": ""})
    )


def test_a_second_reading_opens_no_decoder(tmp_path: Path, clip: Path, opened: list[Path]) -> None:
    first = load(clip, Sampling(threads=1), FrameStore(tmp_path / "cache"))
    moved = clip.rename(tmp_path / "other \x1b[31mname.mp4")
    second = load(moved, Sampling(threads=2), FrameStore(tmp_path / "cache"))
    assert len(opened) == 1
    assert same(first, second)
    assert second.info.name == "other \N{REPLACEMENT CHARACTER}[31mname.mp4"
    assert np.array_equal(second.sequence.pixels(1), first.sequence.pixels(1))


@pytest.mark.parametrize(
    "change", [{"fps": 5.0}, {"max_side": 100}, {"start_s": 0.5}, {"stop_s": 1.0}, {"track_fps": 3}]
)
def test_other_values_are_another_reading(
    change: dict[str, Any], tmp_path: Path, clip: Path, opened: list[Path]
) -> None:
    for sampling in (Sampling(), Sampling(**change), Sampling(**change)):
        load(clip, sampling, FrameStore(tmp_path / "cache"))
    assert len(opened) == 2


def test_other_content_under_the_same_name_is_another_reading(tmp_path: Path, clip: Path, opened: list[Path]) -> None:
    first = load(clip, Sampling(), FrameStore(tmp_path / "cache"))
    second = load(write_clip(clip, 80), Sampling(), FrameStore(tmp_path / "cache"))
    assert len(opened) == 2
    assert len(second.sequence) > len(first.sequence)


@pytest.mark.parametrize("suffix", ["json", "npy", "jpg"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "noise"])
def test_a_damaged_entry_is_made_anew(suffix: str, damage: str, tmp_path: Path, clip: Path, opened: list[Path]) -> None:
    first = load(clip, Sampling(), FrameStore(tmp_path / "cache"))
    victim = sorted((tmp_path / "cache").rglob(f"*.{suffix}"))[0]
    data = victim.read_bytes()
    victim.unlink()
    if damage != "gone":
        victim.write_bytes({"empty": b"", "cut": data[: len(data) // 2], "noise": b"\x00\xff" * 50}[damage])
    second = load(clip, Sampling(), FrameStore(tmp_path / "cache"))
    assert len(opened) == 2
    assert same(first, second)
    assert victim.read_bytes() == data


def test_a_track_damaged_after_it_was_found_is_told(tmp_path: Path, clip: Path) -> None:
    footage = load(clip, Sampling(), FrameStore(tmp_path / "cache"))
    (track,) = (tmp_path / "cache").rglob("*.npy")
    track.write_bytes(b"")
    with pytest.raises(InputError, match="is damaged: run the command again"):
        _ = footage.track


def test_limits_hold_for_kept_readings_too(tmp_path: Path, clip: Path) -> None:
    load(clip, Sampling(), FrameStore(tmp_path / "cache"))
    for limits in (Limits(max_duration_s=1), Limits(max_frames=3), Limits(max_pixels=100), Limits(max_bytes=10)):
        with pytest.raises(InputError, match="raise the setting"):
            load(clip, Sampling(), FrameStore(tmp_path / "cache"), limits)


def test_without_a_folder_nothing_is_remembered(clip: Path, opened: list[Path]) -> None:
    store = FrameStore(None)
    assert same(load(clip, Sampling(), store), load(clip, Sampling(), store))
    assert len(opened) == 2
