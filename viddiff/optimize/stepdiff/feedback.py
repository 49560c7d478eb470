"""How a captioner, a verifier and a ranker answered rows of StepDiff, by the labels of the rows."""

from __future__ import annotations

import dspy
import numpy as np

from viddiff.eval.stepdiff.columns import normalize
from viddiff.eval.stepdiff.ranks import accuracy, tau_b
from viddiff.eval.stepdiff.rouge import rouge_l
from viddiff.optimize.feedback import Feedback, join_sentences


def caption_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """ROUGE-L of the main difference against the labelled captions, without case and punctuation.

    Args:
        gold: an example of ``LabelledSteps`` with ``captions``.
        pred: a prediction with ``answer``, see ``students``.
    """
    labelled = "Labelled: " + " / ".join(map(repr, gold.captions))
    if pred.answer is None:
        return Feedback(score=0.0, text=join_sentences(f"No answer could be used. {pred.error}", labelled))
    (text,) = pred.answer
    if not text:
        return Feedback(
            score=0.0, text=join_sentences(f"No difference in {gold.category} was found, and there is one.", labelled)
        )
    score = rouge_l(normalize(text[0]), [normalize(caption) for caption in gold.captions])
    return Feedback(
        score=score, text=join_sentences(f"The main difference in {gold.category} was given as {text[0]!r}.", labelled)
    )


def choice_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """Whether the pair that a sentence is true of got the highest probability; 1/k where k share it.

    Args:
        gold: an example of ``LabelledSteps`` with ``answer``, the place of that pair.
        pred: a prediction with ``answer``, see ``students``.
    """
    if pred.answer is None:
        return Feedback(score=0.0, text=join_sentences(f"No answer could be used. {pred.error}"))
    strict = accuracy(np.array([pred.answer]), np.array([gold.answer])).strict
    right = pred.answer[gold.answer]
    false = [share for i, share in enumerate(pred.answer) if i != gold.answer]
    text = (
        f"{gold.difference!r} is true of one pair, which was given {right:.2f}, and false of the others, which were "
        f"given {', '.join(f'{share:.2f}' for share in false)}."
    )
    advice = "" if strict[0] == 1 else "It is false where both do the same and where it is the other way round."
    return Feedback(score=float(strict[0]), text=join_sentences(text, advice))


def rank_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """How well grades keep the labelled order: (1 + tau-b) / 2, a half where all grades are the same.

    Args:
        gold: an example of ``LabelledSteps`` with ``scores``, 0 to 5 for each candidate.
        pred: a prediction with ``answer``, see ``students``.
    """
    if pred.answer is None:
        return Feedback(score=0.0, text=join_sentences(f"No answer could be used. {pred.error}"))
    tau = float(tau_b(np.array([pred.answer], dtype=np.float64), np.array([gold.scores], dtype=np.float64))[0])
    pairs = ", ".join(
        f"{predicted} (right: {20 * score})" for predicted, score in zip(pred.answer, gold.scores, strict=True)
    )
    advice = "All have one grade, which orders nothing." if np.isnan(tau) else ""
    return Feedback(
        score=0.5 if np.isnan(tau) else (1 + tau) / 2,
        text=join_sentences(f"In {gold.category} the candidates got {pairs}.", advice),
    )


def compare_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """How well comparisons keep the labelled order: (1 + tau-b) / 2 of how often each candidate was found closer.

    Args:
        gold: an example of ``LabelledSteps`` with ``scores``, 0 to 5 for each candidate.
        pred: a prediction with ``answer`` and ``closer``: (first, second, which was called closer).
    """
    feedback = rank_feedback(gold, pred)
    if pred.answer is None:
        return feedback
    compared = [(gold.scores[first], gold.scores[second], answer) for first, second, answer in pred.closer]
    wrong = [
        f"Of two candidates with similarities {20 * one} and {20 * other} {_CLOSER[answer]}."
        for one, other, answer in compared
        if answer != right_of(one, other)
    ]
    text = join_sentences(f"In {gold.category}:", *(wrong or ["Every comparison was right."]))
    return Feedback(score=feedback.score, text=text)


def right_of(first: int, second: int) -> str:
    """Which of two candidates is closer by its label."""
    return "equal" if first == second else "first" if first > second else "second"


_CLOSER = {
    "first": "the first was called closer",
    "second": "the second was called closer",
    "equal": "none was called closer",
}
