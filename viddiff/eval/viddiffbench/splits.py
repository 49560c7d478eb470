"""Train, validation and test subsets of a data set that has none of its own: deterministic, stratified, named.

"by-pair" puts no video into two subsets and spreads every action over all of them; "by-action" holds whole actions out
and spreads the published splits. Both divide groups that must stay together, largest first, each to the subset that is
furthest behind its share, in the group's stratum and overall.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

from viddiff.core.errors import InputError, UsageError
from viddiff.core.record import Record
from viddiff.eval.shuffle import shuffle_key
from viddiff.eval.subsets import SUBSETS, Subset
from viddiff.eval.viddiffbench.dataset import DataSet, Sample

By = Literal["pair", "action"]
DEFAULT_SHARES = (0.5, 0.2, 0.3)


class Splits(Record):
    """Which samples are for compiling, which for choosing, which for the result."""

    name: str
    """E.g. "by-pair-0"; other shares than the usual ones are part of the name."""
    content_hash: str
    """Of the data set that was split."""
    train: tuple[str, ...]
    """Keys of samples, in the order of the data."""
    val: tuple[str, ...]
    """Keys for choosing."""
    test: tuple[str, ...]
    """Keys for the result."""
    notices: tuple[str, ...] = ()
    """What a reader should know, one sentence each."""

    def keys(self, subset: Subset) -> tuple[str, ...]:
        """The keys of one subset."""
        return {"train": self.train, "val": self.val, "test": self.test}[subset]

    def select(self, dataset: DataSet, subset: Subset) -> tuple[Sample, ...]:
        """The samples of one subset.

        Raises:
            InputError: these are splits of other data.
        """
        if dataset.content_hash != self.content_hash:
            raise InputError(
                f"The splits {self.name!r} belong to other data than {dataset.name!r}: split the data again."
            )
        keys = set(self.keys(subset))
        return tuple(sample for sample in dataset.samples if sample.key in keys)


class _Group(Record):
    """Samples that stay together."""

    stratum: str
    samples: tuple[Sample, ...]

    @property
    def first_key(self) -> str:
        return min(sample.key for sample in self.samples)


def split_data(
    dataset: DataSet,
    by: By,
    seed: int = 0,
    shares: tuple[float, float, float] = DEFAULT_SHARES,
) -> Splits:
    """Divide a data set into train, val and test.

    Args:
        dataset: what to divide; the order of its samples makes no difference.
        by: "pair": no video in two subsets, stratified by action. "action": no action in two subsets, stratified by
            split.
        seed: another seed gives another division.
        shares: of the samples for train, val and test; they sum to 1.

    Raises:
        UsageError: shares that are not above 0 or do not sum to 1.
        InputError: fewer than three groups that could be told apart.
    """
    if not all(0 < share < 1 for share in shares) or not math.isclose(sum(shares), 1, abs_tol=1e-9):
        raise UsageError(f"The shares {shares!r} are not three numbers above 0 that sum to 1: give e.g. 0.5,0.2,0.3.")
    groups = _pair_groups(dataset.samples) if by == "pair" else _action_groups(dataset.samples)
    if len(groups) < len(SUBSETS):
        group_name = "sets of pairs that share no video" if by == "pair" else "actions"
        raise InputError(
            f"{dataset.name!r} has {len(groups)} {group_name}; three subsets need at least three: add data."
        )
    placed = _place(groups, seed, shares)
    keys = {subset: {s.key for g in groups if placed[g.first_key] == subset for s in g.samples} for subset in SUBSETS}
    ordered = {subset: tuple(s.key for s in dataset.samples if s.key in keys[subset]) for subset in SUBSETS}
    suffix = "" if shares == DEFAULT_SHARES else "".join(f"-{100 * share:g}" for share in shares)
    return Splits(
        name=f"by-{by}-{seed}{suffix}",
        content_hash=dataset.content_hash,
        train=ordered["train"],
        val=ordered["val"],
        test=ordered["test"],
        notices=_overlap_notices(dataset.samples, {key: subset for subset in SUBSETS for key in keys[subset]}),
    )


def _place(groups: Sequence[_Group], seed: int, shares: tuple[float, float, float]) -> dict[str, Subset]:
    """First key of a group -> its subset."""
    share = dict(zip(SUBSETS, shares, strict=True))
    have: defaultdict[str, Counter[Subset]] = defaultdict(Counter)
    placed: dict[str, Subset] = {}

    def shortfall(subset: Subset, group: _Group, scope: str) -> float:
        n_placed = have[scope].total() + len(group.samples)
        return share[subset] * n_placed - have[scope][subset]

    for group in sorted(groups, key=lambda group: (-len(group.samples), shuffle_key(group.first_key, seed))):
        scope = f"stratum {group.stratum}"
        subset = max(SUBSETS, key=lambda subset: shortfall(subset, group, scope) + shortfall(subset, group, "all"))
        placed[group.first_key] = subset
        have[scope][subset] += len(group.samples)
        have["all"][subset] += len(group.samples)
    for stratum in sorted({group.stratum for group in groups}):
        _fill([group for group in groups if group.stratum == stratum], placed, seed)
    _fill(groups, placed, seed)
    return placed


def _fill(groups: Sequence[_Group], placed: dict[str, Subset], seed: int) -> None:
    """Give every subset a group, where there are enough: the smallest one of the subset that has the most."""
    if len(groups) < len(SUBSETS):
        return
    for subset in SUBSETS:
        counts = Counter(placed[group.first_key] for group in groups)
        if not counts[subset]:
            richest = max(SUBSETS, key=lambda name: counts[name])
            movable = [group for group in groups if placed[group.first_key] == richest]
            smallest = min(movable, key=lambda group: (len(group.samples), shuffle_key(group.first_key, seed)))
            placed[smallest.first_key] = subset


def _pair_groups(samples: Sequence[Sample]) -> list[_Group]:
    """The connected components of the graph whose nodes are videos and whose edges are pairs."""
    parent: dict[str, str] = {}

    def find(path: str) -> str:
        parent.setdefault(path, path)
        while parent[path] != path:
            parent[path] = path = parent[parent[path]]
        return path

    for sample in samples:
        parent[find(sample.video_a.path)] = find(sample.video_b.path)
    return _group_samples(samples, lambda sample: find(sample.video_a.path), lambda sample: sample.action_key)


def _action_groups(samples: Sequence[Sample]) -> list[_Group]:
    return _group_samples(samples, lambda sample: sample.action_key, lambda sample: sample.split)


def _group_samples(
    samples: Sequence[Sample], group_of: Callable[[Sample], str], stratum_of: Callable[[Sample], str]
) -> list[_Group]:
    members: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        members[group_of(sample)].append(sample)
    return [
        # The commonest stratum, so that the order of the samples does not matter.
        _Group(stratum=max(sorted(strata), key=lambda stratum: strata[stratum]), samples=tuple(group))
        for group in members.values()
        for strata in (Counter(stratum_of(sample) for sample in group),)
    ]


def _overlap_notices(samples: Sequence[Sample], subset_of: dict[str, Subset]) -> tuple[str, ...]:
    subsets: defaultdict[str, set[Subset]] = defaultdict(set)
    for sample in samples:
        for ref in (sample.video_a, sample.video_b):
            subsets[ref.path].add(subset_of[sample.key])
    shared = sum(len(found) > 1 for found in subsets.values())
    return (f"{shared} videos are in two subsets, under different actions.",) if shared else ()
