"""Packets left out because nobody refers to their pictures, against decoding everything and the decoder's own way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.video.clips import write_clip
from viddiff.video import FrameStore, Limits, Sampling, load
from viddiff.video.non_reference import PacketReader, PictureUse, non_reference_pictures
from viddiff.video.source_pyav import PyavSource

B_FRAMES = "bframes=3:b-adapt=0:scenecut=0"
QUIET = "log-level=none"
LAYERED = f"{QUIET}:bframes=3:b-adapt=0:temporal-layers=3"

CLIPS: dict[str, Callable[[Path], Path]] = {
    "h264": lambda folder: write_clip(folder / "c.mp4", 70, noise=True, x264_params=f"{B_FRAMES}:keyint=30"),
    "h264, slices, matroska": lambda folder: write_clip(
        folder / "c.mkv", 70, noise=True, x264_params=f"{B_FRAMES}:slices=4"
    ),
    "h264, start codes": lambda folder: write_clip(folder / "c.ts", 70, noise=True, x264_params=f"{B_FRAMES}:slices=2"),
    "hevc": lambda folder: write_clip(folder / "c.mp4", 50, noise=True, codec="libx265", x265_params=QUIET),
    "hevc, start codes": lambda folder: write_clip(folder / "c.ts", 50, noise=True, codec="libx265", x265_params=QUIET),
    "hevc, layers": lambda folder: write_clip(folder / "c.mp4", 50, noise=True, codec="libx265", x265_params=LAYERED),
}


def shown(path: Path, skip: str = "DEFAULT") -> dict[int, NDArray[np.uint8]]:
    """The slow twin: every frame that a single decoding thread gives, by its time stamp."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.skip_frame = skip
        return {frame.pts or 0: frame.to_ndarray(format="gray") for frame in container.decode(stream)}


@pytest.mark.parametrize("kind", CLIPS)
def test_what_is_left_out_is_what_the_decoder_would_leave_out_and_changes_no_pixel(kind: str, tmp_path: Path) -> None:
    path = CLIPS[kind](tmp_path)
    everything = shown(path)
    source = PyavSource(path, Limits(), threads=5)
    non_reference = source._timeline.non_reference
    assert len(non_reference) > 10
    kept = everything.keys() - non_reference
    if "layers" not in kind:
        assert kept == shown(path, "NONREF").keys()
    wanted = np.flatnonzero(np.isin(source._timeline.pts, list(kept)))[::3]
    # Between two wanted frames all spare ones are left out, and one that is wanted itself is not.
    wanted = np.union1d(wanted, np.flatnonzero(np.isin(source._timeline.pts, list(non_reference)))[::4])
    pictures = list(source.pictures(wanted))
    assert [k for k, _ in pictures] == list(range(len(wanted)))
    for k, picture in pictures:
        expected = everything[int(source._timeline.pts[wanted[k]])]
        assert np.array_equal(picture.frame.to_ndarray(format="gray"), expected)


def test_any_number_of_threads_gives_the_same_frames(tmp_path: Path) -> None:
    path = CLIPS["h264"](tmp_path)
    readings = [load(path, Sampling(threads=threads), FrameStore(None)) for threads in (None, 1, 2, 7)]
    for reading in readings[1:]:
        assert reading.sequence.refs == readings[0].sequence.refs
        assert np.array_equal(reading.track.frames, readings[0].track.frames)


def test_a_lower_layer_is_spare_only_where_there_is_no_higher_one() -> None:
    assert non_reference_pictures({0: PictureUse(0, False), 1: PictureUse(0, True)}) == {1}
    assert non_reference_pictures({0: PictureUse(0, True), 1: PictureUse(1, True), 2: PictureUse(1, False)}) == {1}
    assert non_reference_pictures({}) == set()


def test_headers_are_read_as_the_standards_say() -> None:
    lengths, starts = PacketReader(hevc=False, length_size=4), PacketReader(hevc=False, length_size=0)
    assert lengths.read(b"\0\0\0\2\x06\5" + b"\0\0\0\3\x01\x9a\0") == PictureUse(0, True)
    # One part that others refer to, and the whole picture is one.
    assert lengths.read(b"\0\0\0\2\x01\x9a" + b"\0\0\0\2\x41\x9a") == PictureUse(0, False)
    assert starts.read(b"\0\0\0\1\x09\x10\0\0\1\x01\x9a") == PictureUse(0, True)
    assert starts.read(b"\0\0\1\x65\x88") == PictureUse(0, False)
    hevc = PacketReader(hevc=True, length_size=2)
    assert hevc.read(b"\0\2\x04\x02") == PictureUse(1, True)  # TSA_N in layer 1
    assert hevc.read(b"\0\2\x02\x01") == PictureUse(0, False)  # TRAIL_R
    assert hevc.read(b"\0\2\x28\x01") == PictureUse(0, False)  # IDR_N_LP, even but decoding starts at it
    assert hevc.read(b"\0\2\x4e\x01") == PictureUse(0, False)  # no picture at all


def test_the_header_of_a_stream_tells_how_units_are_parted() -> None:
    assert PacketReader.of("h264", b"\1\x64\0\x28\xff\xe1") == PacketReader(False, 4)
    assert PacketReader.of("hevc", b"\1" + 20 * b"\0" + b"\xfd") == PacketReader(True, 2)
    assert PacketReader.of("h264", b"\0\0\0\1\x67") == PacketReader(False, 0)
    assert PacketReader.of("h264", None) == PacketReader(False, 0)
    assert PacketReader.of("vp9", b"\1") is None


@given(packet=st.binary(max_size=60), hevc=st.booleans(), length_size=st.sampled_from([0, 1, 2, 4]))
def test_damaged_packets_are_no_error(packet: bytes, hevc: bool, length_size: int) -> None:
    use = PacketReader(hevc, length_size).read(packet)
    assert 0 <= use.layer + 1 <= 7
    assert PacketReader(hevc, 1).read(b"") == PictureUse(0, False)
