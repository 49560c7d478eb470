"""A scored item: what became of one labelled difference. Every score is a count of items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from viddiff.core.errors import InputError
from viddiff.core.types import Answer
from viddiff.eval.viddiffbench.dataset import AnswerRow, Sample
from viddiff.eval.viddiffbench.matching import Matching

#: Closed mode knows the first eight; open mode "correct", "flipped", "said_c", "no_match" and "failed".
ItemOutcome = Literal[
    "correct",
    "wrong",
    "said_c",
    "unsure",
    "failed",
    "refused",
    "not_measurable",
    "missing",
    "flipped",
    "no_match",
]
#: Rows that have no answer, or an unsure one: the best case is that each would have been right.
UNANSWERED: frozenset[ItemOutcome] = frozenset(("unsure", "failed", "refused", "not_measurable", "missing"))


@dataclass(frozen=True)
class ScoredItem:
    """One labelled difference of one pair with what became of it."""

    sample_key: str
    action_key: str
    domain: str
    split: str
    difference_key: str
    statement: str
    label: Answer
    outcome: ItemOutcome

    @property
    def name(self) -> str:
        """Sample and difference, e.g. "fitness_0_12/3"."""
        return f"{self.sample_key}/{self.difference_key}"


def closed_items(samples: Sequence[Sample], rows: Sequence[AnswerRow]) -> list[ScoredItem]:
    """An item for each labelled difference (a, b and c) of the samples, in their order.

    A labelled difference without a row is "missing". The label is that of the row where there is one: a control (videos
    swapped, the same video twice) changes what is right.

    Raises:
        InputError: a row for a difference that is not labelled, or two rows for one.
    """
    answered: dict[tuple[str, str], AnswerRow] = {}
    for row in rows:
        if (row.sample_key, row.difference_key) in answered:
            raise InputError(
                f"Difference {row.difference_key!r} of pair {row.sample_key!r} is answered twice: keep one answer."
            )
        answered[row.sample_key, row.difference_key] = row
    items = []
    for sample in samples:
        statements = {difference.key: difference.statement for difference in sample.differences}
        for key, label in sample.labels.items():
            items.append(item_of(sample, key, statements.get(key, ""), label, answered.get((sample.key, key))))
    unknown = answered.keys() - {(item.sample_key, item.difference_key) for item in items}
    if unknown:
        pair, key = min(unknown)
        raise InputError(
            f"There is an answer for difference {key!r} of pair {pair!r}, which the data do not label: "
            "score the answers with the data that they were made on."
        )
    return items


def open_items(samples: Sequence[Sample], matchings: Sequence[Matching], officially: bool = False) -> list[ScoredItem]:
    """An item for each labelled difference (a, b and c) of the samples, in their order, as matched.

    Raises:
        InputError: a matching of a pair that is not among the samples, or two of one.
    """
    by_sample = {matching.sample_key: matching for matching in matchings}
    unknown = by_sample.keys() - {sample.key for sample in samples}
    if unknown or len(by_sample) < len(matchings):
        raise InputError(
            f"The matchings do not belong to the data ({min(unknown, default='a pair is matched twice')!r}): "
            "score predictions with the data that they were made on."
        )
    items = []
    for sample in samples:
        matching = by_sample.get(sample.key)
        rows = (matching.official_rows if officially else matching.rows) if matching else ()
        item_of_key: dict[str, tuple[Answer, ItemOutcome]] = {
            row.difference_key: (row.label, row.outcome) for row in rows
        }
        statements = {difference.key: difference.statement for difference in sample.differences}
        for key, label in sample.labels.items():
            true_label, outcome = item_of_key.get(key, (label, "missing"))
            item = item_of(sample, key, statements.get(key, ""), true_label, None)
            items.append(replace(item, outcome=outcome))
    return items


def item_of(sample: Sample, key: str, statement: str, label: Answer, row: AnswerRow | None) -> ScoredItem:
    """One labelled difference with its answer, if there is one."""
    label = row.label or label if row else label
    return ScoredItem(
        sample_key=sample.key,
        action_key=sample.action_key,
        domain=sample.domain,
        split=sample.split,
        difference_key=key,
        statement=statement,
        label=label,
        outcome=outcome_of(row, label),
    )


def outcome_of(row: AnswerRow | None, label: Answer) -> ItemOutcome:
    """What became of a question: an unsure answer is neither right nor wrong."""
    if row is None:
        return "missing"
    if row.status != "answered":
        return row.status
    if row.answer is None:
        return "failed"
    if row.answer == label:
        return "correct"
    return "said_c" if row.answer == "c" else "wrong"
