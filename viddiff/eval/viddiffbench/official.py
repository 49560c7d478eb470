"""Counting as the official evaluator of VidDiffBench does, so that a score can be put beside the published ones.

The evaluator (eval_viddiff.py of https://github.com/jmhb0/viddiff) has faults that change a number: an answer that
cannot be read silently becomes "a"; in open mode the limit on the number of differences is not enforced, one prediction
may be matched to several statements, and the opposite check is skipped for the VidDiff method. Our own counting is
strict, and says how often each of these made a difference. The evaluator also stops at any malformed answer of its
judge; such an answer is repaired here before either way of counting sees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from viddiff.core.record import Record, Share
from viddiff.eval.viddiffbench.scored_items import ItemOutcome, ScoredItem


class OfficialSplit(Record):
    """One split as the official evaluator counts it."""

    name: str
    """Name of the split."""
    n: int
    """Rows that are counted."""
    n_correct: int
    """Rows that are right."""
    score: Share
    """Their share."""


class Official(Record):
    """A result as the official evaluator counts it, and where strict counting differs from it."""

    splits: tuple[OfficialSplit, ...]
    """Split by split."""
    macro: Share | None
    """The 'Avg' of the paper: the unweighted mean of the splits. None without rows."""
    micro: Share | None
    """Over all rows; None: no rows."""
    differs: dict[str, int]
    """Why a row is right in one way of counting and not in the other, and how many rows that is."""


def official_closed_outcome(item: ScoredItem) -> ItemOutcome:
    """What the official evaluator makes of a closed row: an answer that could not be read is an "a".

    A row that was never answered (missing, unsure, not measurable) has no entry in its predictions file, and is wrong.
    """
    if item.outcome in ("failed", "refused"):
        return "correct" if item.label == "a" else "wrong"
    return item.outcome


def official_closed(items: Sequence[ScoredItem]) -> Official:
    """The official counts of closed rows with label a or b."""
    counted = [replace(item, outcome=official_closed_outcome(item)) for item in items]
    return official(items, counted, dict.fromkeys((item.name for item in items), "an unreadable answer counts as 'a'"))


def official(strict: Sequence[ScoredItem], counted: Sequence[ScoredItem], why: Mapping[str, str]) -> Official:
    """Scores of the rows as counted officially, set against the same rows counted strictly.

    Args:
        strict, counted: the same rows, label a or b, in the same order.
        why: for each row (by ``ScoredItem.name``) where the two differ, the reason.
    """
    totals = Counter(item.split for item in counted)
    correct = Counter(item.split for item in counted if item.outcome == "correct")
    splits = tuple(
        OfficialSplit(name=split, n=n, n_correct=correct[split], score=correct[split] / n)
        for split, n in totals.items()
    )
    differs = Counter(
        why[one.name]
        for one, other in zip(strict, counted, strict=True)
        if (one.outcome == "correct") != (other.outcome == "correct")
    )
    return Official(
        splits=splits,
        macro=sum(split.score for split in splits) / len(splits) if splits else None,
        micro=correct.total() / len(counted) if counted else None,
        differs=dict(differs),
    )
