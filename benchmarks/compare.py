"""The measured program on two 720p clips of 10 s, against decoding the two files: ``python -m benchmarks.compare``."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import viddiff
from benchmarks.decode import decode_only, render
from benchmarks.timing import Row, median_s, print_rows

REPETITIONS = 5


def decode_both(clips: list[Path]) -> None:
    """Decode both files and throw the frames away."""
    for clip in clips:
        decode_only(clip)


def rows(folder: Path) -> list[Row]:
    """First run (nothing kept) and second run (everything kept), both against decode-only."""
    clips = [render(folder / name, 1280, 720) for name in ("a.mp4", "b.mp4")]
    # The second clip must not be the first: a byte more at its end changes its content, not its frames.
    clips[1].write_bytes(clips[1].read_bytes() + b"\0")

    def compare(settings: viddiff.Settings) -> None:
        viddiff.compare(clips[0], clips[1], action="walking", settings=settings)

    with_cache = viddiff.Settings(cache_dir=folder / "cache")
    decode_s = median_s(lambda: decode_both(clips), REPETITIONS)
    first_s = median_s(partial(compare, viddiff.Settings(cache=False)), REPETITIONS)
    second_s = median_s(partial(compare, with_cache), REPETITIONS)
    label = "decoding the two files"
    return [
        Row("compare, measured, first run", "2 x 10 s, 720p", first_s, decode_s, label),
        Row("compare, measured, second run", "2 x 10 s, 720p", second_s, first_s, "the first run"),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print_rows(rows(Path(place)))
