"""A predictions file scored: official and strict beside each other, with intervals by reference clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes
from viddiff.core.record import Record
from viddiff.eval import statistics
from viddiff.eval.statistics import Interval
from viddiff.eval.stepdiff.columns import Column, RankScorer, Rows, Scorer, missing, scorer
from viddiff.eval.stepdiff.items import StepData, Task
from viddiff.eval.stepdiff.predictions import Prediction
from viddiff.programs.stepdiff.results import CATEGORIES


class StepScore(Record):
    """One metric; shares from 0 to 1, CIDEr from 0 to 10, tau-b from -1 to 1."""

    name: str
    """Name of the metric."""
    official: float | None
    """As the released evaluator has it, over the rows with an answer; None where it is NaN."""
    strict: float
    """Over all rows: a missing answer has no points, a tie at the top its share, an undefined order 0."""
    normalised: float | None = None
    """``strict`` without case and punctuation, for metrics that compare words."""
    interval: Interval | None = None
    """Of ``strict``, over reference clips."""


class CategoryScores(Record):
    """The scores over the rows of one category."""

    name: str
    """Name of the category."""
    n: int
    """Rows that are counted."""
    scores: tuple[StepScore, ...]
    """One for each metric."""


class RunFacts(Record):
    """What a run did."""

    method: str
    """The method, by name."""
    control: str
    """The control that was applied, or none."""
    n_frames: int
    """Frames of a clip, at the most."""
    n_without_videos: int
    """Rows whose videos are not there."""
    routes: dict[str, int]
    """What scores come from (``methods.registry.Route``) -> in how many rows; scores of two routes do not compare."""
    n_invented: int | None
    """Control with the same clip twice: captions that tell of a difference; None in other runs."""


class JudgeScores(Record):
    """What a model says of captions, over the rows that it judged; a row without a caption covers nothing."""

    model: str
    """The model string."""
    n_failed: int
    """Rows that it could not judge; they are left out."""
    coverage: float | None
    """Share of rows whose caption agrees with a labelled one; None where nothing was judged."""
    invention: float | None
    """Share of rows whose caption tells a difference that no labelled one has."""
    net: float | None
    """Coverage less invention, from -1 to 1."""
    interval: Interval | None = None
    """Of ``net``, over reference clips."""


class StepScores(Record):
    """All scores of one predictions file."""

    task: Task
    """The task of StepDiff."""
    data: str
    """Name of the data."""
    content_hash: str
    """Hash of the rows."""
    n: int
    """Rows that are counted."""
    n_missing: int
    """Rows without an answer."""
    n_undefined: int
    """DiffRank: rows whose four scores are all the same, so that no order follows."""
    n_references: int
    """Distinct reference clips."""
    scores: tuple[StepScore, ...]
    """One for each metric."""
    macro: dict[str, float]
    """Metric -> the unweighted mean of its strict score over categories."""
    categories: tuple[CategoryScores, ...]
    """By category."""
    judge: JudgeScores | None = None
    """DiffCap: None where no model was asked."""
    run: RunFacts | None = None
    """None: predictions of somebody else's."""


def score_predictions(
    data: StepData, predictions: Sequence[Prediction], n_resamples: int = statistics.N_RESAMPLES, seed: int = 0
) -> StepScores:
    """All scores of predictions in the order of the data.

    Args:
        n_resamples, seed: of the bootstrap over reference clips, which the rows of one reference share.

    Raises:
        ValueError: another number of predictions than of items.
    """
    if len(predictions) != len(data.items):
        raise ValueError(f"{len(predictions)} predictions for {len(data.items)} items")
    columns, absent = scorer(data, predictions), missing(predictions)
    references = np.array([item.reference.id for item in data.items])
    everything = np.arange(len(data.items))
    categories = tuple(
        CategoryScores(name=name, n=len(rows), scores=scores_of(columns, rows, absent))
        for name, rows in rows_by_category(data).items()
    )
    scores = tuple(
        score.model_copy(update={"interval": interval_of(column, references, n_resamples, seed)})
        for score, column in zip(scores_of(columns, everything, absent), columns.strict, strict=True)
    )
    return StepScores(
        task=data.task,
        data=data.name,
        content_hash=data.content_hash,
        n=len(predictions),
        n_missing=int(absent.sum()),
        n_undefined=int(columns.undefined.sum()) if isinstance(columns, RankScorer) else 0,
        n_references=len(set(references)),
        scores=scores,
        macro={
            score.name: float(np.mean([category.scores[place].strict for category in categories]))
            for place, score in enumerate(scores)
        },
        categories=categories,
    )


def scores_of(columns: Scorer, rows: Rows, absent: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[StepScore, ...]:
    """The scores over some rows, without intervals."""
    official = columns.official(rows[~absent[rows]])
    normalised: Sequence[float | None] = [column.of(rows) for column in columns.normalised] or [None] * len(official)
    return tuple(
        StepScore(
            name=column.name,
            official=None if math.isnan(predicted) else predicted,
            strict=column.of(rows),
            normalised=normal,
        )
        for column, predicted, normal in zip(columns.strict, official, normalised, strict=True)
    )


def interval_of(
    column: Column, references: np.ndarray[tuple[int], np.dtype[np.str_]], n_resamples: int, seed: int
) -> Interval | None:
    """The interval of a metric over reference clips; None where there is one."""
    sums = statistics.cluster_sums(references.tolist(), column.sums)
    return statistics.interval([sums], column.statistic, n_resamples, seed, column.bounds)


def rows_by_category(data: StepData) -> dict[str, Rows]:
    """The rows of each category: those of the release first, then a user's own by name."""
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(data.items):
        rows.setdefault(item.category, []).append(row)
    order = [name for name in CATEGORIES if name in rows] + sorted(rows.keys() - set(CATEGORIES))
    return {name: np.array(rows[name], dtype=np.int64) for name in order}


def read_scores(path: Path) -> StepScores:
    """Scores that ``viddiff score --out`` wrote.

    Raises:
        InputError: the file holds none.
    """
    try:
        return StepScores.model_validate_json(read_bytes(path))
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror}): check the path.") from None
    except ValueError:
        raise InputError(
            f"{str(path)!r} holds no scores of StepDiff: write them with viddiff score --out FILE."
        ) from None
