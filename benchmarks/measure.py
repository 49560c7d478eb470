"""Finding the figure and measuring its movements, against decoding the clip: ``python -m benchmarks.measure``."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from benchmarks.timing import Row, median_s, print_rows
from viddiff.motion.figure.features import read_figure
from viddiff.motion.figure.tracking import track_figure
from viddiff.synthetic import render_demo
from viddiff.video import FrameStore, Sampling, load


def rows() -> list[Row]:
    """One row for each clip of the demonstration pair."""
    table = []
    with tempfile.TemporaryDirectory() as folder:
        pair = render_demo(Path(folder))
        for clip in (pair.path_a, pair.path_b):
            decode_s = median_s(partial(load, clip, Sampling(threads=1), FrameStore(None)), 3)
            track = load(clip, Sampling(), FrameStore(None)).track
            measure_s = median_s(lambda track=track: read_figure(track_figure(track)), 7)  # type: ignore[misc]
            shape = "x".join(map(str, track.frames.shape))
            table.append(Row("figure and its movements", f"track {shape}", measure_s, decode_s, "reading the clip"))
    return table


if __name__ == "__main__":
    print_rows(rows())
