"""Damage that decoders conceal: it is told, and healthy files are not accused."""

from __future__ import annotations

import io
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from benchmarks.damage import KINDS, PROMISED, mutate, render, render_healthy
from benchmarks.mutate import Job, outcomes, read
from tests.video.clips import drawn, write_clip
from viddiff.core.errors import InputError
from viddiff.video import FrameStore, Limits, Sampling, gif, jpeg, load
from viddiff.video.vp9 import most_pixels

PICTURE = Image.fromarray(
    np.clip(drawn(1234) + np.random.default_rng(0).normal(0, 9, (64, 192, 3)), 0, 255).astype(np.uint8)
)
JPEGS: list[dict[str, Any]] = [
    *({"quality": quality} for quality in (1, 50, 95)),
    *({"subsampling": kind} for kind in ("4:4:4", "4:2:2", "4:2:0")),
    {"optimize": True},
    {"progressive": True},
    *({"restart_marker_blocks": n} for n in (1, 5, 2000)),
    {"restart_marker_rows": 1},
    {"comment": b"\xff\xda\xff"},
]
#: Suffix, codec, and what a file cut in its second half says.
CUT = {
    "avi": ("mjpeg", "s that it announces are missing"),
    "webm": ("libvpx-vp9", "s that it announces are missing"),
    "flv": ("flv", "s that it announces are missing"),
    "wmv": ("wmv2", "more bytes than it holds"),
    "ivf": ("libvpx-vp9", "s that it announces are missing"),
    "gif": ("gif", "it has no end mark"),
    "mov": ("mjpeg", "more bytes than it holds"),
}


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def notices(path: Path, sampling: Sampling | None = None) -> str:
    return " ".join(load(path, sampling or Sampling(threads=3), FrameStore(None)).info.notices)


def payloads(path: Path) -> list[tuple[int, int]]:
    """(position, bytes) of each packet."""
    with av.open(str(path)) as container:
        return [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("options", JPEGS, ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_healthy_jpegs_of_another_encoder_are_whole(mode: str, options: dict[str, Any]) -> None:
    assert not jpeg.is_damaged(saved(PICTURE.convert(mode), "JPEG", **options))
    assert not jpeg.is_damaged(saved(PICTURE.convert(mode).resize((37, 21)), "JPEG", **options) + b"\0\0\0")


def test_a_jpeg_must_end_where_its_data_ends() -> None:
    whole = saved(PICTURE, "JPEG")
    start = whole.index(b"\xff\xda") + 14
    assert jpeg.is_damaged(whole[:-40])
    assert jpeg.is_damaged(whole[:-30] + whole[-2:])
    assert jpeg.is_damaged(whole[:-2] + b"\x12\x34\x56" + whole[-2:])
    assert jpeg.is_damaged(whole[: start + 50] + whole[start + 90 :])
    assert jpeg.is_damaged(whole[: start + 50] + b"\xff\xd0" + whole[start + 50 :])
    assert jpeg.is_damaged(whole.replace(b"\xff\xc0\x00\x11\x08\x00\x40", b"\xff\xc0\x00\x11\x08\x00\x50"))
    # Any header may be hit: never another error.
    for k in range(2, start, 2):
        for byte in (0, 1, 255):
            jpeg.is_damaged(whole[:k] + bytes([byte]) + whole[k + 1 :])


def test_gifs_of_another_encoder_are_whole_and_a_changed_byte_is_found() -> None:
    for size in ((192, 64), (7, 3)):
        for colors in (2, 16, 256):
            frames = [PICTURE.resize(size).rotate(k).quantize(colors) for k in range(3)]
            whole = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], interlace=1)
            assert not gif.is_damaged(whole)
    draw, found = random.Random(0), 0
    single = saved(PICTURE.quantize(256), "GIF")
    for _ in range(200):
        at = draw.randrange(820, len(single) - 2)
        found += gif.is_damaged(single[:at] + bytes([single[at] ^ draw.randrange(1, 256)]) + single[at + 1 :])
    assert found >= 130  # a colour may be changed for another
    assert gif.is_damaged(single[: len(single) // 2])


@pytest.mark.parametrize("suffix", CUT)
def test_a_cut_file_is_told_from_what_it_announces(suffix: str, tmp_path: Path) -> None:
    codec, told = CUT[suffix]
    mux = {"movflags": "frag_keyframe+empty_moov"} if suffix == "mov" else {}
    options: dict[str, Any] = {"cpu_used": "8", "deadline": "realtime", "g": "5"} if codec == "libvpx-vp9" else {}
    clip = write_clip(tmp_path / f"whole.{suffix}", 40, fps=10, codec=codec, noise=True, mux=mux, **options)
    assert notices(clip) == ""
    data, last = clip.read_bytes(), payloads(clip)[-6]
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(data[: last[0] + 10])
    assert told in notices(cut)


def test_damage_between_the_frames_asked_for_is_told(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", 60, noise=True, g="60", bf="0", scale=2)
    data = bytearray(clip.read_bytes())
    place, size = payloads(clip)[20]
    data[place + size // 3 : place + size] = random.Random(0).randbytes(size - size // 3)
    clip.write_bytes(data)
    # At two frames a second, frames 15 and 30 are looked at, which are whole but for what they refer to.
    told = notices(clip, Sampling(fps=2, track_fps=2))
    assert "are smeared" in told or "may be smeared" in told
    assert "near 0.6" in told
    # Where nothing that was read lies behind it, there is nothing to tell.
    assert notices(clip, Sampling(stop_s=0.5)) == ""


def test_damage_in_a_stream_without_time_stamps_is_told(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.h264", 60, noise=True, bf="0", g="60")
    assert "damaged" not in notices(clip)
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60] = random.Random(0).randbytes(60)
    clip.write_bytes(data)
    # 25 frames a second are assumed.
    assert "damaged (near 1.2" in notices(clip)


def test_a_vp9_frame_that_reads_beyond_its_data_is_told(tmp_path: Path) -> None:
    clip = render(tmp_path, "VP9", "webm")
    data = bytearray(clip.read_bytes())
    place, size = payloads(clip)[24]
    for k in range(40, min(size, 400), 40):
        data[place + k] ^= 0x55
    damaged = tmp_path / "damaged.webm"
    damaged.write_bytes(data)
    with ThreadPoolExecutor(2) as pool:  # two readings at once know nothing of each other
        told, healthy, again = pool.map(notices, (damaged, clip, damaged))
    assert healthy == ""
    assert "damaged" in told
    assert told == again


def test_a_vp9_frame_larger_than_allowed_is_not_decoded(tmp_path: Path) -> None:
    options: dict[str, Any] = {"cpu_used": "8", "deadline": "realtime", "g": "10"}
    clip = write_clip(tmp_path / "c.webm", 40, codec="libvpx-vp9", noise=True, **options)
    data = clip.read_bytes()
    with av.open(str(clip)) as container:
        sizes = [most_pixels(bytes(packet)) for packet in container.demux(video=0) if packet.size]
    assert [k for k, n_pixels in enumerate(sizes) if n_pixels] == [0, 10, 20, 30]
    assert set(sizes) == {0, 192 * 64}
    place, _ = payloads(clip)[20]
    at = data.index(b"\x49\x83\x42", place)
    # Behind the sync code and four bits of colours: width - 1 and height - 1 in 16 bits each.
    huge = bytearray(data)
    huge[at + 3 : at + 8] = bytes([huge[at + 3] | 0x0F, 0xFF, 0xFF, 0xFF, huge[at + 7] | 0xF0])
    assert most_pixels(bytes(huge[at - 1 : at + 40])) == 65536 * 65536
    clip.write_bytes(huge)
    assert "damaged" in notices(clip)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.mark.parametrize("codec", PROMISED)
def test_most_damage_that_shows_is_noticed(codec: str, folder: Path) -> None:
    clip = render(folder, codec, KINDS[codec][0][0])
    found = [read(Job(codec, clip, seed), Sampling(threads=1)).kind for seed in range(10)]
    shown = [kind for kind in found if kind in ("noticed", "silent")]
    assert len(shown) + found.count("refused") >= 5
    assert shown.count("noticed") >= 0.8 * len(shown)


def test_healthy_clips_are_not_accused(folder: Path) -> None:
    for number in range(6):
        outcome = read(Job(*render_healthy(folder, number)), Sampling(threads=1))
        assert (outcome.kind, outcome.told) == ("healthy", "")


def test_a_reading_that_takes_its_process_down_is_counted(folder: Path) -> None:
    clip = render(folder, "GIF", "gif")
    jobs = [Job("GIF", folder / "gone.gif", seed=3), Job("GIF", clip)]
    assert [outcome.kind for outcome in outcomes(jobs, time.monotonic() + 60)] == ["died", "healthy"]


def test_damage_is_the_same_for_a_seed() -> None:
    data = bytes(range(256)) * 40
    assert [mutate(data, seed) for seed in range(9)] == [mutate(data, seed) for seed in range(9)]
    assert all(mutate(data, seed) != data for seed in range(9))


def test_limits_still_hold_for_all_decoders(folder: Path) -> None:
    for codec in PROMISED:
        with pytest.raises(InputError, match="max_video_pixels"):
            load(render(folder, codec, KINDS[codec][0][0]), Sampling(), FrameStore(None), Limits(max_pixels=1000))
