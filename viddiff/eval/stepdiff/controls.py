"""What answers score that come from no clip, and what the truth itself scores: the frame of every other figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from viddiff.core.registry import Registry
from viddiff.eval.stepdiff.items import N_OPTIONS, CaptionItem, ChoiceItem, Item, RankItem, StepData, StepPair
from viddiff.eval.stepdiff.predictions import Prediction

#: Data and a seed to one prediction for each item.
Control = Callable[[StepData, int], list[Prediction]]
CONTROLS: Registry[Control] = Registry("control")


@CONTROLS.register("random")
def by_chance(data: StepData, seed: int) -> list[Prediction]:
    """Scores by chance; for a caption one of another row of its category, where there is one."""
    rng = np.random.default_rng(seed)
    if data.task != "diffcap":
        return [tuple(rng.random(N_OPTIONS).tolist()) for _ in data.items]
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(data.items):
        rows.setdefault(item.category, []).append(row)
    answers: list[Prediction] = []
    for row, item in enumerate(data.items):
        others = rows[item.category]
        # One of the places that are not the row's own.
        step = int(rng.integers(1, len(others))) if len(others) > 1 else 0
        captions = _captions(data.items[others[(others.index(row) + step) % len(others)]])
        answers.append(captions[int(rng.integers(len(captions)))])
    return answers


@CONTROLS.register("yes-no")
def yes_or_no(data: StepData, seed: int) -> list[Prediction]:
    """DiffRank and DiffMCQ: 1 or 0 by chance, as a model that says YES or NO gives it; a caption is empty."""
    if data.task == "diffcap":
        return [""] * len(data.items)
    rng = np.random.default_rng(seed)
    return [tuple(rng.integers(2, size=N_OPTIONS).astype(float).tolist()) for _ in data.items]


@CONTROLS.register("majority")
def most_common(data: StepData, seed: int) -> list[Prediction]:
    """The same for every row (of its category), taken from the labels: what there is to gain without looking."""
    if data.task == "diffcap":
        common: dict[str, Counter[str]] = {}
        for item in data.items:
            common.setdefault(item.category, Counter()).update(_captions(item))
        return [common[item.category].most_common(1)[0][0] for item in data.items]
    by_place = np.mean([_truth(item) for item in data.items], axis=0)
    return [tuple(by_place.tolist())] * len(data.items)


@CONTROLS.register("truth")
def truth(data: StepData, seed: int) -> list[Prediction]:
    """The first of the captions, or the true scores: the best that there is."""
    return [item.captions[0] if isinstance(item, CaptionItem) else _truth(item) for item in data.items]


@CONTROLS.register("untied")
def break_ties(data: StepData, seed: int) -> list[Prediction]:
    """The true order with ties broken by chance: the best that scores without ties can get; captions are the truth."""
    if data.task == "diffcap":
        return truth(data, seed)
    rng = np.random.default_rng(seed)
    return [tuple((np.array(_truth(item)) + rng.uniform(0, 0.5, N_OPTIONS)).tolist()) for item in data.items]


def swap_clips(item: Item) -> Item:
    """The item with reference and candidate swapped, for a method to answer; similarity has no direction.

    Captions are then false, and a method that answers the same has not looked at which clip is which.
    """
    if isinstance(item, CaptionItem):
        return item.model_copy(update={"pair": _swap_pair(item.pair)})
    if isinstance(item, ChoiceItem):
        return item.model_copy(update={"options": tuple(map(_swap_pair, item.options))})
    return item


def same_clip(item: CaptionItem) -> CaptionItem:
    """The item with the reference in place of the candidate: every difference that is found is invented."""
    return item.model_copy(update={"pair": StepPair(reference=item.reference, candidate=item.reference)})


def _swap_pair(pair: StepPair) -> StepPair:
    return StepPair(reference=pair.candidate, candidate=pair.reference)


def _captions(item: Item) -> tuple[str, ...]:
    assert isinstance(item, CaptionItem)
    return item.captions


def _truth(item: Item) -> tuple[float, ...]:
    if isinstance(item, RankItem):
        return tuple(map(float, item.scores))
    assert isinstance(item, ChoiceItem)
    return tuple(float(place == item.answer) for place in range(N_OPTIONS))
