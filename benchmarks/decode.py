"""Reading a clip: ``load`` (sampled JPEG frames and the grey track) against plain ways."""

from __future__ import annotations

import multiprocessing
import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.timing import Row, median_s, tell
from viddiff.video import FrameStore, Sampling, load

SIZES = {"720p 10 s": (1280, 720), "1080p 10 s": (1920, 1080)}


def render(path: Path, width: int, height: int, n_frames: int = 300) -> Path:
    """A clip at 30 fps, H.264: a drifting texture and a box that crosses it."""
    random = np.random.default_rng(0)
    texture = random.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "fast"}
        for index in range(n_frames):
            pixels = np.roll(texture, (3 * index, 5 * index), (0, 1))
            left = 7 * index % (width - 100)
            pixels[height // 3 : height // 3 + 80, left : left + 80] = (index % 255, 40, 200)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def ours(path: Path) -> None:
    """What VidDiff does: frames at 4 a second and the grey track at 12, in one pass."""
    load(path, Sampling(), FrameStore(None))


def frames_only(path: Path) -> None:
    """Both streams at 4 frames a second, so that no more is decoded than the frames need."""
    load(path, Sampling(track_fps=4.0), FrameStore(None))


def ours_pair(path: Path) -> None:
    """Two videos at once, as ``compare`` reads them: a core each."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: load(path, Sampling(threads=1), FrameStore(None)), range(2)))


def ours_one_after_the_other(path: Path) -> None:
    """The same two readings without threads."""
    for _ in range(2):
        load(path, Sampling(threads=1), FrameStore(None))


def plain(path: Path) -> None:
    """The plain way: every frame in full size, then every seventh."""
    with av.open(str(path)) as container:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    frames[:: len(frames) // 40].copy()


def decode_only(path: Path) -> None:
    """Every frame decoded with the library's own choice of threads, none looked at."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_type = "AUTO"
        for _ in container.decode(video=0):
            pass


def peak_mb(work: Callable[[Path], None], path: Path) -> float:
    """Memory that the work adds at its peak, in MB, in a fresh process; NaN where the system does not tell."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_grown_mb, (work, path))


def _grown_mb(work: Callable[[Path], None], path: Path) -> float:
    work_before = _high_water_mb()
    work(path)
    return _high_water_mb() - work_before


def _high_water_mb() -> float:
    # Not getrusage: its peak is inherited from the process that started this one.
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


def measure(name: str, path: Path) -> list[Row]:
    """The rows of one clip."""
    decode_s, plain_s = median_s(lambda: decode_only(path), 5), median_s(lambda: plain(path), 2)
    peaks = peak_mb(ours, path), peak_mb(plain, path)
    found = []
    for what, way in (("frames at 4 a second", frames_only), ("and the grey track at 12", ours)):
        way_s = median_s(lambda way=way: way(path), 5)  # type: ignore[misc]
        found.append(Row(what, name, way_s, plain_s, "all frames in full size", None, "", *peaks))
        found.append(Row(what, name, way_s, decode_s, "decode only", decode_s / way_s, "decoding's speed"))
    pair_s = median_s(lambda: ours_pair(path), 3)
    one_by_one_s = median_s(lambda: ours_one_after_the_other(path), 3)
    found.append(Row("two videos at once", name, pair_s, one_by_one_s, "one after the other"))
    return found


def rows() -> list[Row]:
    """Render the clips, time and weigh every way."""
    with tempfile.TemporaryDirectory() as folder:
        clips = {name: render(Path(folder) / f"{size[1]}.mp4", *size) for name, size in SIZES.items()}
        return [row for name, clip in clips.items() for row in measure(name, clip)]


if __name__ == "__main__":
    tell(rows())
