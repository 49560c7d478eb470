"""A metric in the shape that each kind of optimizer calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import dspy

from viddiff.core.errors import UsageError
from viddiff.optimize.feedback import Feedback, Metric


def as_metric(function: Callable[..., Any]) -> Metric:
    """A metric as dspy has it: of two to five arguments; gives a bool, a number, or a prediction with feedback."""
    required = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]

    def judge_prediction(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
        found = function(gold, pred, *([None] * (len(required) - 2)))
        score = float(getattr(found, "score", found))
        if not 0 <= score <= 1:
            raise UsageError(f"The metric returned {score:g}: scores must be from 0 to 1.")
        return Feedback(score=score, text=str(getattr(found, "feedback", None) or f"The score is {score:g} of 1."))

    judge_prediction.__name__ = getattr(function, "__name__", type(function).__name__)
    return judge_prediction


def as_number(metric: Metric) -> Callable[..., float]:
    """For Evaluate, MIPROv2, SIMBA, COPRO: the score."""

    def number(gold: dspy.Example, pred: dspy.Prediction, trace: Any = None) -> float:
        return metric(gold, pred).score

    return number


def as_gepa(metric: Metric) -> Callable[..., dspy.Prediction]:
    """For GEPA: the score of the whole program with feedback, on a predictor of its own where there is one."""

    def score_with_feedback(
        gold: dspy.Example,
        pred: dspy.Prediction,
        trace: Any = None,
        pred_name: str | None = None,
        pred_trace: Any = None,
    ) -> dspy.Prediction:
        feedback = metric(gold, pred)
        # e.g. "proposer.split.predict"
        texts = [feedback.parts[name] for name in (pred_name or "").split(".") if name in feedback.parts]
        return dspy.Prediction(score=feedback.score, feedback=texts[0] if texts else feedback.text)

    return score_with_feedback


def as_bootstrap(metric: Metric, threshold: float) -> Callable[..., bool]:
    """For BootstrapFewShot and its kin: whether the score is at least ``threshold``, so that it makes a demo."""

    def is_demo(gold: dspy.Example, pred: dspy.Prediction, trace: Any = None) -> bool:
        return metric(gold, pred).score >= threshold

    return is_demo
