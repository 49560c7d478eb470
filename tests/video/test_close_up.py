"""Frames at chosen moments: the right ones, large, once, and not decoded twice."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
from numpy.typing import NDArray

from viddiff.core.errors import InputError
from viddiff.video import FrameStore, Limits, LoadedVideo, Sampling, load
from viddiff.video import close_up as module
from viddiff.video.close_up import close_up, overview
from viddiff.video.encode import write_video
from viddiff.video.loaded import part_of
from viddiff.video.probe import open_source
from viddiff.video.source_pyav import PyavSource

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


def test_a_clip_longer_than_the_default_limit_is_shown_closely(tmp_path: Path) -> None:
    """As a user who raised max_video_s would have it: 4,000 s, a frame every 100 s."""
    clip = write_video(tmp_path / "long.mp4", np.zeros((40, 64, 64, 3), np.uint8), Fraction(1, 100), 64, 64)
    video = load(clip, Sampling(fps=0.01, track_fps=0.01), FrameStore(None), Limits(max_duration_s=7200.0))
    assert video.info.duration_s > Limits().max_duration_s
    assert [frame.time_s for frame in close_up(video, [3900.0])] == pytest.approx([3900.0])


def test_a_clip_is_read_again_as_it_was_loaded(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampling = Sampling(fps=2, max_side=64, decoder="decord", jpeg_quality=40)
    monkeypatch.setattr(module, "open_source", spied := Mock(side_effect=open_source))
    monkeypatch.setitem(sys.modules, "viddiff.video.source_decord", SimpleNamespace(DecordSource=PyavSource))
    video = load(clip, sampling, FrameStore(tmp_path), limits := Limits(max_duration_s=7200.0))
    close = [close_up(video, [1.0]), close_up(part_of(video, 0.5, 1.5), [1.0])]
    assert close[0] == close[1]
    assert {call.args[1] for call in spied.call_args_list} == {limits}
    assert {call.kwargs["decoder"] for call in spied.call_args_list} == {"decord"}
    fine = load(clip, replace(sampling, jpeg_quality=90), FrameStore(tmp_path), limits)
    assert len(fine.sequence.store.read(close_up(fine, [1.0])[0].ref)) > len(fine.sequence.store.read(close[0][0].ref))


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
