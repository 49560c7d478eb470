"""From the rows of a data set to arrays that a model reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viddiff.core.arrays import Floats
from viddiff.core.errors import InputError
from viddiff.eval.skilldiff.items import Part, SkillData, SkillItem, SkillPair
from viddiff.eval.skilldiff.pairwise import strengths
from viddiff.localizer.alignment.features import FrameFeatures
from viddiff.programs.skilldiff.performances import Performances, resample

#: Where an item names no reference, the best so many of the training part are its own (section 4.2 of the preprint).
N_REFERENCES = 5
Rows = tuple[int, ...]
Pairs = NDArray[np.int64]
#: An item -> its frames as vectors.
Describe = Callable[[SkillItem], FrameFeatures]


@dataclass(frozen=True)
class PreparedData:
    """The training part of one activity, and its test part.

    Attributes:
        train: training items and the references of all items.
        items: the items of its rows.
        test: items of the test part: scored ones, or where pairs are trained on those of its pairs.
        test_vectors: (N, T, D) their features.
        low, best: the scores that are 0 and 1.
        lasts: length of each clip by id, in seconds.
        experts: rows of ``train`` that a query which names no reference is compared with.
        test_pairs: (P, 2) rows of ``test``, a better and a worse one; empty where scores are trained on.
    """

    train: Performances
    items: tuple[SkillItem, ...]
    test: tuple[SkillItem, ...]
    test_vectors: Floats
    low: float
    best: float
    lasts: dict[str, float]
    experts: tuple[int, ...]
    test_pairs: Pairs

    def references_of(self, item: SkillItem) -> tuple[int, ...]:
        """Rows of ``train`` that an item of the test part is compared with, never itself."""
        rows = {one.id: row for row, one in enumerate(self.items)}
        named = tuple(rows[name] for name in item.references)
        return named or tuple(row for row in self.experts if self.items[row].id != item.id)


def prepare(data: SkillData, activity: str, describe: Describe, n_frames: int) -> PreparedData:
    """Read the features of one activity and bring all clips to ``n_frames``.

    Scores are trained on where there are any, else labelled pairs.

    Raises:
        InputError: neither two scores to train on nor a pair, or features that do not fit together.
    """
    trained, test, pairs = _labelled_items(data, activity)
    train_pairs, test_pairs = _rows(pairs, "train", trained), _rows(pairs, "test", test)
    scores = [item.score or 0.0 for item in trained]
    ranks = strengths(train_pairs, len(trained)).tolist() if pairs else scores
    items = (*trained, *_only_compared_with(data, trained, [*trained, *test]))
    low, best = (0.0, 1.0) if pairs else (min(scores), max(item.max_score or item.score or 0.0 for item in trained))
    described = {item.id: describe(item) for item in dict.fromkeys((*items, *test))}
    sizes = sorted({features.vectors.shape[1] for features in described.values()})
    if len(sizes) > 1:
        raise InputError(f"Features have {' and '.join(map(str, sizes))} numbers per frame: use features of one kind.")
    vectors = {name: resample(np.nan_to_num(features.vectors), n_frames) for name, features in described.items()}
    experts, references = _references(items, ranks)
    train = Performances(
        vectors=np.stack([vectors[item.id] for item in items]),
        scores=(np.array([None if pairs else item.score for item in items], dtype=np.float64) - low) / (best - low),
        deductions=np.stack([deductions_of(item, described[item.id].times_s, n_frames) for item in items])
        / (best - low),
        references=references,
        pairs=train_pairs,
    )
    return PreparedData(
        train=train,
        items=items,
        test=tuple(test),
        test_vectors=np.stack([vectors[item.id] for item in test]) if test else np.empty((0, n_frames, sizes[0])),
        low=low,
        best=best,
        lasts={name: float(features.times_s[-1] - features.times_s[0]) for name, features in described.items()},
        experts=experts,
        test_pairs=test_pairs,
    )


class _LabelledItems(NamedTuple):
    """The training and the test items of an activity, and where none to train on has a score its pairs."""

    train: list[SkillItem]
    test: list[SkillItem]
    pairs: list[SkillPair]


def _labelled_items(data: SkillData, activity: str) -> _LabelledItems:
    trained, test = ([item for item in data.part(part) if item.activity == activity] for part in ("train", "test"))
    pairs = [pair for pair in data.pairs if data.by_id[pair.better].activity == activity]
    if not trained and any(pair.split == "train" for pair in pairs):
        return _LabelledItems(_of_pairs(data, pairs, "train"), _of_pairs(data, pairs, "test"), pairs)
    if len({item.score for item in trained}) < 2:
        raise InputError(
            f"The training part has {len(trained)} scored performances of {activity!r}: it needs two with different "
            "scores, or labelled pairs; viddiff skill data split makes the parts."
        )
    return _LabelledItems(trained, test, [])


def _of_pairs(data: SkillData, pairs: Sequence[SkillPair], part: Part) -> list[SkillItem]:
    """The items of the pairs of a part."""
    names = dict.fromkeys(name for pair in pairs if pair.split == part for name in (pair.better, pair.worse))
    return [data.by_id[name] for name in names]


def _rows(pairs: Sequence[SkillPair], part: Part, items: Sequence[SkillItem]) -> Pairs:
    """(P, 2) the pairs of a part as numbers of its items."""
    rows = {item.id: row for row, item in enumerate(items)}
    pair_rows = [(rows[pair.better], rows[pair.worse]) for pair in pairs if pair.split == part]
    return np.array(pair_rows, dtype=np.int64).reshape(-1, 2)


def _only_compared_with(data: SkillData, scored: Sequence[SkillItem], compared: Sequence[SkillItem]) -> list[SkillItem]:
    """References that are not trained on, since they have no score or no part."""
    trained = {item.id for item in scored}
    return [data.by_id[name] for name in sorted({name for item in compared for name in item.references} - trained)]


class _References(NamedTuple):
    """Rows that a query which names none is compared with, and those of each item; the scored ones come first."""

    experts: Rows
    of_each: tuple[Rows, ...]


def _references(items: Sequence[SkillItem], scores: Sequence[float]) -> _References:
    rows = {item.id: row for row, item in enumerate(items)}
    ranked = sorted(range(len(scores)), key=lambda row: -scores[row])
    named = sorted({rows[name] for item in items for name in item.references})
    best = tuple(ranked[: N_REFERENCES + 1])
    of_each = tuple(
        tuple(rows[name] for name in item.references) or tuple(one for one in best if one != row)[:N_REFERENCES]
        for row, item in enumerate(items)
    )
    return _References(tuple(named[:N_REFERENCES]) or best[:N_REFERENCES], of_each)


def deductions_of(item: SkillItem, times_s: Floats, n_frames: int) -> Floats:
    """(n_frames,) what each frame cost, that of a segment evenly over its frames; NaN where it is not known."""
    if not item.segments:
        return np.full(n_frames, np.nan)
    frames_s, costs = np.linspace(times_s[0], times_s[-1], n_frames), np.zeros(n_frames)
    for segment in item.segments:
        inside = (frames_s >= segment.start_s) & (frames_s < segment.stop_s)
        if not inside.any():
            # A segment between two frames belongs to the nearest one.
            inside = np.arange(n_frames) == np.abs(frames_s - (segment.start_s + segment.stop_s) / 2).argmin()
        costs += inside * segment.deduction / inside.sum()
    return costs
