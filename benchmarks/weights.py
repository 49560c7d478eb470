"""The weights of ``two_looks``, learned from labels of rendered pairs and answers of two models.

``python -m benchmarks.weights [--pairs N] [--seed N] [--pose] [--out FILE]``. One is a real model, whose answers were
recorded (benchmarks/recorded_answers.py). The other is simulated: it favours the video shown first and sees differences
that are not there; it is shown each pair as it is, and its first video twice, with labels "c". With ``--pairs 24 --seed
1 --pose`` the weights come out within 0.05 of the defaults (which statements get a second look depends on the weights).
Report on other seeds (``python -m benchmarks.examine``).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import dspy

from benchmarks.examine import Rendered, labelled_differences, poses_of, render_pairs
from benchmarks.recorded_answers import SIMULATED_MODEL_WEIGHTS, read_recorded
from tests.support.scripted import scripted_lm
from viddiff.core.types import Answer
from viddiff.lms import LMs
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.viddiff.calibration import Opinions, OpinionWeights, fit
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.programs.viddiff.weights import WeightsFile, write_weights


def learn(bench: Rendered, poses: PoseReader | None) -> OpinionWeights:
    """The weights under which the labels of these pairs and those recorded are likeliest."""
    recorded = read_recorded()
    opinions_of_all: list[Opinions] = [row.opinions for row in recorded]
    labels: list[Answer] = [row.label for row in recorded]
    for sample in bench.samples:
        a, b = (bench.videos[sample.key, side] for side in "ab")
        for other in (b, a):
            with dspy.context(trace=[], disable_history=True):
                program = TwoLooks(LMs(scripted_lm(bench.model, "fake/examinee")), poses=poses)
                opinions = program(
                    action=sample.action, video_a=a, video_b=other, differences=labelled_differences(sample)
                ).opinions
            opinions_of_all += opinions.values()
            labels += [sample.labels[key] if other is b else "c" for key in opinions]
    return fit(opinions_of_all, labels, SIMULATED_MODEL_WEIGHTS)


def main() -> None:
    """Render, ask, learn, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--pose", action="store_true", help="Measure poses (their weights must be there), not outlines."
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="File to write, for --opinion-weights.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        weights = learn(render_pairs(Path(place), options.pairs, options.seed), poses_of(options.pose))
    print(weights)
    if options.out:
        write_weights(WeightsFile(weights=weights), options.out)


if __name__ == "__main__":
    main()
