"""Reading a clip: ``load`` (sampled JPEG frames and the grey track) against plain ways.

``python -m benchmarks.decode CLIP.mp4 ...`` measures your own videos instead of rendered ones.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.timing import Row, high_water_mb, print_rows
from viddiff.video import FrameStore, Sampling, load

SIZES = {"720p 10 s": (1280, 720), "1080p 10 s": (1920, 1080)}
_MARGIN = 32


def render(path: Path, width: int, height: int, n_frames: int = 300) -> Path:
    """A clip at 30 fps in which all is in motion: a drifting texture and a box that crosses it."""
    random = np.random.default_rng(0)
    texture = random.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)

    def picture(index: int) -> NDArray[np.uint8]:
        pixels = np.roll(texture, (3 * index, 5 * index), (0, 1))
        left = 7 * index % (width - 100)
        pixels[height // 3 : height // 3 + 80, left : left + 80] = (index % 255, 40, 200)
        return pixels

    return _encode(path, width, height, n_frames, picture)


@dataclass(frozen=True)
class Encoding:
    """How a clip is encoded: names and options of PyAV."""

    codec: str = "libx264"
    pixels: str = "yuv420p"
    rate: int = 30
    options: Mapping[str, str] = field(default_factory=lambda: {"preset": "fast"})
    mux: Mapping[str, str] = field(default_factory=dict)


def render_handheld(path: Path, width: int, height: int, n_frames: int = 300, encoding: Encoding | None = None) -> Path:
    """A clip as a hand-held camera films it: a scene that sways, its grain, and somebody moving in it."""
    random = np.random.default_rng(0)
    scene = _scene(random, width + 2 * _MARGIN, height + 2 * _MARGIN)
    grain = [random.normal(0, 2, (height, width, 1)).round().astype(np.int16) for _ in range(7)]
    sway = np.clip(np.cumsum(random.normal(0, 0.6, (n_frames, 2)), axis=0), -_MARGIN, _MARGIN).astype(int) + _MARGIN

    def picture(index: int) -> NDArray[np.uint8]:
        top, left = sway[index]
        pixels = scene[top : top + height, left : left + width].astype(np.int16)
        middle = int(width * (0.5 + 0.3 * np.sin(index / 20)))
        pixels[height // 4 : 3 * height // 4, middle - width // 24 : middle + width // 24] = (180, 60, 50)
        pixels += grain[index % len(grain)]
        return np.asarray(np.clip(pixels, 0, 255), dtype=np.uint8)

    return _encode(path, width, height, n_frames, picture, encoding)


def _scene(random: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """A still with large and small detail, the smaller the fainter, as in photographs."""
    layers = []
    for columns, strength in ((6, 40), (24, 25), (96, 14), (384, 8)):
        dots = random.normal(128, strength, (columns * height // width + 2, columns, 3)).clip(0, 255).astype(np.uint8)
        layers.append(np.asarray(Image.fromarray(dots).resize((width, height)), dtype=np.int16) - 128)
    return np.asarray(np.clip(np.sum(layers, axis=0) + 120, 0, 255), dtype=np.uint8)


def _encode(
    path: Path,
    width: int,
    height: int,
    n_frames: int,
    picture: Callable[[int], NDArray[np.uint8]],
    encoding: Encoding | None = None,
) -> Path:
    encoding = encoding or Encoding()
    with av.open(str(path), "w", options=dict(encoding.mux)) as container:
        stream: Any = container.add_stream(encoding.codec, rate=encoding.rate)
        stream.width, stream.height, stream.pix_fmt = width, height, encoding.pixels
        stream.options = dict(encoding.options)
        for index in range(n_frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(index), format="rgb24")))
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
    """The plain way: every frame in full size, then those at about four a second."""
    with av.open(str(path)) as container:
        step = round((container.streams.video[0].average_rate or 4) / 4)
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    frames[:: max(1, step)].copy()


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
    work_before = high_water_mb()
    work(path)
    return high_water_mb() - work_before


def measure(name: str, path: Path) -> list[Row]:
    """The rows of one clip."""
    decode_s, frames_s, ours_s, plain_s = _medians_s((decode_only, frames_only, ours, plain), path, 3)
    peaks = peak_mb(ours, path), peak_mb(plain, path)
    results = []
    for what, way_s in (("frames at 4 a second", frames_s), ("and the grey track at 12", ours_s)):
        results.append(Row(what, name, way_s, plain_s, "all frames in full size", None, "", *peaks))
        results.append(Row(what, name, way_s, decode_s, "decode only", decode_s / way_s, "decoding's speed"))
    return results


def pair_row(name: str, path: Path) -> Row:
    """Two videos read at once."""
    pair_s, one_by_one_s = _medians_s((ours_pair, ours_one_after_the_other), path, 5)
    return Row("two videos at once", name, pair_s, one_by_one_s, "one after the other")


def _seconds(way: Callable[[Path], None], path: Path) -> float:
    start = time.perf_counter()
    way(path)
    return time.perf_counter() - start


def _medians_s(ways: Sequence[Callable[[Path], None]], path: Path, rounds: int) -> list[float]:
    """The median of each way, after a round thrown away; by turns, so that what else the machine does hits all."""
    timings = [[_seconds(way, path) for way in ways] for _ in range(rounds + 1)]
    return [median(way_s) for way_s in zip(*timings[1:], strict=True)]


def rows(videos: Sequence[Path] = ()) -> list[Row]:
    """Time and weigh every way on these videos; without any, on rendered clips."""
    with tempfile.TemporaryDirectory() as folder:
        clips = {path.stem: path for path in videos} or _render(Path(folder))
        return [*(row for clip in clips.items() for row in measure(*clip)), pair_row(*next(iter(clips.items())))]


def _render(folder: Path) -> dict[str, Path]:
    clips = {name: render_handheld(folder / f"{name}.mp4", *size) for name, size in SIZES.items()}
    name, size = list(SIZES.items())[-1]
    return clips | {f"{name}, all in motion": render(folder / "motion.mp4", *size)}


if __name__ == "__main__":
    print_rows(rows([Path(word) for word in sys.argv[1:] if word.endswith(".mp4")]))
