"""What the charts of a run's page show, as shares; the templates turn them into percent of a drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viddiff.eval.statistics import Interval, Reliability
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.metrics import Average, ClosedScores, OpenScores, Score
from viddiff.eval.viddiffbench.published import PUBLISHED
from viddiff.eval.viddiffbench.scored_items import ItemOutcome

#: Outcomes as they follow each other in a stacked bar, in words. What has no answer comes last.
OUTCOMES: dict[ItemOutcome, str] = {
    "correct": "right",
    "wrong": "wrong video",
    "flipped": "found, wrong video",
    "said_c": "said “no difference”",
    "no_match": "not found",
    "unsure": "unsure",
    "not_measurable": "not measurable",
    "refused": "refused",
    "failed": "failed",
    "missing": "missing",
}
#: The splits of the published figures; after them comes their mean.
PUBLISHED_SPLITS = ("easy", "medium", "hard")
MEAN = "mean of the splits"


@dataclass(frozen=True)
class ScoreBar:
    """One bar: a score with its interval, of this run or of a published method."""

    name: str
    score: float | None
    interval: Interval | None = None
    published: bool = False


@dataclass(frozen=True)
class SplitBars:
    """The bars of one split, this run's first."""

    name: str
    about: str
    bars: tuple[ScoreBar, ...]


@dataclass(frozen=True)
class OutcomeShare:
    """A piece of a stacked bar; ``start`` and ``share`` are shares of the bar."""

    outcome: ItemOutcome
    words: str
    n: int
    start: float
    share: float


@dataclass(frozen=True)
class OutcomeStack:
    """The outcomes of one group of rows; their shares sum to 1."""

    name: str
    n: int
    parts: tuple[OutcomeShare, ...]


@dataclass(frozen=True)
class CalibrationPoint:
    """A bin of confidences; ``radius`` grows with the square root of its rows, 1 for the fullest."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float
    radius: float


def comparable(manifest: Manifest, scores: ClosedScores | OpenScores) -> bool:
    """Whether the published figures may stand beside these: VidDiffBench, no control, and a judge like theirs."""
    right_judge = scores.mode == "closed" or scores.comparable
    return manifest.release in ("549", "557") and manifest.control == "none" and right_judge


def groups(manifest: Manifest, scores: ClosedScores | OpenScores) -> list[SplitBars]:
    """The bars of every split and, where there are several, of their mean; published ones from best to worst."""
    is_comparable = comparable(manifest, scores)

    def published_lanes(place: int) -> tuple[ScoreBar, ...]:
        figures = [(row.name, (row.closed if scores.mode == "closed" else row.open)[place]) for row in PUBLISHED]
        figures.sort(key=lambda row: -row[1])
        return tuple(ScoreBar(name, figure / 100, published=True) for name, figure in figures)

    def beside_split(name: str) -> tuple[ScoreBar, ...]:
        return published_lanes(PUBLISHED_SPLITS.index(name)) if is_comparable and name in PUBLISHED_SPLITS else ()

    def group(name: str, about: str, score: Score | Average, others: tuple[ScoreBar, ...]) -> SplitBars:
        return SplitBars(name, about, (ScoreBar("this run", score.score, score.interval), *others))

    by_name = [
        group(split.name, f"{split.n:,} rows of {split.n_pairs:,} pairs", split, beside_split(split.name))
        for split in scores.splits
    ]
    if len(scores.splits) > 1:
        with_mean = is_comparable and set(scores.macro.splits) == set(PUBLISHED_SPLITS)
        mean = published_lanes(len(PUBLISHED_SPLITS)) if with_mean else ()
        by_name.append(group(MEAN, "each split counts the same", scores.macro, mean))
    return by_name


def outcome_stacks(scores: ClosedScores | OpenScores) -> list[OutcomeStack]:
    """The outcomes of every split and, where there are several, of all rows."""
    shown = [*scores.splits, *([scores.micro] if len(scores.splits) > 1 else [])]
    return [
        OutcomeStack("all rows" if score is scores.micro else score.name, score.n, _parts(score)) for score in shown
    ]


def _parts(score: Score) -> tuple[OutcomeShare, ...]:
    parts, start = [], 0.0
    for outcome, words in OUTCOMES.items():
        n = score.outcomes.get(outcome, 0)
        if n:
            parts.append(OutcomeShare(outcome, words, n, start, score.part(outcome)))
            start += score.part(outcome)
    return tuple(parts)


def outcomes_present(scores: ClosedScores | OpenScores) -> dict[ItemOutcome, str]:
    """The outcomes that occur, in their order, in words."""
    return {outcome: words for outcome, words in OUTCOMES.items() if scores.micro.outcomes.get(outcome)}


def by_rows(scores: Sequence[Score]) -> list[Score]:
    """Those with the most rows first, then those with the higher score, then by name."""
    return sorted(scores, key=lambda score: (-score.n, -(score.score or 0.0), score.name))


def statements(samples: Sequence[Sample]) -> dict[str, str]:
    """The wording of each difference type by "action/key", of the first sample that has it."""
    texts: dict[str, str] = {}
    for sample in samples:
        for difference in sample.differences:
            texts.setdefault(f"{sample.action_key}/{difference.key}", difference.statement)
    return texts


def calibration_points(reliability: Reliability) -> list[CalibrationPoint]:
    """The bins that hold rows."""
    most = max((bin_.n for bin_ in reliability.bins), default=0)
    return [
        CalibrationPoint(bin_.low, bin_.high, bin_.n, bin_.confidence, bin_.accuracy, math.sqrt(bin_.n / most))
        for bin_ in reliability.bins
        if bin_.confidence is not None and bin_.accuracy is not None
    ]
