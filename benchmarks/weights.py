"""The weights of ``two_looks``, learned from labels of rendered pairs.

``python -m benchmarks.weights --recorded`` learns from what a real model said (benchmarks/recorded.py): rounded to
0.05, they are the defaults (0.1 for a measurement, where 0 was learned, so that it still tips a balance).

``python -m benchmarks.weights [--pairs N] [--seed N] [--pose]`` learns from the fake reader. Each pair is shown as it
is, and its first video twice: then every label is "c". Report on another seed than the one learned from (``python -m
benchmarks.examine``). ``--out FILE`` writes them for ``viddiff --weights``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import dspy

from benchmarks.examine import Rendered, labelled_differences, poses_of, render_pairs
from benchmarks.recorded import FAKE_READER, learn_recorded
from tests.support.scripted import scripted_lm
from viddiff.core.types import Answer
from viddiff.lms import LMs
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.viddiff.calibration import Opinions, OpinionWeights, fit
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.programs.viddiff.weights import WeightsFile, write_weights


def learn(bench: Rendered, poses: PoseReader | None) -> OpinionWeights:
    """The weights under which the labels of these pairs are likeliest, given what the fake reader says."""
    opinions_of_all: list[Opinions] = []
    labels: list[Answer] = []
    for sample in bench.samples:
        a, b = (bench.videos[sample.key, side] for side in "ab")
        for other in (b, a):
            with dspy.context(trace=[], disable_history=True):
                program = TwoLooks(LMs(scripted_lm(bench.reader, "fake/examinee")), poses=poses)
                opinions = program(
                    action=sample.action, video_a=a, video_b=other, differences=labelled_differences(sample)
                ).opinions
            opinions_of_all += opinions.values()
            labels += [sample.labels[key] if other is b else "c" for key in opinions]
    return fit(opinions_of_all, labels, FAKE_READER)


def main() -> None:
    """Render, ask, learn, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--pose", action="store_true", help="Measure poses (their weights must be there), not outlines."
    )
    parser.add_argument("--recorded", action="store_true", help="Learn from what a real model said.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Where they are written, for viddiff --weights.")
    options = parser.parse_args()
    if options.recorded:
        weights = learn_recorded()
    else:
        with tempfile.TemporaryDirectory() as place:
            weights = learn(render_pairs(Path(place), options.pairs, options.seed), poses_of(options.pose))
    print(weights)
    if options.out:
        write_weights(WeightsFile(weights=weights), options.out)


if __name__ == "__main__":
    main()
