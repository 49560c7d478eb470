"""Files whose clock starts again: joined transport streams are read to their end, and the joint is told."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.video.clips import number, write_clip
from viddiff.video import FrameStore, Sampling, load


def joined(folder: Path, suffix: str, *parts: Path) -> Path:
    path = folder / f"joined{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def numbers(path: Path, fps: float = 4.0) -> tuple[list[float], list[int], tuple[str, ...]]:
    footage = load(path, Sampling(fps=fps), FrameStore(None))
    sequence = footage.sequence
    return sequence.times_s.tolist(), [number(sequence.pixels(k)) for k in range(len(sequence))], footage.info.notices


@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_the_parts_of_a_joined_file_follow_each_other(suffix: str, tmp_path: Path) -> None:
    codec = "libx264" if suffix == ".ts" else "mpeg2video"
    first = write_clip(tmp_path / f"a{suffix}", 60, codec=codec, bf="2")
    second = write_clip(tmp_path / f"b{suffix}", 30, codec=codec, bf="2")
    times_s, shown, notices = numbers(joined(tmp_path, suffix, first, second, first))
    _, alone, _ = numbers(first)
    assert times_s == pytest.approx(np.arange(20) / 4, abs=0.07)
    assert shown[:8] == alone
    # A demuxer may lose the last frame before a joint.
    assert shown[9:12] == pytest.approx(alone[1:4], abs=1)
    assert shown[13:] == pytest.approx(alone[1:], abs=1)
    (notice,) = notices
    assert "The clock of the file jumps at 2.0" in notice
    assert "3.0" in notice


def test_a_clock_that_jumps_ahead_is_a_joint_too(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.ts", 60)
    second = tmp_path / "b.ts"
    with av.open(str(first)) as source, av.open(str(second), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts += 90_000 * 7200
                packet.dts += 90_000 * 7200
                packet.stream = stream
                target.mux(packet)
    times_s, shown, notices = numbers(joined(tmp_path, ".ts", first, second))
    assert times_s[-1] == pytest.approx(3.75, abs=0.04)
    assert shown[8:] == pytest.approx(shown[:8], abs=1)
    assert "jumps at 2.0" in notices[0]
    # Alone it is an ordinary file.
    assert numbers(second)[2] == ()
