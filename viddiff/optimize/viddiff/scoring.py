"""A differencer scored as evaluation counts it."""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.eval.viddiffbench.dataset import AnswerRow
from viddiff.optimize.feedback import Metric
from viddiff.optimize.scoring import ScoredExample


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


def score_accuracy(
    examples: Sequence[dspy.Example], predictions: Sequence[dspy.Prediction], metric: Metric
) -> list[ScoredExample]:
    """Closed accuracy, question by question: over rows with label a or b, as the benchmark has it, whatever the metric.

    Returns:
        The score of each of these rows, in order.
    """
    return [
        ScoredExample(cluster=row.sample_key, score=float(row.answer == row.label), error=prediction.error)
        for row, prediction in (
            (answer_row(example, prediction), prediction)
            for example, prediction in zip(examples, predictions, strict=True)
        )
        if row.label != "c"
    ]
