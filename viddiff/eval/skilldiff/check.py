"""What a folder of scored performances holds, what is wrong in it, and which files are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from viddiff.core.record import Record
from viddiff.eval.skilldiff.items import SkillData
from viddiff.eval.skilldiff.load import BadSkillRow, read_data


class SkillReport(Record):
    """Counts of a data set of scores."""

    content_hash: str
    """SHA-256 over the items."""
    n_items: int
    """Performances."""
    n_scored: int
    """Performances with a score."""
    n_pairs: int
    """Labelled pairs."""
    n_performers: int
    """Those that are known."""
    n_references: int
    """Performances that others name as their reference."""
    n_segments: int
    """Segments with a deduction."""
    activities: dict[str, int]
    """Activity -> performances."""
    splits: dict[str, int]
    """Items of "train", "test" and "" (no part)."""
    missing: tuple[str, ...]
    """Files that are not there."""
    bad_rows: tuple[BadSkillRow, ...]
    """Lines that are no rows."""
    notices: tuple[str, ...]
    """What a reader should know, one sentence each."""

    @property
    def complete(self) -> bool:
        """Whether every row is right and every file there."""
        return not self.missing and not self.bad_rows


def check_data(path: Path) -> SkillReport:
    """Count what a folder holds.

    Raises:
        InputError: it cannot be read, or holds no right row.
    """
    data, bad = read_data(path)
    items = data.items
    return SkillReport(
        content_hash=data.content_hash,
        n_items=len(items),
        n_scored=sum(item.score is not None for item in items),
        n_pairs=len(data.pairs),
        n_performers=len({item.group for item in items if item.group is not None}),
        n_references=len({reference for item in items for reference in item.references}),
        n_segments=sum(len(item.segments) for item in items),
        activities=dict(sorted(Counter(item.activity for item in items).items())),
        splits=dict(sorted(Counter(item.split or "" for item in items).items())),
        missing=tuple(item.path for item in items if not (data.root / item.path).is_file()),
        bad_rows=bad,
        notices=tuple(_notices(data)),
    )


def _notices(data: SkillData) -> Iterator[str]:
    """What makes scores of this data mean less than they seem to."""
    parts: dict[str, set[str]] = {}
    for item in data.items:
        if item.group is not None and item.split is not None:
            parts.setdefault(item.group, set()).add(item.split)
    both = [group for group, group_parts in parts.items() if len(group_parts) > 1]
    if both:
        yield (
            f"{len(both)} performers are in both parts, so that a model can know a score by the person: "
            "viddiff skill data split --by group keeps people apart."
        )
    if any(item.group is None for item in data.items):
        n = sum(item.group is None for item in data.items)
        yield f"{n} items have no group (the performer): intervals take each for a person of its own."
    for activity in sorted({item.activity for item in data.items}):
        scores = {item.score for item in data.items if item.activity == activity and item.score is not None}
        if len(scores) == 1:
            yield f"All scores of {activity!r} are the same: there is nothing to learn."
