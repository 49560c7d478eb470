"""A model fitted to a data set, in a folder in which a run that was killed goes on, and scored on the test part."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

from viddiff.core.errors import UsageError
from viddiff.core.record import Record
from viddiff.core.types import Progress, silent
from viddiff.core.versions import versions
from viddiff.eval.skilldiff.arrays import Prepared
from viddiff.eval.skilldiff.baseline import length_only
from viddiff.eval.skilldiff.metrics import Floats, SkillScores, skill_scores
from viddiff.eval.training import train_resumably
from viddiff.programs.skilldiff.checkpoint import (
    CARD,
    Card,
    Features,
    Trained,
    load_card,
    load_trained,
    save_trained,
)
from viddiff.programs.skilldiff.model import SkillModel
from viddiff.programs.skilldiff.options import SkillOptions
from viddiff.programs.skilldiff.scoring import against
from viddiff.programs.skilldiff.training import Training

#: What a run that is not done keeps after every epoch.
STATE = "state.safetensors"


class FitReport(Record):
    """A model on the test part, and what the length of the clips tells alone."""

    model: SkillScores
    length_only: SkillScores


def fit(
    prepared: Prepared,
    options: SkillOptions,
    folder: Path,
    activity: str,
    features: Features,
    progress: Progress = silent,
) -> tuple[Trained, FitReport | None]:
    """Train a model in ``folder``; what a killed run had done is not done again, and the result is the same.

    Returns:
        The model, and how well it scores the test part; None where that is empty.

    Raises:
        UsageError: the folder holds a model of other data or options, or cannot be written.
        InputError: a file in it is damaged.
    """
    data_hash = _hash(prepared)
    if (folder / CARD).exists():
        card = load_card(folder)
        if (card.data_hash, card.options, card.features) != (data_hash, options, features):
            raise UsageError(f"{str(folder)!r} holds a model of other data or options: name another folder (--out).")
        trained = load_trained(folder)
        return trained, _report(_told(trained.model, prepared), prepared)
    training = Training(prepared.train, options)
    loss = train_resumably(training, folder / STATE, f"{data_hash} {options.model_dump_json()}", progress)
    told = _told(training.model, prepared)
    card = Card(
        activity=activity,
        features=features,
        n_features=prepared.train.vectors.shape[2],
        options=options,
        low=prepared.low,
        best=prepared.best,
        data_hash=data_hash,
        references=tuple(prepared.items[row].id for row in prepared.experts),
        loss=loss,
        error_95=float(np.quantile(np.abs(told - _true(prepared)), 0.95)) if prepared.test else None,
        versions=versions(),
    )
    trained = save_trained(folder, Trained(card, training.model, training.vectors[list(prepared.experts)]))
    (folder / STATE).unlink(missing_ok=True)
    return trained, _report(told, prepared)


def _told(model: SkillModel, prepared: Prepared) -> Floats:
    """(N,) scores of the test part, in the unit of the data."""
    vectors = torch.from_numpy(prepared.train.vectors).float()
    shares = [
        against(model, query, vectors[list(_compared_with(model.options, prepared, row))]).scores.mean()
        for row, query in enumerate(prepared.test_vectors)
    ]
    told: Floats = prepared.low + np.array(shares) * (prepared.best - prepared.low)
    return told


def _compared_with(options: SkillOptions, prepared: Prepared, row: int) -> tuple[int, ...]:
    """Of a test item: its experts, or in the ablation as many that are drawn from the training part."""
    experts = prepared.references_of(prepared.test[row])
    if options.references == "experts":
        return experts
    return tuple(np.random.default_rng((options.seed, row)).integers(0, len(prepared.items), len(experts)).tolist())


def _true(prepared: Prepared) -> Floats:
    return np.array([item.score for item in prepared.test], dtype=np.float64)


def _report(told: Floats, prepared: Prepared) -> FitReport | None:
    """The told scores of the test part, and those by length alone, against the true ones."""
    if not prepared.test:
        return None
    scored = [prepared.items[row] for row in prepared.train.scored]
    performers, kinds = ([getattr(item, name) for item in prepared.test] for name in ("performer", "activity"))
    by_length = length_only(
        [prepared.lasts[item.id] for item in scored],
        [item.score or 0.0 for item in scored],
        [item.activity for item in scored],
        [prepared.lasts[item.id] for item in prepared.test],
        kinds,
    )
    return FitReport(
        model=skill_scores("model", told, _true(prepared), performers, kinds),
        length_only=skill_scores("length of the clip alone", by_length, _true(prepared), performers, kinds),
    )


def _hash(prepared: Prepared) -> str:
    """Of the numbers that a model is trained and tested on."""
    total = hashlib.sha256()
    for values in (prepared.train.vectors, prepared.train.scores, prepared.train.deductions, prepared.test_vectors):
        total.update(np.ascontiguousarray(values).tobytes())
    compared = [(item.id, item.score, prepared.references_of(item)) for item in prepared.test]
    total.update(repr((prepared.train.references, prepared.experts, compared)).encode())
    return total.hexdigest()
