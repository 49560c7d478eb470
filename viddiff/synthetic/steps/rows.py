"""The rows of the three tasks from attempts whose truth is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from viddiff.synthetic.steps.attempts import Attempt, Group
from viddiff.synthetic.steps.contrasts import (
    CATEGORIES,
    aspects_of,
    captions,
    similarity,
    true_of,
)
from viddiff.synthetic.steps.words import CONTRASTS
from viddiff.synthetic.truth import Aspect

Row = dict[str, Any]
_N_OPTIONS = 4
_MOST_TIED = 1
#: DiffMCQ: of a group and category.
_MOST_ROWS = 4


def caption_rows(group: Group) -> Iterator[Row]:
    """DiffCap: each category in which a candidate plainly differs from the reference."""
    for candidate in group.candidates:
        for category in CATEGORIES:
            texts = captions(group.reference, candidate, category)
            if texts:
                pair = {"reference": group.reference.id, "candidate": candidate.id}
                yield {**pair, "category": category, "text": list(texts)}


def rank_rows(group: Group) -> Iterator[Row]:
    """DiffRank: each category in which at most two of the four candidates are equally similar."""
    for category in CATEGORIES:
        scores = [similarity(group.reference, candidate, category) for candidate in group.candidates]
        if None not in scores and sum(n * (n - 1) // 2 for n in Counter(scores).values()) <= _MOST_TIED:
            targets = [candidate.id for candidate in group.candidates]
            yield {"reference": group.reference.id, "targets": targets, "category": category, "scores": scores}


def choice_rows(group: Group, swapped: bool, seed: Sequence[int]) -> Iterator[Row]:
    """DiffMCQ: captions that are true of one of four pairs of the group's clips, and false of the others.

    Any clip may be the reference of the right pair, so that no place in the group gives it away.

    Args:
        swapped: one of the false pairs is the right one with its clips swapped.
        seed: of the captions, of the pairs and of their order.
    """
    rng = np.random.default_rng((*seed, swapped))
    for category in CATEGORIES:
        claims = [(aspect, more) for aspect in aspects_of(group.reference, category) for more in (True, False)]
        for place in rng.permutation(len(claims)).tolist()[:_MOST_ROWS]:
            aspect, more = claims[place]
            yield from _choice(group, aspect, more, swapped, rng)


def _choice(group: Group, aspect: Aspect[Any], more: bool, swapped: bool, rng: np.random.Generator) -> Iterator[Row]:
    """One row, or none where too few pairs of the group make the caption true or false."""
    pairs = list(permutations(group.attempts, 2))
    true = [pair for pair in pairs if true_of(aspect, more, *pair)]
    if not true:
        return
    answer = true[int(rng.integers(len(true)))]
    turned = answer[::-1]
    false = [pair for pair in pairs if pair != turned and true_of(aspect, more, *pair) is False]
    n_drawn = _N_OPTIONS - 1 - swapped
    if len(false) < n_drawn:
        return
    wrong = [false[place] for place in rng.choice(len(false), n_drawn, replace=False).tolist()]
    options = [answer, *wrong, *([turned] if swapped else [])]
    contrast = CONTRASTS[group.reference.action.key, aspect.key]
    yield {
        "difference": contrast.caption(more),
        "category": contrast.category,
        "options": [_ids(options[place]) for place in rng.permutation(_N_OPTIONS).tolist()],
        "answer": _ids(answer),
    }


def _ids(pair: tuple[Attempt, Attempt]) -> list[str]:
    return [attempt.id for attempt in pair]
