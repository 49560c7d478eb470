"""Scores of a run: closed accuracy and open recall, by split, action, domain and difference type, with their certainty.

Strict by default: every labelled row counts, and what has no answer is not correct. How many those are, and what the
score would be at best, stands beside it (``Score.outcomes``, ``Score.best_case``). See docs/metrics.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from viddiff.core.record import Record, Share
from viddiff.eval import statistics
from viddiff.eval.statistics import Interval, Reliability, Sums
from viddiff.eval.viddiffbench.dataset import AnswerRow, Sample
from viddiff.eval.viddiffbench.matching import Matching
from viddiff.eval.viddiffbench.official import Official, official, official_closed
from viddiff.eval.viddiffbench.scored_items import UNANSWERED, ItemOutcome, ScoredItem, closed_items, open_items

#: Statements about speed or duration, where models that see a few frames are weakest. On the 148 difference types of
#: VidDiffBench it finds the 15 that are about time; "one finger at a time", "a longer stride" are not.
SPEED_OR_DURATION = re.compile(
    r"""\b(?:speeds?|fast(?:er)?|slow(?:er|ly)?|quick(?:er|ly)?|rapid(?:ly)?|tempo|cadence|pace|durations?|paus(?:e|es|ed|ing)
      | (?:takes?|lasts?|held|holds?|for|spends?|stays?)\s(?:\w+\s){0,3}longer
      | (?:longer|shorter|more|less)\s(?:\w+\s)?time)\b""",
    re.VERBOSE | re.IGNORECASE,
)


class Score(Record):
    """The share of labelled rows that are right, over one group of them."""

    name: str
    """Name of the group."""
    n: int
    """Rows that are counted."""
    n_pairs: int
    """Pairs that the rows come from."""
    n_correct: int
    """Rows that are right."""
    score: Share | None
    """None without rows, as all that is computed from it."""
    interval: Interval | None
    """Its 95 % interval; None where there are too few pairs."""
    p_value: Share | None
    """Exact two-sided binomial test against 0.5, which takes rows for independent; None where chance is not 0.5."""
    best_case: Share | None
    """If every row that has no answer had been right; the worst case is ``score``."""
    outcomes: dict[ItemOutcome, int]
    """How many rows ended how; their sum is ``n``."""

    def part(self, outcome: ItemOutcome) -> float:
        """The share of rows that ended so; the parts of all outcomes sum to 1."""
        return self.outcomes.get(outcome, 0) / self.n if self.n else 0.0


class Average(Record):
    """The unweighted mean over the splits that are present: the 'Avg' of the paper where all three are."""

    splits: tuple[str, ...]
    """Names of the splits."""
    score: Share | None
    """The mean; None: a split has no rows."""
    interval: Interval | None
    """Its 95 % interval; None where there are too few pairs."""
    best_case: Share | None
    """The mean if every failed row were right."""


class UnansweredItem(Record):
    """A labelled row without an answer, or with an unsure one."""

    sample_key: str
    """Key of the pair."""
    difference_key: str
    """Key of the difference."""
    outcome: ItemOutcome
    """What came of it."""


class Scores(Record):
    """One run on one data set."""

    macro: Average
    """Over rows with label a or b."""
    micro: Score
    """Over all rows."""
    splits: tuple[Score, ...]
    """By split."""
    domains: tuple[Score, ...]
    """By domain."""
    actions: tuple[Score, ...]
    """By action."""
    differences: tuple[Score, ...]
    """By action and difference key, e.g. "fitness_0/2"."""
    topics: tuple[Score, ...]
    """"speed or duration" against "other", by the wording of the statement."""
    official: Official
    """As the official evaluator counts."""
    failures: tuple[UnansweredItem, ...]
    """Rows without an answer."""
    n_resamples: int
    """Resamples of the bootstrap."""
    seed: int
    """Seed of the bootstrap."""


class ClosedScores(Scores):
    """Closed mode: for which video is a given statement more true."""

    mode: Literal["closed"] = "closed"
    """Closed or open evaluation."""
    three_way: Score
    """Over rows with label a, b or c; an answer is right when it is the label."""
    reliability: Reliability | None
    """Calibration; None where no answer has a confidence."""


def closed_scores(
    samples: Sequence[Sample],
    rows: Sequence[AnswerRow],
    n_resamples: int = statistics.N_RESAMPLES,
    seed: int = 0,
) -> ClosedScores:
    """Closed accuracy, pooled over all rows with label a or b.

    Args:
        samples: what was to be answered; a labelled difference without a row counts as missing.
        rows: the answers, in any order.
        n_resamples, seed: of the bootstrap intervals.

    Raises:
        InputError: rows that do not belong to the samples, or two for one difference.
    """
    items = closed_items(samples, rows)
    scored = [item for item in items if item.label != "c"]
    table = Table(n_resamples, seed, chance=True)
    return ClosedScores(
        **table.common(scored, official_closed(scored)),
        three_way=Table(n_resamples, seed, chance=False).score("all", items),
        reliability=confidence_of(rows, scored),
    )


class OpenScores(Scores):
    """Open mode, recall@N_diff: which labelled differences were found, with the right video.

    ``Score.outcomes`` are the parts "correct" (recall), "flipped", "said_c", "no_match" and "failed".
    """

    mode: Literal["open"] = "open"
    """Closed or open evaluation."""
    judge: str
    """What matched predictions to labels."""
    comparable: bool
    """False: a smoke run, not to be put beside published scores."""
    n_predictions: int
    """Differences that were predicted."""
    n_cut: int
    """Predictions beyond N_diff, which are not counted."""
    n_unanswered: int
    """Predictions without an answer; each could have found one more difference."""
    errors: dict[str, str]
    """Why the judge gave no answer, by pair."""


def open_scores(
    samples: Sequence[Sample],
    matchings: Sequence[Matching],
    n_resamples: int = statistics.N_RESAMPLES,
    seed: int = 0,
) -> OpenScores:
    """Recall@N_diff over all labelled differences with label a or b.

    Args:
        samples: what was to be answered; a sample without a matching counts as missing.
        matchings: of ``viddiff.eval.viddiffbench.matching.match_all``, all by the same judge.
        n_resamples, seed: of the bootstrap intervals.

    Raises:
        InputError: a matching of no sample.
    """
    strict, counted = (scored_items(samples, matchings, officially) for officially in (False, True))
    why = {f"{m.sample_key}/{key}": reason for m in matchings for key, reason in m.official_why.items()}
    return OpenScores(
        **Table(n_resamples, seed, chance=False).common(strict, official(strict, counted, why)),
        judge=matchings[0].judge if matchings else "none",
        comparable=bool(matchings) and all(matching.comparable for matching in matchings),
        n_predictions=sum(matching.n_predictions for matching in matchings),
        n_cut=sum(matching.n_cut for matching in matchings),
        n_unanswered=sum(matching.n_unanswered for matching in matchings),
        errors={matching.sample_key: matching.error for matching in matchings if matching.error},
    )


def scored_items(samples: Sequence[Sample], matchings: Sequence[Matching], officially: bool) -> list[ScoredItem]:
    """The items with label a or b."""
    return [item for item in open_items(samples, matchings, officially) if item.label != "c"]


def confidence_of(rows: Sequence[AnswerRow], items: Sequence[ScoredItem]) -> Reliability | None:
    """The reliability of the confidence in the marked rows that have one."""
    right = {(item.sample_key, item.difference_key): item.outcome == "correct" for item in items}
    rated = [
        (row.confidence, right[row.sample_key, row.difference_key])
        for row in rows
        if row.status == "answered" and row.confidence is not None and (row.sample_key, row.difference_key) in right
    ]
    return statistics.reliability([confidence for confidence, _ in rated], [correct for _, correct in rated])


class Table:
    """Scores over groups of items. ``chance``: whether one half is what guessing gives."""

    def __init__(self, n_resamples: int, seed: int, chance: bool) -> None:
        self.n_resamples, self.seed, self.chance = n_resamples, seed, chance

    def common(self, items: Sequence[ScoredItem], official: Official) -> dict[str, object]:
        """The fields of ``Scores``."""
        splits = self.by_group(items, lambda item: item.split)
        return {
            "macro": self.average(items, splits),
            "micro": self.score("all", items),
            "splits": splits,
            "domains": self.by_group(items, lambda item: item.domain),
            "actions": self.by_group(items, lambda item: item.action_key),
            "differences": self.by_group(items, lambda item: f"{item.action_key}/{item.difference_key}"),
            "topics": self.by_group(items, lambda item: topic_of(item.statement)),
            "official": official,
            "failures": tuple(
                UnansweredItem(sample_key=item.sample_key, difference_key=item.difference_key, outcome=item.outcome)
                for item in items
                if item.outcome in UNANSWERED
            ),
            "n_resamples": self.n_resamples,
            "seed": self.seed,
        }

    def by_group(self, items: Sequence[ScoredItem], group_of: Callable[[ScoredItem], str]) -> tuple[Score, ...]:
        """A score for each group, in the order of first appearance."""
        groups: dict[str, list[ScoredItem]] = {}
        for item in items:
            groups.setdefault(group_of(item), []).append(item)
        return tuple(self.score(name, group) for name, group in groups.items())

    def score(self, name: str, items: Sequence[ScoredItem]) -> Score:
        """The score of one group."""
        outcomes = Counter(item.outcome for item in items)
        n, n_correct = len(items), outcomes["correct"]
        n_open = sum(outcomes[outcome] for outcome in UNANSWERED)
        return Score(
            name=name,
            n=n,
            n_pairs=len({item.sample_key for item in items}),
            n_correct=n_correct,
            score=n_correct / n if n else None,
            interval=statistics.interval(strata_of(items), statistics.micro_average, self.n_resamples, self.seed),
            p_value=statistics.binomial_p_value(n_correct, n) if self.chance else None,
            best_case=(n_correct + n_open) / n if n else None,
            outcomes=dict(outcomes),
        )

    def average(self, items: Sequence[ScoredItem], splits: Sequence[Score]) -> Average:
        """The unweighted mean of the splits' scores."""
        return Average(
            splits=tuple(split.name for split in splits),
            score=mean_of([split.score for split in splits]),
            interval=statistics.interval(strata_of(items), statistics.macro_average, self.n_resamples, self.seed),
            best_case=mean_of([split.best_case for split in splits]),
        )


def strata_of(items: Sequence[ScoredItem]) -> list[Sums]:
    """For each split, correct rows and rows of each pair, (C, 2)."""
    splits: dict[str, list[ScoredItem]] = {}
    for item in items:
        splits.setdefault(item.split, []).append(item)
    return [
        statistics.cluster_sums([m.sample_key for m in group], [(m.outcome == "correct", 1) for m in group])
        for group in splits.values()
    ]


def mean_of(shares: Sequence[float | None]) -> float | None:
    """The mean of those that are known."""
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else None


def topic_of(statement: str) -> str:
    """What a statement is about: "speed or duration", or "other"."""
    return "speed or duration" if SPEED_OR_DURATION.search(statement) else "other"
