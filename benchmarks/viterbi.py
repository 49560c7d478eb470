"""Viterbi from similarities against plain Python loops: ``python -m benchmarks.viterbi``."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks import plain
from benchmarks.machine import copy_rate
from benchmarks.timing import Row, median_s, print_rows
from viddiff.localizer.alignment.viterbi import segment, segment_batch

Loops = Callable[[NDArray[np.float64]], list[int]]

#: The twins, and what each is called in the table.
TWINS: tuple[tuple[Loops, str], ...] = (
    (plain.segment, "lists, stay or next"),
    (plain.segment_textbook, "NumPy elements, all ways"),
    (plain.segment_published, "NumPy cells, stay or next"),
)
#: (stages, frames, repetitions of the plain loops).
SHAPES = ((5, 40, 20), (5, 300, 5), (10, 3000, 3))
#: Videos of the whole benchmark, two a pair, at (5, 300).
N_VIDEOS, N_PLAIN = 1100, 20


def rows() -> list[Row]:
    """Rows for each shape; all find the same path."""
    rng = np.random.default_rng(0)
    table = []
    # One pass that reads the similarities is the least there is; a copy reads and writes.
    read_gb_s = copy_rate() / 2
    for n_stages, n_frames, repetitions in SHAPES:
        similarity = rng.random((n_stages, n_frames))
        ours_s = median_s(partial(segment, similarity), 200)
        share = similarity.nbytes / 1e9 / read_gb_s / ours_s
        for loops, name in TWINS:
            assert segment(similarity).tolist() == loops(similarity)
            plain_s = median_s(partial(loops, similarity), repetitions)
            what = f"{n_stages} stages x {n_frames} frames"
            table.append(Row("viterbi", what, ours_s, plain_s, name, share, "reading it once"))
    return [*table, *batch_rows(rng)]


def batch_rows(rng: np.random.Generator) -> list[Row]:
    """Many videos at once; the loops do some of them, which take their share of the time."""
    videos = [rng.random((5, 300)) for _ in range(N_VIDEOS)]
    ours_s = median_s(partial(segment_batch, videos), 200)
    share = reading_s(videos) / ours_s
    table = []
    for loops, name in TWINS:

        def some(loops: Loops = loops) -> None:
            for video in videos[:N_PLAIN]:
                loops(video)

        plain_s = median_s(some, 3) * N_VIDEOS / N_PLAIN
        what = f"{N_VIDEOS} videos, 5 x 300"
        table.append(Row("viterbi, batch", what, ours_s, plain_s, name, share, "reading them"))
    return table


def reading_s(videos: list[NDArray[np.float64]]) -> float:
    """Seconds that all cores need to read as many numbers once, from one block."""
    n_cores = os.cpu_count() or 1
    parts = np.array_split(np.concatenate(videos, axis=None), n_cores)
    with ThreadPoolExecutor(n_cores) as threads:
        return median_s(lambda: list(threads.map(np.max, parts)), 50)


if __name__ == "__main__":
    print_rows(rows())
