"""Time of ``segment_batch`` by part: ``python -m benchmarks.viterbi_parts``, medians in milliseconds."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.timing import median_s
from benchmarks.viterbi import N_VIDEOS, reading_s
from viddiff.localizer.alignment.kernels import describe, viterbi_paths
from viddiff.localizer.alignment.viterbi import FLOOR, check_similarity, segment_batch

N_ROUNDS = 200


def main() -> None:
    """Print the parts."""
    rng = np.random.default_rng(0)
    videos = [rng.random((5, 300)) for _ in range(N_VIDEOS)]
    rows = np.empty((N_VIDEOS, 3), dtype=np.int64)

    def describe_all() -> None:
        for i, video in enumerate(videos):
            describe(video, rows, i)

    describe_all()
    stops = np.cumsum(rows[:, 2])
    paths = np.empty(stops[-1], dtype=np.int64)
    parts = {
        "all of segment_batch": median_s(partial(segment_batch, videos), N_ROUNDS),
        "checking the arrays": median_s(lambda: [check_similarity(video) for video in videos], N_ROUNDS),
        "finding where they lie": median_s(describe_all, N_ROUNDS),
        "the kernel, on one core": median_s(lambda: viterbi_paths(rows, stops, FLOOR, paths), N_ROUNDS),
        "reading all numbers once, on all cores": reading_s(videos),
    }
    for name, seconds in parts.items():
        print(f"{1e3 * seconds:6.2f} ms  {name}")


if __name__ == "__main__":
    main()
