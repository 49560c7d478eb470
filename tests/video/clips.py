"""Clips that say which frame is which: its number is drawn into each as twelve black or white blocks."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

BLOCK, COLUMNS, ROWS = 32, 6, 2
WIDTH, HEIGHT = BLOCK * COLUMNS, BLOCK * ROWS


def drawn(number: int, scale: int = 1) -> NDArray[np.uint8]:
    """(64, 192, 3) RGB, or ``scale`` times as large: a frame that shows its number."""
    bits = np.array([number >> k & 1 for k in range(COLUMNS * ROWS)], dtype=np.uint8).reshape(ROWS, COLUMNS)
    grey = (40 + 180 * bits).repeat(BLOCK * scale, 0).repeat(BLOCK * scale, 1)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def number(pixels: NDArray[np.uint8]) -> int:
    """The number that a frame shows, at any size."""
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    sizes = zip((ROWS, COLUMNS), grey.shape, strict=True)
    rows, columns = (((np.arange(n) + 0.5) / n * size).astype(int) for n, size in sizes)
    return int(sum(int(bit) << k for k, bit in enumerate((grey[np.ix_(rows, columns)] > 130).ravel())))


def write_clip(
    path: Path,
    n_frames: int = 60,
    *,
    fps: int = 30,
    pts: Sequence[int] | None = None,
    codec: str = "libx264",
    rotation: int | None = None,
    noise: bool = False,
    scale: int = 1,
    mux: dict[str, str] | None = None,
    shift: int = 0,
    title: str = "",
    **options: str,
) -> Path:
    """Encode numbered frames; ``pts`` are milliseconds (a variable rate), ``shift`` moves all packets by frames."""
    random = np.random.default_rng(0)
    with av.open(str(path), "w", options=mux or {}) as container:
        if title:
            container.metadata["title"] = title
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height = WIDTH * scale, HEIGHT * scale
        stream.pix_fmt = "bgr8" if codec == "gif" else "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = {name.replace("_", "-"): value for name, value in options.items()}
        if pts is not None:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for index in range(n_frames):
            pixels = drawn(index, scale)
            if noise:  # so that there is something in the file to damage
                pixels = np.clip(pixels + random.integers(-39, 36, pixels.shape), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = index if pts is None else pts[index]
            frame.time_base = Fraction(1, fps) if pts is None else Fraction(1, 1000)
            _mux(container, stream.encode(frame), shift)
        _mux(container, stream.encode(), shift)
    return path


def _mux(container: Any, packets: list[Any], shift: int) -> None:
    for packet in packets:
        packet.pts += shift
        packet.dts += shift
        container.mux(packet)


def write_sound(path: Path) -> Path:
    """A file with one second of silence and no picture."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), dtype=np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def plain_frames(path: Path) -> list[tuple[float, int]]:
    """The slow twin: decode every frame in full; (seconds from the first frame, its number)."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        shown = [(frame.pts, number(frame.to_ndarray(format="rgb24"))) for frame in container.decode(stream)]
        base = float(stream.time_base or 0)
    return [((pts or 0) * base - (shown[0][0] or 0) * base, value) for pts, value in shown]


def plain_pick(frames: list[tuple[float, int]], start_s: float, stop_s: float, fps: float) -> list[tuple[float, int]]:
    """The slow twin: for each wanted time the last frame that has begun, each once."""
    picked: list[tuple[float, int]] = []
    k = 0
    while start_s + k / fps < stop_s - 1e-6:
        on_screen = [frame for frame in frames if frame[0] <= start_s + k / fps + 1e-6][-1]
        if not picked or picked[-1] != on_screen:
            picked.append(on_screen)
        k += 1
    return picked
