"""Frames handed on while a video is decoded: the right ones, in the same pass, and none kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video.clips import number, write_clip
from viddiff.core.errors import InputError
from viddiff.video import FrameStore, Sampling, load
from viddiff.video.loaded import DecodingPass


@dataclass
class Taken:
    """A stream that reads the numbers of its frames."""

    fps: float = 15.0
    max_side: int = 96
    times_s: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    shapes: set[tuple[int, ...]] = field(default_factory=set)
    n_closed: int = 0

    def take(self, time_s: float, pixels: NDArray[np.uint8]) -> None:
        self.times_s.append(time_s)
        self.numbers.append(number(pixels))
        self.shapes.add(pixels.shape)

    def close(self) -> None:
        self.n_closed += 1


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", 60)


@pytest.mark.parametrize(("fps", "numbers"), [(15.0, list(range(0, 60, 2))), (10.0, list(range(0, 60, 3)))])
def test_a_stream_takes_the_frames_at_its_own_rate_in_the_same_pass(clip: Path, fps: float, numbers: list[int]) -> None:
    stream, asked = Taken(fps=fps), list[DecodingPass]()

    def open_stream(facts: DecodingPass) -> Taken:
        asked.append(facts)
        return stream

    footage = load(clip, Sampling(), FrameStore(None), open_stream=open_stream)
    assert stream.numbers == numbers
    assert stream.times_s == pytest.approx([n / 30 for n in numbers])
    assert stream.shapes == {(32, 96, 3)}
    assert stream.n_closed == 1
    info = footage.info
    assert asked == [DecodingPass(info.source_hash, info.fps, info.start_s, info.stop_s)]


def test_a_stream_changes_nothing_of_the_reading(clip: Path) -> None:
    alone = load(clip, Sampling(), FrameStore(None))
    beside = load(clip, Sampling(), FrameStore(None), open_stream=lambda facts: Taken())
    assert beside.info == alone.info
    assert beside.sequence.refs == alone.sequence.refs
    assert np.array_equal(beside.track.frames, alone.track.frames)
    assert np.array_equal(beside.track.times_s, alone.track.times_s)


def test_a_reading_that_is_kept_decodes_nothing_and_can_be_streamed_on_its_own(clip: Path, tmp_path: Path) -> None:
    store, first, again, later = FrameStore(tmp_path / "kept"), Taken(), Taken(), Taken()
    load(clip, Sampling(start_s=0.5, stop_s=1.5), store, open_stream=lambda facts: first)
    footage = load(clip, Sampling(start_s=0.5, stop_s=1.5), store, open_stream=lambda facts: again)
    assert (again.times_s, again.n_closed) == ([], 0)
    assert footage.stream is not None
    footage.stream(later)
    assert (later.times_s, later.numbers, later.n_closed) == (first.times_s, first.numbers, 1)
    clip.unlink()
    with pytest.raises(InputError):
        footage.stream(later)


def test_a_stream_is_closed_where_reading_fails(clip: Path) -> None:
    stream = Taken()
    with pytest.raises(InputError, match="Only one frame"):
        load(clip, Sampling(fps=0.1), FrameStore(None), open_stream=lambda facts: stream)
    assert stream.n_closed == 1
