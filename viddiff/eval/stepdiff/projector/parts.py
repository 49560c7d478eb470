"""Rows to train on and rows held out, with no video in both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from viddiff.core.errors import UsageError
from viddiff.eval.shuffle import shuffle_key
from viddiff.eval.stepdiff.projector.rows import TrainingRow

Rows = tuple[TrainingRow, ...]


def clear_of(rows: Sequence[TrainingRow], videos: Collection[str]) -> Rows:
    """The rows that show none of these videos."""
    return tuple(row for row in rows if not any(clip.video in videos for clip in row.clips))


def hold_out(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Rows to train on and rows held out; rows that share a video, by others too, stay together.

    Sets of such rows are taken in a shuffled order, each into the part held out while that has too few; where all rows
    are one set nothing is held out.

    Raises:
        UsageError: a share that cannot be.
    """
    if not 0 <= share < 1:
        raise UsageError(f"The held-out share {share!r} is out of range: give a number from 0 to below 1 (--held-out).")
    held_out: set[int] = set()

    def key(places: list[int]) -> str:
        first = rows[places[0]]
        return shuffle_key(f"{first.file}\n".encode() + first.line, seed)

    for places in sorted(_components(rows), key=key):
        if len(held_out) + len(places) / 2 <= share * len(rows):
            held_out.update(places)
    parts = [], []  # type: tuple[list[TrainingRow], list[TrainingRow]]
    for place, row in enumerate(rows):
        parts[place in held_out].append(row)
    return tuple(parts[0]), tuple(parts[1])


def _components(rows: Rows) -> list[list[int]]:
    """The places of rows by connected component of the graph in which rows that show one video are neighbours."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    places = [(place, clip.video) for place, row in enumerate(rows) for clip in row.clips]
    numbers = {video: len(rows) + number for number, video in enumerate(dict.fromkeys(video for _, video in places))}
    edges = [place for place, _ in places], [numbers[video] for _, video in places]
    n = len(rows) + len(numbers)
    _, labels = connected_components(coo_array(([1] * len(places), edges), shape=(n, n)), directed=False)
    sets: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(len(rows)):
        sets[int(labels[place])].append(place)
    return list(sets.values())
