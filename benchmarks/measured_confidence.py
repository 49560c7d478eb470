"""Stated probability of measured answers, and how many are right: ``python -m benchmarks.measured_confidence``.

    --pairs N      rendered pairs (default 120); their labels go by the smallest difference that a viewer sees
    --seed N       other people, rooms and performances
    --outlines     measure outlines, not poses (which need BlazePose's weights)

Prints for answers of "a" or "b" and of "c", in four parts from the least sure to the surest, how many there are, the
mean probability that was stated and the share that is right; then the same of each quantity that answers often. The
constants of ``viddiff.motion.measurement.decide`` are set so that the two agree over all quantities.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.examine import Rendered, labelled_differences, poses_of, render_pairs
from viddiff.core.types import Answer
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.viddiff.frames import even_parts
from viddiff.programs.viddiff.measured import MeasuredProgram

#: Parts in which answers are counted, by how sure they are.
PARTS = 4
#: Quantities with fewer answers are not shown.
LEAST_ANSWERS = 10


class MeasuredAnswer(NamedTuple):
    """One answer, what it was read from, the probability that it states, and whether the label is the same."""

    quantity: str
    answer: Answer
    probability: float
    right: bool


def answers(bench: Rendered, poses: PoseReader | None) -> Iterator[MeasuredAnswer]:
    """Every measured answer to a labelled statement."""
    measured = MeasuredProgram(poses)
    for sample in bench.samples:
        a, b = (bench.videos[sample.key, side] for side in "ab")
        outcome = measured(action=sample.action, video_a=a, video_b=b, differences=labelled_differences(sample)).outcome
        for finding in outcome.differences:
            answer, probability = finding.verdict.answer, finding.verdict.confidence
            if answer is not None and probability is not None:
                right = answer == sample.labels[finding.difference.key]
                yield MeasuredAnswer(finding.measurements[0].quantity, answer, probability, right)


def show(name: str, given: Sequence[MeasuredAnswer], table: Table) -> None:
    """Add a row for these answers."""
    stated, right = np.mean([(one.probability, one.right) for one in given], axis=0)
    table.add_row(name, str(len(given)), f"{stated:.3f}", f"{right:.3f}")


def show_by_probability(name: str, given: Sequence[MeasuredAnswer], table: Table) -> None:
    """Add a row for all of these answers, if there are any, and one for each part."""
    ranked = sorted(given, key=lambda one: one.probability)
    parts = even_parts(ranked, min(PARTS, len(ranked)))
    for i, part in enumerate([ranked, *parts] if ranked else []):
        show("" if i else name, part, table)


def main() -> None:
    """Render, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--outlines", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        bench = render_pairs(Path(place), options.pairs, options.seed)
        given = list(answers(bench, poses_of(not options.outlines)))
    table = Table("answer", "answers", "stated", "right")
    show_by_probability("a or b", [one for one in given if one.answer != "c"], table)
    show_by_probability("c", [one for one in given if one.answer == "c"], table)
    Console(width=100).print(table)
    of_quantities = Table("quantity", "answers", "stated", "right")
    for quantity in sorted({one.quantity for one in given}):
        of_one = [one for one in given if one.quantity == quantity]
        if len(of_one) >= LEAST_ANSWERS:
            show(quantity, of_one, of_quantities)
    Console(width=100).print(of_quantities)


if __name__ == "__main__":
    main()
