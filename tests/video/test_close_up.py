"""Frames at chosen moments: the right ones, large, once, and not decoded twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.video import FrameStore, LoadedVideo, Sampling, load
from viddiff.video import close_up as module
from viddiff.video.close_up import close_up, overview
from viddiff.video.encode import write_video

FPS = 25


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a bar that moves to the right, 4 pixels a frame; its place tells the frame."""
    frames = np.zeros((50, 180, 320, 3), np.uint8)
    for i, frame in enumerate(frames):
        frame[:, 20 + 4 * i : 60 + 4 * i] = 255
    return write_video(tmp_path_factory.mktemp("clips") / "bar.mp4", frames, FPS, 320, 180)


def loaded(clip: Path, root: Path | None = None, **sampling: float) -> LoadedVideo:
    return load(clip, Sampling(fps=2, max_side=64, **sampling), FrameStore(root))  # type: ignore[arg-type]


def frame_of(pixels: NDArray[np.uint8]) -> int:
    """Which frame of the clip this is."""
    bright = pixels[:, :, 1].mean(axis=0) > 127
    left: float = float(np.flatnonzero(bright)[0]) * 320 / pixels.shape[1]
    return round((left - 20) / 4)


def test_the_frame_on_screen_at_each_moment_at_the_clips_own_rate(clip: Path) -> None:
    video = loaded(clip)
    frames = close_up(video, [1.3, 0.41, 0.43, 1.3])
    assert [frame.time_s for frame in frames] == pytest.approx([0.40, 1.28])
    assert [frame_of(video.sequence.store.pixels(frame.ref)) for frame in frames] == [10, 32]
    assert video.sequence.store.pixels(frames[0].ref).shape == (180, 320, 3)


def test_moments_outside_of_the_part_are_moved_to_its_ends(clip: Path) -> None:
    video = loaded(clip, start_s=0.5, stop_s=1.5)
    assert [frame.time_s for frame in close_up(video, [0.0, 9.0])] == pytest.approx([0.48, 1.48], abs=0.03)
    assert close_up(video, []) == ()


def test_a_part_of_the_picture_is_shown_larger(clip: Path) -> None:
    video = loaded(clip)
    whole = close_up(video, [0.8], max_side=80)
    left = close_up(video, [0.8], max_side=80, crop=(0.0, 0.0, 0.5, 1.0))
    assert video.sequence.store.pixels(whole[0].ref).shape == (45, 80, 3)
    assert video.sequence.store.pixels(left[0].ref).shape == (80, 71, 3)


def test_a_second_time_nothing_is_decoded(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = close_up(loaded(clip, tmp_path), [0.2, 1.0])

    def decoded(*args: object, **options: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(module, "open_source", decoded)
    assert close_up(loaded(clip, tmp_path), [0.2, 1.0]) == first
    with pytest.raises(AssertionError, match="decoded again"):
        close_up(loaded(clip, tmp_path), [0.2, 1.04])


def test_a_file_that_changed_is_said(clip: Path) -> None:
    video = loaded(clip)
    other = replace(video, info=video.info.model_copy(update={"source_hash": "0" * 64}))
    with pytest.raises(InputError, match="is no longer the file that was read"):
        close_up(other, [0.5])


def test_an_overview_is_small_even_and_in_order(clip: Path) -> None:
    video = loaded(clip)
    frames = overview(video, 3, max_side=32)
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 1.0, 1.5], abs=0.03)
    assert video.sequence.store.pixels(frames[0].ref).shape == (18, 32, 3)
    assert [frame.ref for frame in overview(video, 99, max_side=64)] == list(video.sequence.refs)


def test_an_overview_is_made_small_once(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = overview(loaded(clip, tmp_path), 3, max_side=32)

    def decoded(*args: object, **options: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(FrameStore, "pixels", decoded)
    assert overview(loaded(clip, tmp_path), 3, max_side=32) == first
    with pytest.raises(AssertionError, match="decoded again"):
        overview(loaded(clip, tmp_path), 3, max_side=40)
