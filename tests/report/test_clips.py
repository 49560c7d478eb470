"""The clips of a report: every frame in its place, small, and made once."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.report.numbered import info
from tests.video.clips import drawn, number, write_clip
from viddiff.core.errors import InputError
from viddiff.report import clips
from viddiff.report.clips import EncodedClip, clip_rate, make_clip


def numbers(clip: EncodedClip) -> list[int]:
    """The number on each frame."""
    with av.open(_file(clip)) as container:
        return [number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def _file(clip: EncodedClip) -> str:
    path = Path("clip.mp4")
    path.write_bytes(clip.mp4)
    return str(path)


def test_a_constant_rate_keeps_every_frame_of_the_part(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", 40, fps=25)
    clip = make_clip(path, info(path, 0.4, 1.2))
    assert (clip.fps, clip.n_frames, clip.start_s) == (25.0, 20, 0.4)
    assert numbers(clip) == list(range(10, 30))


def test_a_part_that_begins_within_a_frame_keeps_its_frames_in_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", 40, fps=25)
    for offset_s in (0.005, 0.019, 0.021, 0.035):
        shown = numbers(make_clip(path, info(path, 0.4 + offset_s, 1.2)))
        assert shown == list(range(shown[0], shown[0] + len(shown)))
        assert shown[0] == (10 if offset_s < 0.02 else 11)


def test_a_variable_rate_is_put_on_a_regular_grid(tmp_path: Path) -> None:
    pts = [0, 40, 200, 240, 280, 600, 640, 680, 720, 760]
    path = write_clip(tmp_path / "x.mkv", 10, fps=25, pts=pts)
    clip = make_clip(path, info(path, 0.0, 0.8))
    shown = numbers(clip)
    assert len(shown) == clip.n_frames == math.ceil(0.8 * clip.fps - 1e-4)
    middles_ms = [1000 * (i + 0.5) / clip.fps for i in range(clip.n_frames)]
    assert shown == [int(np.searchsorted(pts, ms, side="right")) - 1 for ms in middles_ms]


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (25.0, Fraction(25)),
        (30000 / 1001, Fraction(30000, 1001)),
        (60.0, Fraction(60)),
        (59.97, clip_rate(59.97)),
        (120.0, Fraction(60)),
        (240.0, Fraction(60)),
        (90.0, Fraction(45)),
        (float("nan"), Fraction(25)),
        (0.0, Fraction(25)),
    ],
)
def test_a_fast_source_gives_every_nth_frame(fps: float, rate: Fraction) -> None:
    assert clip_rate(fps) == rate
    assert float(rate) <= 60.001


def test_a_turned_video_is_upright_and_a_folder_of_images_is_a_clip(tmp_path: Path) -> None:
    turned = write_clip(tmp_path / "x.mp4", 4, fps=25, rotation=90)
    clip = make_clip(turned, info(turned, 0.0, 0.16))
    with av.open(_file(clip)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 192)
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(6):
        Image.fromarray(drawn(i)).save(folder / f"{i}.png")
    facts = info(turned, 0.0, 0.6).model_copy(update={"fps": 10.0, "name": "images"})
    assert numbers(make_clip(folder, facts)) == list(range(6))


def test_it_plays_in_browsers_and_seeks_fast(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", 60, fps=30)
    clip = make_clip(path, info(path, 0.0, 2.0))
    assert 0 < clip.mp4.index(b"moov") < clip.mp4.index(b"mdat")
    with av.open(_file(clip)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.profile) == ("h264", "yuv420p", "Main")
        assert stream.average_rate == 30
        assert len(container.streams) == 1
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
    keys = [i for i, packet in enumerate(packets) if packet.is_keyframe]
    assert max(np.diff([*keys, 60])) <= 15


def test_it_stays_within_its_bytes(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", 30, fps=30, noise=True, scale=2)
    facts = info(path, 0.0, 1.0)
    free, bound = make_clip(path, facts), make_clip(path, facts, max_bytes=30_000)
    assert len(bound.mp4) <= 30_000 < len(free.mp4)
    assert numbers(bound) == list(range(30))


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "x.mp4", 10, fps=25)
    facts = info(path, 0.0, 0.4)
    first = make_clip(path, facts, tmp_path / "cache")
    (kept,) = (tmp_path / "cache" / "clips").rglob("*.mp4")
    assert kept.read_bytes() == first.mp4
    monkeypatch.setattr(clips, "_encode", None)
    assert make_clip(path, facts, tmp_path / "cache") == first
    with pytest.raises(TypeError):
        make_clip(path, facts.model_copy(update={"stop_s": 0.3}), tmp_path / "cache")


def test_what_is_too_long_or_gone_is_told(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", 10, fps=25)
    facts = info(path, 0.0, 0.4)
    with pytest.raises(InputError, match="players show at most 300 s: compare a part"):
        make_clip(path, facts.model_copy(update={"stop_s": 301.0}))
    with pytest.raises(InputError, match="There is no file"):
        make_clip(tmp_path / "gone.mp4", facts)


def test_clips_next_to_a_page_may_be_longer(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", 310, fps=1)
    facts = info(path, 0.0, 310.0).model_copy(update={"fps": 1.0})
    with pytest.raises(InputError, match=r"viddiff report --link"):
        make_clip(path, facts)
    assert make_clip(path, facts, longest_s=clips.LONGEST_LINKED_S).n_frames == 310
