"""From the rows of a data set to arrays that a model reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from viddiff.core.errors import InputError
from viddiff.eval.skilldiff.items import SkillData, SkillItem
from viddiff.eval.skilldiff.metrics import Floats
from viddiff.programs.skilldiff.performances import Performances, resampled

#: Where an item names no reference, the best so many of the training part are its own (section 4.2 of the preprint).
N_REFERENCES = 5
Rows = tuple[int, ...]
#: An item -> the times of its frames in seconds (T,), and their features (T, D).
Describe = Callable[[SkillItem], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Prepared:
    """The training part of one activity, and its test part.

    Attributes:
        train: training items and whoever they, or items of the test part, are compared with.
        items: the items of its rows.
        test: scored items of the test part.
        test_vectors: (N, T, D) their features.
        low, best: the scores that are 0 and 1.
        lasts: length of each clip by id, in seconds.
        experts: rows of ``train`` that a query which names no reference is compared with.
    """

    train: Performances
    items: tuple[SkillItem, ...]
    test: tuple[SkillItem, ...]
    test_vectors: Floats
    low: float
    best: float
    lasts: dict[str, float]
    experts: tuple[int, ...]

    def references_of(self, item: SkillItem) -> tuple[int, ...]:
        """Rows of ``train`` that an item of the test part is compared with."""
        rows = {one.id: row for row, one in enumerate(self.items)}
        return tuple(rows[name] for name in item.references) or self.experts


def prepare(data: SkillData, activity: str, describe: Describe, n_frames: int) -> Prepared:
    """Read the features of one activity and bring all clips to ``n_frames``.

    Raises:
        InputError: fewer than two scores to train on, or features that do not fit together.
    """
    scored, test = ([item for item in data.part(part) if item.activity == activity] for part in ("train", "test"))
    told = [item.score or 0.0 for item in scored]
    if len(set(told)) < 2:
        raise InputError(
            f"The training part has {len(scored)} scored performances of {activity!r}: it takes two, with two scores. "
            "viddiff skill data split makes the parts."
        )
    items = (*scored, *_only_compared_with(data, scored, [*scored, *test]))
    low, best = min(told), max(item.max_score or item.score or 0.0 for item in scored)
    described = {item.id: describe(item) for item in (*items, *test)}
    sizes = sorted({vectors.shape[1] for _, vectors in described.values()})
    if len(sizes) > 1:
        raise InputError(f"Features have {' and '.join(map(str, sizes))} numbers a frame: take those of one kind.")
    vectors = {name: resampled(np.nan_to_num(found), n_frames) for name, (_, found) in described.items()}
    experts, references = _references(items, told)
    train = Performances(
        vectors=np.stack([vectors[item.id] for item in items]),
        scores=(np.array([item.score for item in items], dtype=np.float64) - low) / (best - low),
        deductions=np.stack([deductions_of(item, described[item.id][0], n_frames) for item in items]) / (best - low),
        references=references,
    )
    return Prepared(
        train=train,
        items=items,
        test=tuple(test),
        test_vectors=np.stack([vectors[item.id] for item in test]) if test else np.empty((0, n_frames, sizes[0])),
        low=low,
        best=best,
        lasts={name: float(times_s[-1] - times_s[0]) for name, (times_s, _) in described.items()},
        experts=experts,
    )


def _only_compared_with(data: SkillData, scored: Sequence[SkillItem], compared: Sequence[SkillItem]) -> list[SkillItem]:
    """References that are not trained on, since they have no score or no part."""
    trained = {item.id for item in scored}
    return [data.by_id[name] for name in sorted({name for item in compared for name in item.references} - trained)]


def _references(items: Sequence[SkillItem], told: Sequence[float]) -> tuple[Rows, tuple[Rows, ...]]:
    """Rows that a query which names none is compared with, and those of each item; the scored ones come first."""
    rows = {item.id: row for row, item in enumerate(items)}
    ranked = sorted(range(len(told)), key=lambda row: -told[row])
    named = sorted({rows[name] for item in items for name in item.references})
    best = tuple(ranked[: N_REFERENCES + 1])
    of_each = tuple(
        tuple(rows[name] for name in item.references) or tuple(one for one in best if one != row)[:N_REFERENCES]
        for row, item in enumerate(items)
    )
    return tuple(named[:N_REFERENCES]) or best[:N_REFERENCES], of_each


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
