"""Viterbi from similarities against plain Python loops: ``python -m benchmarks.viterbi``."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks import plain
from benchmarks.timing import Row, median_s, show
from viddiff.localizer.viterbi import segment

#: (stages, frames, repetitions of the plain loops).
SHAPES = ((5, 40, 20), (5, 300, 10), (10, 3000, 3))


def rows() -> list[Row]:
    """One row for each shape; both sides find the same path."""
    rng = np.random.default_rng(0)
    found = []
    for n_stages, n_frames, repetitions in SHAPES:
        similarity = rng.random((n_stages, n_frames))
        assert segment(similarity).tolist() == plain.segment(similarity)
        ours_s = median_s(partial(segment, similarity), 200)
        plain_s = median_s(partial(plain.segment, similarity), repetitions)
        found.append(Row("viterbi", f"{n_stages} stages x {n_frames} frames", ours_s, plain_s, "plain Python loops"))
    return found


if __name__ == "__main__":
    show(rows())
