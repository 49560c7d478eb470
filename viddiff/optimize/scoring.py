"""What a program scores on one part of the data, counted as ``viddiff eval`` counts it: failed is not correct."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import dspy
import numpy as np

from viddiff.core.errors import BackendError
from viddiff.core.parallel import in_parallel
from viddiff.core.record import Record, Share
from viddiff.core.types import Progress
from viddiff.eval import statistics
from viddiff.eval.viddiffbench.dataset import AnswerRow
from viddiff.lms.adapters import AdapterName, adapter_of
from viddiff.optimize.feedback import Metric
from viddiff.programs.compiled.card import PartScore


class ScoredExample(Record):
    """One example with what it scored."""

    cluster: str
    """Rows of one cluster (a pair, an action) are resampled together."""
    score: Share
    error: str | None = None
    """Why there is no answer; None where there is one."""


@dataclass(frozen=True)
class ExampleRunner:
    """How examples are asked.

    Attributes:
        adapter: how requests are written.
        threads: examples in flight at once.
        progress: called with how many are done.
    """

    adapter: AdapterName
    threads: int
    progress: Progress

    def all(self, task: str, student: dspy.Module, examples: Sequence[dspy.Example]) -> list[dspy.Prediction]:
        """A prediction for each example, in order.

        Raises:
            BackendError: a fault that every call would meet. BudgetError: the budget is spent.
        """
        if not examples:
            return []
        done = 0

        def ask(example: dspy.Example) -> dspy.Prediction:
            nonlocal done
            prediction = student(**example.inputs())
            done += 1
            self.progress(task, done, len(examples))
            return prediction

        self.progress(task, 0, len(examples))
        with dspy.context(adapter=adapter_of(self.adapter), trace=[], disable_history=True):
            return in_parallel([functools.partial(ask, example) for example in examples], self.threads)


def answer_row(example: dspy.Example, prediction: dspy.Prediction) -> AnswerRow:
    """A differencer's answer as evaluation counts it."""
    return AnswerRow(
        sample_key=example.sample_key,
        action_key=example.action_key,
        domain=example.domain,
        split=example.split,
        difference_key=example.difference_key,
        statement=example.statement,
        label=example.answer,
        answer=prediction.answer,
        status="answered" if prediction.answer is not None else "failed",
        confidence=prediction.confidence,
    )


def score_accuracy(examples: Sequence[dspy.Example], predictions: Sequence[dspy.Prediction]) -> list[ScoredExample]:
    """Closed accuracy, question by question: over rows with label a or b, as the benchmark has it."""
    return [
        ScoredExample(cluster=row.sample_key, score=float(row.answer == row.label), error=prediction.error)
        for row, prediction in (
            (answer_row(example, prediction), prediction)
            for example, prediction in zip(examples, predictions, strict=True)
        )
        if row.label != "c"
    ]


def score_metric(
    examples: Sequence[dspy.Example], predictions: Sequence[dspy.Prediction], metric: Metric
) -> list[ScoredExample]:
    """The metric, example by example."""
    return [
        ScoredExample(
            cluster=example.get("sample_key", example.action_key),
            score=metric(example, prediction).score,
            error=prediction.error,
        )
        for example, prediction in zip(examples, predictions, strict=True)
    ]


def check_any(scored: Sequence[ScoredExample]) -> None:
    """Refuse to go on where nothing was answered: compiling would learn from failures alone.

    Raises:
        BackendError: with the error of the first.
    """
    if scored and all(one.error is not None for one in scored):
        raise BackendError(
            f"None of the {len(scored)} examples was answered, so nothing can be learned. {scored[0].error}"
        )


def part_score(
    part: Literal["val", "test"],
    name: str,
    before: Sequence[ScoredExample],
    after: Sequence[ScoredExample],
    seed: int = 0,
) -> PartScore:
    """Both scores of one part with their intervals, and the sign-flip test of their difference over clusters.

    ``after`` is empty where there was no money left to ask again.
    """
    clusters = [one.cluster for one in before]
    gains = [[second.score - first.score, 1.0] for first, second in zip(before, after, strict=bool(after))]
    strata = [statistics.cluster_sums(clusters, gains)] if gains else []
    interval = statistics.interval(strata, seed=seed, bounds=(-1.0, 1.0))
    return PartScore(
        part=part,
        name=name,
        n=len(before),
        before=mean_of(before),
        after=mean_of(after),
        before_interval=interval_of(before, seed),
        after_interval=interval_of(after, seed),
        difference_interval=(interval.low, interval.high) if interval else None,
        p_value=statistics.sign_flip_p_value(strata[0][:, 0], seed=seed) if strata else None,
        failed_before=sum(one.error is not None for one in before),
        failed_after=sum(one.error is not None for one in after),
    )


def mean_of(scored: Sequence[ScoredExample]) -> float | None:
    """The mean score; None of nothing."""
    return float(np.mean([one.score for one in scored])) if scored else None


def interval_of(scored: Sequence[ScoredExample], seed: int) -> tuple[float, float] | None:
    """The 95 % interval of the mean over clusters; None where there are fewer than two."""
    if not scored:
        return None
    sums = statistics.cluster_sums([one.cluster for one in scored], [[one.score, 1.0] for one in scored])
    interval = statistics.interval([sums], seed=seed)
    return (interval.low, interval.high) if interval else None


def has_improved(before: Sequence[ScoredExample], after: Sequence[ScoredExample]) -> bool:
    """Whether the mean score rose; without one of them nothing shows that it did."""
    first, second = mean_of(before), mean_of(after)
    return first is not None and second is not None and second > first
