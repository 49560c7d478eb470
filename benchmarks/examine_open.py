"""Open mode with a simulated vision model that does read the frames: which of the true differences are found.

``python -m benchmarks.examine_open [--pairs N] [--seed N] [--pose] [--length S] [--only NAME ...]``. Each program may
name as many differences of a rendered pair as VidDiffBench allows (1.5 times those that are labelled). A labelled
difference is found where its statement is among them with the right video. The simulated model names differences in the
words of the labels, so who matches statements plays no part; what it is like stands in tests/support/examinee.py. The
text model knows all that differs in any pair of an action. With ``--length`` the clips last so long, and the action a
few seconds of it (see benchmarks/long_clips.py); then nothing is measured.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

import dspy
from rich.console import Console
from rich.table import Table

from benchmarks.examine import Rendered, Score, add_cost, paired_p, poses_of, render_pairs
from benchmarks.long_clips import lengthen
from tests.support.scripted import scripted_lm
from viddiff.core.types import SWAPPED, Outcome
from viddiff.eval.statistics import cluster_sums, interval
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.lms import LMs
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.viddiff.baseline import Baseline
from viddiff.programs.viddiff.two_looks import TwoLooks

Make = Callable[[LMs], dspy.Module]


def programs(poses: PoseReader | None, measure: bool = True) -> dict[str, Make]:
    """All that are examined, by name."""
    looks = functools.partial(TwoLooks, poses=poses, measure=measure)
    return {
        "one call": Baseline,
        "two looks, low": functools.partial(looks, effort="low"),
        "two looks": looks,
        "two looks, high": functools.partial(looks, effort="high"),
        "without measurements": functools.partial(TwoLooks, measure=False),
        "proposer text": functools.partial(looks, proposes="text"),
        "proposer both": functools.partial(looks, proposes="both"),
    }


def learn_statements(bench: Rendered) -> None:
    """Let the text model know the statements that are labelled in any pair of an action."""
    for sample in bench.samples:
        known = bench.model.known.setdefault(sample.action, [])
        known += [difference.statement for difference in sample.differences if difference.statement not in known]


def examine(make: Make, bench: Rendered) -> Score:
    """All pairs through one program."""
    score = Score()
    for sample in bench.samples:
        lm = scripted_lm(bench.model, "fake/examinee")
        a, b = (bench.videos[sample.key, side] for side in "ab")
        with dspy.context(trace=[], disable_history=True):
            program = make(LMs(lm))
            outcome = program(
                action=sample.action, video_a=a, video_b=b, n_differences=sample.n_differences_open
            ).outcome
        add(score, sample, outcome)
        add_cost(score, lm.engine)
    return score


def add(score: Score, sample: Sample, outcome: Outcome) -> None:
    """Count what became of the labelled differences of one pair, and what was said without need."""
    answers = {finding.difference.statement: finding.verdict.answer for finding in outcome.differences}
    for difference in sample.differences:
        label, answer = sample.labels[difference.key], answers.get(difference.statement)
        if label == "c":
            score.counts["false"] += answer in ("a", "b")
            continue
        score.right[sample.key, difference.key] = answer == label
        score.counts["wrong way"] += answer == SWAPPED[label]
        score.counts["not named"] += difference.statement not in answers
        score.counts["judged c"] += answer == "c"


def table(scores: dict[str, Score], n_pairs: int) -> Table:
    """A line for each program."""
    first = scores["one call"]
    result = Table("program", "found, %", "95 %", "p", "wrong way, %", "not named, %", "judged c, %", "false, a pair")
    for column in ("calls", "images", "image tokens, of one call"):
        result.add_column(column)
    for name, score in scores.items():
        n = len(score.right)
        spread = interval(
            [cluster_sums([key for key, _ in score.right], [(right, 1) for right in score.right.values()])]
        )
        result.add_row(
            name,
            f"{100 * sum(score.right.values()) / n:.1f}",
            f"{100 * spread.low:.0f} to {100 * spread.high:.0f}" if spread else "",
            "" if score is first else f"{paired_p(score, first):.2g}",
            *(f"{100 * score.counts[what] / n:.1f}" for what in ("wrong way", "not named", "judged c")),
            f"{score.counts['false'] / n_pairs:.2f}",
            f"{score.calls / n_pairs:.1f}",
            f"{score.images / n_pairs:.1f}",
            f"{score.tokens / first.tokens:.2f}",
        )
    return result


def main() -> None:
    """Render, examine every program, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pose", action="store_true", help="Measure poses (their weights must be there).")
    parser.add_argument("--length", type=float, default=0, metavar="S", help="Seconds of a clip.")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="These programs, beside one call.")
    options = parser.parse_args()
    poses = poses_of(options.pose)
    with tempfile.TemporaryDirectory() as place:
        bench = lengthen(render_pairs(Path(place), options.pairs, options.seed), options.length, options.seed)
        learn_statements(bench)
        every = programs(poses, measure=not options.length)
        scores = {
            name: examine(make, bench)
            for name, make in every.items()
            if options.only is None or name in ("one call", *options.only)
        }
    Console(width=150).print(table(scores, options.pairs))
    print(f"{options.pairs} pairs, {len(scores['one call'].right)} differences to be found")


if __name__ == "__main__":
    main()
