"""A projector on rows held out, beside what it says of them when it sees other clips, and untrained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import mean

import numpy as np
import torch

from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem
from viddiff.eval.stepdiff.projector.rows import TrainingRow
from viddiff.eval.stepdiff.ranks import accuracy, tau_b
from viddiff.programs.stepdiff.projector.features import ClipFeatures
from viddiff.programs.stepdiff.projector.module import Projector
from viddiff.programs.stepdiff.projector.questions import caption, caption_likelihoods, p_same
from viddiff.programs.stepdiff.projector.training import PairedModel

#: Rows of each file that are scored, at the most.
_MOST = 300


def scores_of(
    model: PairedModel, rows: Sequence[TrainingRow], features: Mapping[str, ClipFeatures], seed: int
) -> dict[str, float]:
    """Metric -> score on rows held out; empty without any.

    "diffmcq": accuracy; "diffrank": the mean tau-b, 0 where it is not defined; "diffcap": the share of captions that
    are one of the row's, letter by letter; "log_likelihood": of an answer of a chat, the mean. Each once more as
    ``<metric>_shuffled``, where every clip shows what another one does, so that what is left comes from the words
    alone, and as ``<metric>_untrained``.
    """
    names = sorted(features)
    order = np.random.default_rng(seed).permutation(names).tolist()
    other = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    models = {
        "": model,
        "_shuffled": replace(model, features=lambda name: features[other[name]]),
        "_untrained": replace(model, projector=_untrained_projector(model.projector, seed)),
    }
    return {f"{name}{kind}": score for kind, one in models.items() for name, score in _scores(one, rows).items()}


def _untrained_projector(projector: Projector, seed: int) -> Projector:
    """A projector as it was before it learned, with the same inputs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        fresh = Projector(projector.options, projector.n_patches, projector.n_features, projector.n_words)
    fresh.mean.copy_(projector.mean)
    fresh.basis.copy_(projector.basis)
    return fresh.to(projector.mean.device).eval()


def _scores(model: PairedModel, rows: Sequence[TrainingRow]) -> dict[str, float]:
    of_metric: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        name = _metric_of(row)
        if len(of_metric[name]) < _MOST:
            of_metric[name].append(_score(model, row))
    return {name: mean(scores) for name, scores in of_metric.items()}


def _metric_of(row: TrainingRow) -> str:
    if row.item is None:
        return "log_likelihood"
    if isinstance(row.item, CaptionItem):
        return "diffcap"
    return "diffmcq" if isinstance(row.item, ChoiceItem) else "diffrank"


def _score(model: PairedModel, row: TrainingRow) -> float:
    item = row.item
    if item is None:
        (example,) = row.examples
        return model.log_likelihoods([example.chat], [example.answer])[0]
    if isinstance(item, CaptionItem):
        text = caption(model, (item.pair.reference.id, item.pair.candidate.id), item.category)
        return float(text in item.captions)
    if isinstance(item, ChoiceItem):
        pairs = [(pair.reference.id, pair.candidate.id) for pair in item.options]
        likely = caption_likelihoods(model, pairs, item.category, item.difference)
        return float(accuracy(np.array([likely]), np.array([item.answer])).strict[0])
    shares = [p_same(model, (item.reference.id, clip.id), item.category) for clip in item.candidates]
    return float(np.nan_to_num(tau_b(np.array([shares]), np.array([item.scores], dtype=np.float64))[0]))
