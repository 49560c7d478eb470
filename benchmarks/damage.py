"""Small clips in many encodings, and damage to their bytes, all from seeds."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.decode import Encoding, render_handheld

N_FRAMES, RATE = 36, 12
WIDTH, HEIGHT = 192, 144
_QUIET = "log-level=none"
_FAST = {"cpu-used": "8", "deadline": "realtime"}

#: By codec: suffixes of the containers, and the encoding. The first four are those that the promise is about.
KINDS: dict[str, tuple[tuple[str, ...], Encoding]] = {
    "H.264": (("mp4", "mkv", "ts", "mov"), Encoding(rate=RATE)),
    "VP9": (("webm", "mkv"), Encoding("libvpx-vp9", rate=RATE, options=_FAST)),
    "MJPEG": (("avi", "mov"), Encoding("mjpeg", "yuvj420p", RATE, {})),
    "GIF": (("gif",), Encoding("gif", "bgr8", RATE, {})),
    "HEVC": (("mp4", "mkv"), Encoding("libx265", rate=RATE, options={"preset": "fast", "x265-params": _QUIET})),
    "MPEG-4": (("avi", "mp4"), Encoding("mpeg4", rate=RATE, options={})),
    "MPEG-2": (("mpg", "ts"), Encoding("mpeg2video", rate=25, options={})),
    "VP8": (("webm",), Encoding("libvpx", rate=RATE, options=_FAST)),
    "FLV1": (("flv",), Encoding("flv", rate=RATE, options={})),
    "WMV2": (("wmv",), Encoding("wmv2", rate=RATE, options={})),
}
PROMISED = ("H.264", "VP9", "MJPEG", "GIF")


def render(folder: Path, codec: str, suffix: str) -> Path:
    """The clip that is damaged: 3 s of somebody moving before a swaying camera."""
    return render_handheld(folder / f"{codec}.{suffix}", WIDTH, HEIGHT, N_FRAMES, KINDS[codec][1])


def render_healthy(folder: Path, number: int) -> tuple[str, Path]:
    """(codec, clip) of encoder settings drawn from a seed: size, length, rate, quality, key frames, container."""
    draw = random.Random(number)
    codec = draw.choice(PROMISED) if draw.random() < 0.7 else draw.choice(list(KINDS))
    suffixes, encoding = KINDS[codec]
    options = dict(encoding.options) | _draw_options(codec, draw)
    pixels, suffix = encoding.pixels, draw.choice(suffixes)
    mux: dict[str, str] = {}
    if codec == "H.264" and suffix in ("mp4", "mov"):
        mux = draw.choice([{}, {"movflags": "faststart"}, {"movflags": "frag_keyframe+empty_moov"}])
    if codec == "MJPEG":
        pixels = draw.choice(["yuvj420p", "yuvj422p", "yuvj444p"])
    if codec == "GIF":
        pixels = draw.choice(["bgr8", "rgb8", "gray", "bgr4_byte"])
    rate = 25 if codec == "MPEG-2" else draw.choice([5, 12, 15, 24, 25, 30])
    width, height = (2 * draw.randrange(40, 200) for _ in range(2))
    path = folder / f"healthy-{number}.{suffix}"
    healthy = Encoding(encoding.codec, pixels, rate, {k: v for k, v in options.items() if v}, mux)
    return codec, render_handheld(path, width, height, draw.randrange(12, 60), healthy)


def _draw_options(codec: str, draw: random.Random) -> dict[str, str]:
    options = {"g": draw.choice(["1", "5", "12", "250"])} if codec not in ("MJPEG", "GIF") else {}
    if codec == "H.264":
        options |= {
            "preset": draw.choice(["ultrafast", "fast", "medium"]),
            "crf": draw.choice(["0", "18", "23", "40"]),
            "bf": draw.choice(["0", "2", "5"]),
            "x264-params": draw.choice(
                ["", "open-gop=1", "intra-refresh=1", "slices=4", "cabac=0", "b-pyramid=strict"]
            ),
        }
    if codec == "VP9":
        alt_ref = {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "good", "cpu-used": "5"}
        options |= draw.choice([{}, alt_ref, {"lossless": "1"}, {"error-resilient": "1"}, {"tile-columns": "1"}])
        options |= {"row-mt": draw.choice(["0", "1"])}
    if codec == "MJPEG":
        options |= {"huffman": draw.choice(["default", "optimal"])}
    if codec in ("MPEG-4", "MPEG-2"):
        options |= {"bf": draw.choice(["0", "2"])}
    return options


def mutate(data: bytes, seed: int) -> bytes:
    """A copy with damage: bytes overwritten, zeroed, removed, moved, or the end cut off."""
    draw = random.Random(seed)
    kind = draw.choice(["bytes", "bytes", "bytes", "zeros", "removed", "moved", "cut"])
    if kind == "cut":
        return data[: draw.randrange(len(data) // 5, len(data))]
    changed = bytearray(data)
    # Some of the time anywhere, else behind the headers, where nearly all of the bytes of longer files are.
    low = 0 if draw.random() < 0.2 else min(2000, len(data) // 4)
    for _ in range(draw.choice([1, 1, 2, 6]) if kind == "bytes" else 1):
        at, n = draw.randrange(low, len(data)), draw.choice([1, 1, 4, 32] if kind == "bytes" else [16, 512, 4096])
        if kind == "bytes":
            changed[at : at + n] = draw.randbytes(n)[: len(data) - at]
        elif kind == "zeros":
            changed[at : at + n] = bytes(min(n, len(data) - at))
        elif kind == "removed":
            del changed[at : at + n]
        else:
            source = draw.randrange(low, len(data))
            piece = data[source : source + n][: len(data) - at]
            changed[at : at + len(piece)] = piece
    return bytes(changed)
