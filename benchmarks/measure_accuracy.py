"""Accuracy of quantities on rendered people with known truth: ``python -m benchmarks.measure_accuracy``.

    --clips N      clips of each view (default 12)
    --estimator    "exact" (the default: the renderer's own landmarks, no frames are drawn), "blazepose" or "rtmpose"
    --model FILE   weights of the estimator
    --seed N       other people, rooms and performances

Prints for each quantity and view: the offset (where the estimator puts a joint against where the skeleton has it: the
same in every clip, so it cancels in a comparison), the median and the 95th percentile of the error beyond it, the share
of 95 % intervals that hold the truth, the smallest difference that would count by these clips, and the one that is set
in the registry. Then times and repetitions, and how often decisions between two clips are right, with the constants of
``viddiff.motion.measurement.decide`` that follow from them.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.rendered_poses import VIEWS, PoseSource, RenderedPose, estimate, exact, render_poses
from viddiff.core.settings import Settings
from viddiff.motion.cycles import cycles_of
from viddiff.motion.measurement.decide import SAME_SHARE, decide, effect
from viddiff.motion.measurement.evaluate import evaluate
from viddiff.motion.measurement.reading import CONFIDENT
from viddiff.motion.measurement.spec import MeasurementSpec, Moment
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.quantities import QUANTITIES, Quantity

#: Places in the picture have no truth in the body.
_LEFT_OUT = ("body_x", "body_y")


@dataclass(frozen=True)
class ReadValue:
    """One quantity read from one clip; ``error`` is its stated standard error."""

    quantity: str
    view: str
    value: float
    truth: float
    error: float


@dataclass(frozen=True)
class Accuracy:
    """Errors of one quantity from one view, in its unit; see the module."""

    quantity: str
    view: str
    n: int
    offset: float
    median: float
    p95: float
    covered: float

    @property
    def least(self) -> float:
        """Smallest difference that counts by these clips."""
        return math.sqrt(2) * self.p95


def specs_of(quantity: Quantity) -> tuple[MeasurementSpec, ...]:
    """How a quantity is read in this benchmark: at its extreme and at the start, or over the whole."""
    if quantity.kind == "path":
        return (MeasurementSpec(quantity=quantity.name),)
    moments = (Moment(kind="extreme", which=quantity.natural or "max"), Moment(kind="start"))
    return tuple(MeasurementSpec(quantity=quantity.name, at=moment) for moment in moments)


def frame_quantities() -> Iterator[Quantity]:
    """The quantities that are read from frames."""
    for quantity in QUANTITIES.values():
        if quantity.kind in ("series", "path") and quantity.name not in _LEFT_OUT:
            yield quantity


def readings(clips: Sequence[RenderedPose]) -> Iterator[ReadValue]:
    """Every quantity of every clip, with its truth."""
    for clip in clips:
        for quantity in frame_quantities():
            for spec in specs_of(quantity):
                reading = evaluate(spec, clip.pose, clip.cycles)
                if reading.value is None or reading.error is None:
                    continue
                truth = clip.true(spec).value
                if truth is not None:
                    yield ReadValue(quantity.name, clip.pose.view, reading.value, truth, reading.error)


def accuracies(values: Sequence[ReadValue]) -> list[Accuracy]:
    """Errors by quantity and view."""
    groups: dict[tuple[str, str], list[ReadValue]] = defaultdict(list)
    for one in values:
        groups[one.quantity, one.view].append(one)
    return [_accuracy(*key, group) for key, group in sorted(groups.items())]


def _accuracy(quantity: str, view: str, group: Sequence[ReadValue]) -> Accuracy:
    errors = np.array([one.value - one.truth for one in group])
    offset = float(np.median(errors))
    beyond = np.abs(errors - offset)
    covered = beyond <= CONFIDENT * np.array([one.error for one in group])
    return Accuracy(
        quantity,
        view,
        len(group),
        offset,
        float(np.median(beyond)),
        float(np.quantile(beyond, 0.95)),
        float(covered.mean()),
    )


@dataclass(frozen=True)
class DecisionCase:
    """One decision between two clips; ``share`` is its effect, ``right`` whether the true numbers agree."""

    share: float
    answer: str | None
    right: bool


def decisions(clips: Sequence[RenderedPose]) -> Iterator[DecisionCase]:
    """All pairs of clips of one action from one view, decided by every quantity.

    "a" or "b" is right where the true values differ that way by a third of the smallest difference that counts or more;
    "c" where they differ by less than that difference.
    """
    for one, other in combinations(clips, 2):
        if (one.action, one.pose.view) != (other.action, other.pose.view):
            continue
        for quantity in frame_quantities():
            spec = specs_of(quantity)[0]
            a, b = (evaluate(spec, clip.pose, clip.cycles) for clip in (one, other))
            if a.value is None or b.value is None:
                continue
            true_a, true_b = (clip.true(spec).value for clip in (one, other))
            if true_a is None or true_b is None:
                continue
            verdict, truth = decide(spec, a, b), (true_a - true_b) / max(a.least, b.least)
            yield DecisionCase(effect(a, b), verdict.answer, _right(verdict.answer, truth))


def _right(answer: str | None, truth: float) -> bool:
    if answer == "c":
        return abs(truth) < 1
    return truth > 1 / 3 if answer == "a" else truth < -1 / 3


def odds(decided: Sequence[DecisionCase]) -> tuple[float, float]:
    """Log odds that a decision is right as a line over its effect: (at effect 0, slope), by maximum likelihood."""
    x = np.array([[1.0, abs(one.share)] for one in decided])
    right = np.array([one.right for one in decided], dtype=float)
    line = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ line))
        # A little weight on 0 keeps the line finite where nothing is wrong.
        curve = (x * (p * (1 - p))[:, None]).T @ x + np.eye(2)
        line = line + np.linalg.solve(curve, x.T @ (right - p) - line)
    return float(line[0]), float(line[1])


def show_accuracies(rows: Sequence[Accuracy]) -> None:
    """Print the table."""
    print(f"{'quantity':24}{'view':9}{'n':>5}{'offset':>9}{'median':>9}{'95 %':>9}{'covered':>9}{'least':>9}{'set':>8}")
    for row in rows:
        least = QUANTITIES[row.quantity].least_in(row.view)  # type: ignore[arg-type]
        print(
            f"{row.quantity:24}{row.view:9}{row.n:5}{row.offset:9.2f}{row.median:9.2f}{row.p95:9.2f}"
            f"{row.covered:9.0%}{row.least:9.2f}{least:8.2f}"
        )


def show_phases(clips: Sequence[RenderedPose]) -> None:
    """Print how well repetitions and times are found in the poses."""
    counted, late_s, beyond = [], [], []
    for clip in clips:
        estimated, true = cycles_of(clip.pose), clip.cycles
        counted.append(len(estimated.repetitions) == len(true.repetitions))
        if estimated.active and true.active and counted[-1]:
            off_s = estimated.active.duration_s - true.active.duration_s
            allowed_s = 1 / clip.clip.performance.fps + 0.03 * true.active.duration_s
            late_s.append(off_s)
            beyond.append(abs(off_s) > allowed_s)
    print(f"repetitions exact in {np.mean(counted):.1%} of {len(counted)} clips")
    if late_s:
        print(
            f"duration of the action: median error {np.median(late_s):+.3f} s, 95 % within "
            f"{np.quantile(np.abs(late_s), 0.95):.3f} s, beyond a frame + 3 % in {np.mean(beyond):.0%}"
        )


def show_decisions(decided: Sequence[DecisionCase]) -> None:
    """Print how often decisions are right, and the line of log odds."""
    for name, answers in (("a or b", ("a", "b")), ("c", ("c",))):
        rows = [one for one in decided if one.answer in answers]
        if not rows:
            continue
        at_0, slope = odds(rows)
        line = f"{at_0:.2f} {slope:+.2f} x effect" if name == "c" else f"{at_0 + slope:.2f} {slope:+.2f} x (effect - 1)"
        right = np.mean([one.right for one in rows])
        print(f"{name:7} {len(rows):6} of {len(decided)} decided, right {right:.1%}; log odds {line}")
    unsure = np.mean([one.answer is None for one in decided])
    print(f"unsure  {unsure:.0%} (between {SAME_SHARE:g} and 1 clear differences, or too uncertain)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--estimator", choices=("exact", "blazepose", "rtmpose"), default="exact")
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    source: PoseSource = exact
    if options.estimator != "exact":
        source = estimate(PoseChoice(estimator=options.estimator, model=options.model, cache_dir=Settings().cache_dir))
    clips = [clip for view in VIEWS for clip in render_poses(options.clips, options.seed, source, view)]
    show_accuracies(accuracies(list(readings(clips))))
    show_phases(clips)
    show_decisions(list(decisions(clips)))


if __name__ == "__main__":
    main()
