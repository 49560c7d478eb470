"""Files that cannot be read, or not all of them: one clear sentence each, never a crash."""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.video.clips import drawn, write_clip, write_sound
from viddiff.core.errors import InputError
from viddiff.video import FrameStore, Limits, Sampling, load, probe


def message(path: Path | str, sampling: Sampling | None = None, limits: Limits | None = None) -> str:
    """What a reading of it is refused with: one line, no FFmpeg text, no memory address."""
    with pytest.raises(InputError) as caught:
        load(path, sampling or Sampling(threads=3), FrameStore(None), limits)
    text = str(caught.value)
    assert repr(str(path)) in text
    assert text.isprintable()
    assert "Errno" not in text
    assert "0x" not in text
    assert caught.value.__cause__ is None
    return text


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "c.mp4", 90, noise=True, g="15", bf="2")


@pytest.mark.parametrize(
    "name", ["none.mp4", "http://127.0.0.1/a.mp4", "concat:a|b", "pipe:0", "file:c.mp4", "a\nb", "-i"]
)
def test_what_is_not_there(name: str) -> None:
    assert "There is no file" in message(name)


def test_a_nul_in_a_name() -> None:
    assert "cannot be opened as a file" in message("a\0b")


def test_no_video_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in message(tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("just text\n" * 100)
    assert "is not a video" in message(tmp_path / "text.mp4")
    (tmp_path / "noise.mp4").write_bytes(random.Random(1).randbytes(5000))
    assert "is not a video" in message(tmp_path / "noise.mp4")
    assert "holds only sound" in message(write_sound(tmp_path / "sound.m4a"))
    for suffix in ("jpg", "png", "webp"):
        Image.fromarray(drawn(1)).save(tmp_path / f"picture.{suffix}")
        assert "is an image" in message(tmp_path / f"picture.{suffix}")
    assert "a single frame" in message(write_clip(tmp_path / "one.mp4", 1))


def test_a_playlist_opens_nothing(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{clip}\n#EXT-X-ENDLIST\n")
    assert "list.m3u8" in message(tmp_path / "list.m3u8")
    (tmp_path / "list.txt").write_text(f"ffconcat version 1.0\nfile '{clip}'\n")
    assert "list.txt" in message(tmp_path / "list.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "neither a file nor a folder" in message(tmp_path / "pipe.mp4")


def test_without_permission(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    # Tests may run as root, who may read everything.
    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: check its permissions" in message(clip)


def test_folders(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    assert "holds no images" in message(folder)
    Image.fromarray(drawn(0)).save(folder / "0.png")
    assert "folder_fps" in message(folder)
    assert "a single image" in message(folder, Sampling(folder_fps=4))
    Image.fromarray(drawn(1, scale=2)).save(folder / "1.png")
    with pytest.raises(InputError, match=r"1\.png' has 384x128 pixels, the first image 192x64"):
        load(folder, Sampling(folder_fps=4), FrameStore(None))
    for name in ("0.png", "1.png"):
        (folder / name).write_bytes(b"damaged")
    assert "they are damaged" in message(folder, Sampling(folder_fps=4))


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        (Limits(max_bytes=1000), "max_video_mb (VIDDIFF_MAX_VIDEO_MB)"),
        (Limits(max_duration_s=2.9), "max_video_s (VIDDIFF_MAX_VIDEO_S)"),
        (Limits(max_pixels=192 * 64 - 1), "max_video_pixels (VIDDIFF_MAX_VIDEO_PIXELS)"),
        (Limits(max_frames=11), "max_sampled_frames (VIDDIFF_MAX_SAMPLED_FRAMES)"),
    ],
)
def test_limits_name_their_setting(limits: Limits, setting: str, clip: Path) -> None:
    assert f"raise the setting {setting}" in message(clip, limits=limits)


def test_limits_are_inclusive(clip: Path) -> None:
    facts = probe(clip)
    limits = Limits(facts.n_bytes, facts.duration_s, facts.width * facts.height, 12)
    assert len(load(clip, Sampling(), FrameStore(None), limits).sequence) == 12


def test_parts_that_cannot_be(clip: Path) -> None:
    assert "give a start before the stop" in message(clip, Sampling(start_s=2, stop_s=2))
    assert "give a start before the stop" in message(clip, Sampling(start_s=-1))
    assert "give a start before the stop" in message(clip, Sampling(start_s=float("nan")))
    assert "the video ends at 3.00 s" in message(clip, Sampling(start_s=3))
    assert "give a higher fps or a longer part" in message(clip, Sampling(start_s=1, stop_s=1.2))


def test_cut_off_files(tmp_path: Path, clip: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert "cut off or damaged" in message(cut)
    fast = write_clip(tmp_path / "fast.mp4", 90, noise=True, g="15", mux={"movflags": "faststart"})
    data = fast.read_bytes()
    cut.write_bytes(data[: int(0.8 * len(data))])
    footage = load(cut, Sampling(), FrameStore(None))
    (notice, *_) = footage.info.notices
    assert "The file is cut off: the last 0." in notice
    assert 2 < footage.info.duration_s < 2.7
    cut.write_bytes(data[: int(0.3 * len(data))])
    assert "of 3.0 s cannot be decoded" in message(cut)
    whole = write_clip(tmp_path / "whole.mkv", 90, noise=True, g="15").read_bytes()
    cut.write_bytes(whole[: int(0.7 * len(whole))])
    assert "The file is cut off" in load(cut, Sampling(), FrameStore(None)).info.notices[0]


def test_damage_in_the_middle_is_told_and_the_rest_is_read(tmp_path: Path, clip: Path) -> None:
    whole = load(clip, Sampling(), FrameStore(None))
    damaged = overwrite(clip, tmp_path / "damaged.mp4", 0.45, 0.55)
    footage = load(damaged, Sampling(), FrameStore(None))
    assert footage.info.notices
    notice = footage.info.notices[0]
    assert "are damaged and left out" in notice
    # What lies outside the damage is the same to the last bit.
    assert footage.sequence.refs[:5] == whole.sequence.refs[:5]
    assert footage.sequence.refs[-3:] == whole.sequence.refs[-3:]
    start_s, stop_s = (float(word) for word in notice.split("(")[1].split(" s")[0].split("-"))
    assert 1.0 < start_s < stop_s < 2.1


def test_more_than_half_damaged_is_an_error(tmp_path: Path, clip: Path) -> None:
    assert "is damaged" in message(overwrite(clip, tmp_path / "damaged.mp4", 0.1, 0.97))


def overwrite(source: Path, target: Path, start: float, stop: float) -> Path:
    """A copy with noise over a share of the coded pictures."""
    with av.open(str(source)) as container:
        packets = sorted((packet.pos, packet.size) for packet in container.demux(video=0) if packet.size)
    first, last = packets[0][0], sum(packets[-1])
    data = bytearray(source.read_bytes())
    low, high = (first + int(share * (last - first)) for share in (start, stop))
    data[low:high] = random.Random(5).randbytes(high - low)
    target.write_bytes(data)
    return target


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("fuzz")
    return folder / "mutant.mp4", write_clip(
        folder / "c.mp4", 20, noise=True, g="8", bf="1", preset="ultrafast"
    ).read_bytes()


@settings(max_examples=120, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6
    ),
    header=st.booleans(),
    cut=st.floats(0.5, 1),
)
def test_mutated_files_are_read_or_refused(
    scratch: tuple[Path, bytes], edits: list[tuple[float, bytes]], header: bool, cut: float
) -> None:
    path, original = scratch
    data = bytearray(original)
    # Most of a file is coded pictures; half of the mutants are hit in the index at its end.
    low = original.rindex(b"moov") if header else 0
    for place, noise in edits:
        at = low + int(place * (len(data) - low))
        data[at : at + len(noise)] = noise[: len(data) - at]
    path.write_bytes(data if header else data[: int(cut * len(data))] if cut < 0.6 else data)
    # Any other error than InputError is a bug, and fails here.
    with contextlib.suppress(InputError):
        footage = load(path, Sampling(fps=8, threads=1), FrameStore(None))
        assert len(footage.sequence) >= 2
        assert np.all(np.diff(footage.sequence.times_s) > 0)
        assert len(footage.track) == len(footage.track.frames)
