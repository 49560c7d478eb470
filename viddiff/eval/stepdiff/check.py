"""What a file of StepDiff holds, what is wrong in it, and which videos are there."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from viddiff.core.record import Record
from viddiff.eval.json_lines import BadRow
from viddiff.eval.stepdiff.items import LICENCE, RankItem, StepData, Task
from viddiff.eval.stepdiff.load import read_items, videos_root


class StepReport(Record):
    """Counts of a file; those of the released ranking file are in docs/stepdiff.md."""

    name: str
    """Of the file."""
    task: Task
    """What its rows ask."""
    licence: str = LICENCE
    """Empty for a user's own data."""
    content_hash: str
    """SHA-256 over the rows."""
    n: int
    """Rows."""
    n_clips: int
    """Different clips."""
    n_references: int
    """Different reference clips."""
    n_videos: int
    """Different videos."""
    n_missing_videos: int
    """Clips' videos that are not below the root."""
    seconds: tuple[float, float, float]
    """Least, mean and greatest length of a clip."""
    categories: dict[str, int]
    """Category -> rows."""
    tied_pairs: dict[int, int]
    """DiffRank: number of tied pairs among the four scores -> rows."""
    bad_rows: tuple[BadRow, ...]
    """Lines that are no rows."""


def check_items(path: Path, root: Path | None = None) -> StepReport:
    """Count what a file holds; videos are looked for below ``root`` (see ``StepClip.file``), None: ``videos_root``.

    Raises:
        InputError: the file cannot be read, or holds no row of any task.
    """
    data, bad = read_items(path)
    return report_of(data, bad, root or videos_root(path, data.clips))


def report_of(data: StepData, bad: tuple[BadRow, ...], root: Path) -> StepReport:
    """The counts of items that were read."""
    clips = {clip.id: clip for item in data.items for clip in item.clips}
    present = {clip.video for clip in clips.values() if clip.file(root) is not None}
    videos = {clip.video for clip in clips.values()}
    lengths = [clip.stop_s - clip.start_s for clip in clips.values() if math.isfinite(clip.stop_s)] or [0.0]
    ties = Counter(count_ties(item.scores) for item in data.items if isinstance(item, RankItem))
    return StepReport(
        licence="" if data.has_user_clips else LICENCE,
        name=data.name,
        task=data.task,
        content_hash=data.content_hash,
        n=len(data.items),
        n_clips=len(clips),
        n_references=len({item.reference.id for item in data.items}),
        n_videos=len(videos),
        n_missing_videos=len(videos - present),
        seconds=(min(lengths), sum(lengths) / len(lengths), max(lengths)),
        categories=dict(Counter(item.category for item in data.items).most_common()),
        tied_pairs=dict(sorted(ties.items())),
        bad_rows=bad,
    )


def count_ties(scores: tuple[int, ...]) -> int:
    """How many pairs of equal scores there are.

    >>> count_ties((0, 0, 3, 0))
    3
    """
    return sum(n * (n - 1) // 2 for n in Counter(scores).values())
