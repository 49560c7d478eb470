"""Milliseconds to measure a clip against those to decode it: ``python benchmarks/measure.py [VIDEO ...]``.

Without videos a demonstration pair is rendered. Medians; the track is what the reader makes of the clip.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from viddiff.eval.synthetic import render_demo
from viddiff.localizer.figure import track_figure
from viddiff.localizer.reading import read_figure
from viddiff.video import FrameStore, Sampling, load


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """The median time of ``work``."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - start))
    return statistics.median(taken)


def main() -> None:
    """Print one line for each video."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        videos = given.videos
        if not videos:
            pair = render_demo(Path(folder))
            videos = [pair.path_a, pair.path_b]
        print(f"{'clip':24} {'track':>14} {'decode ms':>10} {'figure ms':>10} {'read ms':>8} {'share':>6}")
        for video in videos:
            decode = milliseconds(partial(load, video, Sampling(threads=1), FrameStore(None)), 3)
            track = load(video, Sampling(), FrameStore(None)).track
            figure = track_figure(track)
            follow = milliseconds(partial(track_figure, track), given.repeats)
            read = milliseconds(partial(read_figure, figure), given.repeats)
            shape = "x".join(map(str, track.frames.shape))
            share = (follow + read) / decode
            print(f"{video.name:24} {shape:>14} {decode:10.1f} {follow:10.1f} {read:8.2f} {share:6.1%}")


if __name__ == "__main__":
    main()
