"""Training and test part of scored performances, with no performer in both."""

from __future__ import annotations

from collections import defaultdict

from viddiff.core.errors import InputError, UsageError
from viddiff.eval.shuffle import shuffle_key
from viddiff.eval.skilldiff.items import Part, SkillData, SkillItem


def split_by_group(data: SkillData, test_share: float = 0.25, seed: int = 0) -> SkillData:
    """The same performances, each performer in one part; the same data and seed give the same parts everywhere.

    Performers are taken in a shuffled order, each into the test part while that has too few of all items. Whoever
    performs a reference is in the training part. Pairs of two parts have none.

    Args:
        data: what to divide; parts that it has are not kept.
        test_share: of the items for the test part, between 0 and 1.
        seed: another seed gives other parts.

    Raises:
        UsageError: a share that cannot be.
        InputError: fewer than two performers who may be parted.
    """
    if not 0 < test_share < 1:
        raise UsageError(f"The test share {test_share!r} is out of range: give a number between 0 and 1.")
    groups: defaultdict[str, list[SkillItem]] = defaultdict(list)
    for item in data.items:
        groups[item.performer].append(item)
    experts = {data.by_id[reference].performer for item in data.items for reference in item.references}
    free = sorted(set(groups) - experts, key=lambda name: shuffle_key(name, seed))
    if len(groups) < 2 or not free:
        raise InputError(
            "All performances are of one person, or of people who also perform references: add performances of others."
        )
    n_wanted, tested = test_share * len(data.items), set[str]()
    for name in free:
        n_tested = sum(len(groups[one]) for one in tested)
        last = len(tested) == len(groups) - 1
        if not last and (not tested or n_tested + len(groups[name]) / 2 <= n_wanted):
            tested.add(name)
    parts: dict[str, Part] = {item.id: "test" if item.performer in tested else "train" for item in data.items}
    # A copy would keep what the old rows made of by_id and content_hash.
    return SkillData(
        root=data.root,
        items=tuple(item.model_copy(update={"split": parts[item.id]}) for item in data.items),
        pairs=tuple(
            pair.model_copy(update={"split": parts[pair.better] if parts[pair.better] == parts[pair.worse] else None})
            for pair in data.pairs
        ),
    )


def to_lines(data: SkillData) -> dict[str, str]:
    """The text of ``items.jsonl`` and ``pairs.jsonl``, by file name."""
    rows = {"items.jsonl": data.items, "pairs.jsonl": data.pairs}
    return {
        name: "".join(f"{row.model_dump_json(exclude_defaults=True)}\n" for row in found)
        for name, found in rows.items()
        if found
    }
