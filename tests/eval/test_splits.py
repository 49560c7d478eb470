"""Parts for compiling: the promises hold for whatever data."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.eval.data_rows import official_rows, write_json
from viddiff.core.errors import InputError, UsageError
from viddiff.eval.subsets import SUBSETS
from viddiff.eval.viddiffbench.data import load_data, split_data
from viddiff.eval.viddiffbench.data.load import content_hash
from viddiff.eval.viddiffbench.dataset import DataSet, Sample, VideoRef
from viddiff.eval.viddiffbench.splits import By, Splits

ways = pytest.mark.parametrize("by", ["pair", "action"])


def sample(index: int, action: int, a: int, b: int) -> Sample:
    return Sample(
        key=str(index),
        action_key=f"action_{action}",
        action_name="x",
        action="x",
        domain="own",
        split=f"split_{action % 2}",
        video_a=VideoRef(path=f"{a}.mp4"),
        video_b=VideoRef(path=f"{b}.mp4"),
        differences=(),
        labels={},
        n_differences_open=0,
    )


def data_of(samples: list[Sample]) -> DataSet:
    return DataSet(name="x", release="pairs", content_hash=content_hash(samples), samples=tuple(samples))


def plain_components(samples: list[Sample]) -> list[set[str]]:
    """The slow twin: merge sets of videos until nothing more meets."""
    sets = [{s.video_a.path, s.video_b.path} for s in samples]
    merged = True
    while merged:
        merged = False
        for i, one in enumerate(sets):
            for other in sets[i + 1 :]:
                if one & other:
                    one |= other
                    sets.remove(other)
                    merged = True
                    break
    return sets


graphs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=60).map(
    lambda edges: [sample(index, *edge) for index, edge in enumerate(edges)]
)


def parts_of(splits: Splits) -> dict[str, str]:
    return {key: subset for subset in SUBSETS for key in splits.keys(subset)}


@settings(max_examples=150, deadline=None)
@given(graphs, st.integers(0, 3))
def test_by_pair_no_video_is_in_two_parts(samples: list[Sample], seed: int) -> None:
    components = plain_components(samples)
    if len(components) < 3:
        with pytest.raises(InputError, match="share no video"):
            split_data(data_of(samples), "pair", seed)
        return
    splits = split_data(data_of(samples), "pair", seed)
    subset = parts_of(splits)
    assert sorted(subset) == sorted(s.key for s in samples)
    assert sum(map(len, (splits.train, splits.val, splits.test))) == len(samples)
    for component in components:
        assert len({subset[s.key] for s in samples if s.video_a.path in component}) == 1
    assert all(splits.keys(name) for name in SUBSETS)
    assert not splits.notices


@settings(max_examples=150, deadline=None)
@given(graphs, st.integers(0, 3))
def test_by_action_no_action_is_in_two_parts(samples: list[Sample], seed: int) -> None:
    actions = {s.action_key for s in samples}
    if len(actions) < 3:
        with pytest.raises(InputError, match="actions"):
            split_data(data_of(samples), "action", seed)
        return
    splits = split_data(data_of(samples), "action", seed)
    subset = parts_of(splits)
    assert sorted(subset) == sorted(s.key for s in samples)
    for action in actions:
        assert len({subset[s.key] for s in samples if s.action_key == action}) == 1
    for split in ("split_0", "split_1"):
        held = defaultdict(set)
        for s in samples:
            if s.split == split:
                held[subset[s.key]].add(s.action_key)
        if sum(map(len, held.values())) >= 3:
            assert len(held) == 3
    assert all(splits.keys(name) for name in SUBSETS)
    shared = {path for path in plain_paths(samples) if len({subset[s.key] for s in samples if path in paths(s)}) > 1}
    assert bool(splits.notices) == bool(shared)


def paths(s: Sample) -> set[str]:
    return {s.video_a.path, s.video_b.path}


def plain_paths(samples: list[Sample]) -> set[str]:
    return set().union(*map(paths, samples))


@ways
@settings(max_examples=40, deadline=None)
@given(samples=graphs, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_makes_no_difference(by: By, samples: list[Sample], shuffle: random.Random) -> None:
    mixed = list(samples)
    shuffle.shuffle(mixed)
    try:
        first = split_data(data_of(samples), by)
    except InputError:
        with pytest.raises(InputError):
            split_data(data_of(mixed), by)
        return
    assert parts_of(split_data(data_of(mixed), by)) == parts_of(first)


@pytest.fixture
def benchmark_like(tmp_path: Path) -> DataSet:
    return load_data(str(write_json(tmp_path / "rows.json", official_rows(per_action=30))))


def test_by_pair_is_stratified_over_actions(benchmark_like: DataSet) -> None:
    splits = split_data(benchmark_like, "pair")
    total = len(benchmark_like.samples)
    for subset, share in zip(SUBSETS, (0.5, 0.2, 0.3), strict=True):
        counts = Counter(s.action_key for s in splits.select(benchmark_like, subset))
        assert abs(sum(counts.values()) - share * total) <= 2
        for action in {s.action_key for s in benchmark_like.samples}:
            assert abs(counts[action] - share * 30) <= 3


def test_by_action_every_published_split_is_in_every_part(benchmark_like: DataSet) -> None:
    splits = split_data(benchmark_like, "action")
    actions = defaultdict(set)
    for s in benchmark_like.samples:
        actions[s.split].add(s.action_key)
    for subset in SUBSETS:
        seen = Counter(s.split for s in splits.select(benchmark_like, subset))
        assert all(seen[split] for split, found in actions.items() if len(found) >= 3)


@ways
def test_splits_are_named_and_repeatable(by: By, benchmark_like: DataSet) -> None:
    first = split_data(benchmark_like, by)
    assert first == split_data(benchmark_like, by)
    assert first.name == f"by-{by}-0"
    other = split_data(benchmark_like, by, seed=1)
    assert other.name == f"by-{by}-1"
    assert other.test != first.test
    assert split_data(benchmark_like, by, shares=(0.6, 0.2, 0.2)).name == f"by-{by}-0-60-20-20"


def test_known_answer() -> None:
    # Written down once: a change of the algorithm must change the name of the splits.
    splits = split_data(data_of([sample(i, 0, 2 * i, 2 * i + 1) for i in range(10)]), "pair")
    assert ["".join(splits.keys(subset)) for subset in SUBSETS] == ["02469", "13", "578"]


def test_splits_of_other_data_are_refused(benchmark_like: DataSet) -> None:
    splits = split_data(data_of([sample(i, i, 2 * i, 2 * i + 1) for i in range(5)]), "pair")
    with pytest.raises(InputError, match="to other data"):
        splits.select(benchmark_like, "train")


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.0), (0.5, 0.2, 0.2), (1.5, -0.3, -0.2), (float("nan"), 0.5, 0.5)])
def test_shares_that_cannot_be(shares: tuple[float, float, float], benchmark_like: DataSet) -> None:
    with pytest.raises(UsageError, match="sum to 1"):
        split_data(benchmark_like, "pair", shares=shares)
