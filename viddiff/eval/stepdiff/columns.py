"""From predictions to what the metrics of a task add up, row by row: official and strict.

They are the same but for four scores that share the top (DiffMCQ), an order that is undefined (DiffRank), answers that
are missing, and how rare a word is counted when a part of a file is scored (CIDEr).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from viddiff.eval.statistics import Statistic, Sums, micro_average
from viddiff.eval.stepdiff.items import N_OPTIONS, CaptionItem, ChoiceItem, RankItem, StepData, Task
from viddiff.eval.stepdiff.ngrams import Texts, bleu, bleu_sums, cider
from viddiff.eval.stepdiff.predictions import Prediction
from viddiff.eval.stepdiff.ranks import accuracy, tau_b
from viddiff.eval.stepdiff.rouge import rouge_l

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """One metric over all rows of a file.

    Attributes:
        sums: (N, K) what each row adds.
        statistic: of sums, see ``eval.statistics``.
        bounds: least and greatest value.
    """

    name: str
    sums: Sums
    statistic: Statistic
    bounds: tuple[float, float] = (0.0, 1.0)

    def of(self, rows: Rows) -> float:
        """The score over some rows; NaN over none."""
        if not len(rows):
            return float("nan")
        return float(self.statistic(self.sums[rows].sum(axis=0)[None, None])[0])


class Scorer(Protocol):
    """The metrics of one task with their answers."""

    strict: tuple[Column, ...]
    normalised: tuple[Column, ...]
    """The same without case and punctuation; none where no words are compared."""

    def official(self, rows: Rows) -> tuple[float, ...]:
        """What the released evaluator says to these rows, in the order of ``strict``; NaN as it says it."""


def mean_column(name: str, values: Sums, bounds: tuple[float, float] = (0.0, 1.0)) -> Column:
    """A metric that is the mean of (N,) values."""
    return Column(name, np.column_stack([values, np.ones(len(values))]), micro_average, bounds)


class CaptionScorer:
    """DiffCap; a missing caption is an empty one in ``strict``, and left out in ``official``."""

    def __init__(self, items: Sequence[CaptionItem], predictions: Sequence[Prediction]) -> None:
        answers = [cast("str", prediction or "") for prediction in predictions]
        references = [item.captions for item in items]
        self._texts = Texts(answers, references)
        self.strict = caption_columns(self._texts)
        self.normalised = caption_columns(
            Texts([*map(normalize, answers)], [[*map(normalize, texts)] for texts in references])
        )

    def official(self, rows: Rows) -> tuple[float, ...]:
        """BLEU-1, BLEU-4, CIDEr with rare words counted over these rows, ROUGE-L."""
        bleu_1, bleu_4, _, rouge = self.strict
        rare = float(cider(self._texts, rows).mean()) if len(rows) else float("nan")
        return bleu_1.of(rows), bleu_4.of(rows), rare, rouge.of(rows)


def caption_columns(texts: Texts) -> tuple[Column, ...]:
    """BLEU-1, BLEU-4, CIDEr and ROUGE-L of texts."""
    sums = bleu_sums(texts)
    rouge = np.array([rouge_l(*pair) for pair in zip(texts.answers, texts.references, strict=True)])
    return (
        Column("BLEU-1", sums, bleu(1)),
        Column("BLEU-4", sums, bleu(4)),
        mean_column("CIDEr", cider(texts), (0.0, 10.0)),
        mean_column("ROUGE-L", rouge),
    )


class ChoiceScorer:
    """DiffMCQ; a missing answer counts 0 in ``strict``, and is left out in ``official``."""

    normalised = ()

    def __init__(self, items: Sequence[ChoiceItem], predictions: Sequence[Prediction]) -> None:
        scores = choice_scores(predictions)
        self._official, strict = accuracy(scores, np.array([item.answer for item in items], dtype=np.int64))
        self.strict = (mean_column("accuracy", np.where(missing(predictions), 0.0, strict)),)

    def official(self, rows: Rows) -> tuple[float, ...]:
        """Accuracy where the first of those that share the top is chosen."""
        return (float(self._official[rows].mean()) if len(rows) else float("nan"),)


class RankScorer:
    """DiffRank; an order that is missing or undefined counts 0 in ``strict``, and NaN in ``official``."""

    normalised = ()

    def __init__(self, items: Sequence[RankItem], predictions: Sequence[Prediction]) -> None:
        self._tau = tau_b(choice_scores(predictions), np.array([item.scores for item in items], dtype=np.float64))
        self.undefined = np.isnan(self._tau) & ~missing(predictions)
        strict = np.where(missing(predictions), 0.0, np.nan_to_num(self._tau, nan=0.0))
        self.strict = (mean_column("tau-b", strict, (-1.0, 1.0)),)

    def official(self, rows: Rows) -> tuple[float, ...]:
        """The mean tau-b, NaN where one is."""
        return (float(self._tau[rows].mean()) if len(rows) else float("nan"),)


SCORERS = {"diffcap": CaptionScorer, "diffmcq": ChoiceScorer, "diffrank": RankScorer}


def scorer(data: StepData, predictions: Sequence[Prediction]) -> Scorer:
    """The metrics of the task of a file."""
    factories = cast("dict[Task, Callable[..., Scorer]]", SCORERS)
    return factories[data.task](data.items, predictions)


def missing(predictions: Sequence[Prediction]) -> NDArray[np.bool_]:
    """(N,) where there is no answer."""
    return np.array([prediction is None for prediction in predictions])


def choice_scores(predictions: Sequence[Prediction]) -> NDArray[np.float64]:
    """(N, 4) scores, all 0 where there is no answer."""
    return np.array([prediction or (0.0,) * N_OPTIONS for prediction in predictions], dtype=np.float64)


def normalize(text: str) -> str:
    """A text in lower case, without punctuation.

    >>> normal("The pan, not the Wok.")
    'the pan not the wok'
    """
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())
