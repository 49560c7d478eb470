"""A model fitted to a data set, in a folder in which a run that was killed goes on, and scored on the test part."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from pydantic import ValidationError

from viddiff.core.arrays import Floats
from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import write_document
from viddiff.core.record import Record
from viddiff.core.types import Progress, silent
from viddiff.core.versions import versions
from viddiff.eval.json_lines import read_lines
from viddiff.eval.skilldiff.arrays import PreparedData
from viddiff.eval.skilldiff.baseline import length_only
from viddiff.eval.skilldiff.metrics import SkillScores, skill_scores
from viddiff.eval.skilldiff.pairwise import PairScores, longer_is_better, pair_scores
from viddiff.eval.training import TrainingState
from viddiff.programs.skilldiff.checkpoint import (
    CARD,
    Features,
    SkillModelCard,
    TrainedModel,
    load_card,
    load_model,
    save_model,
)
from viddiff.programs.skilldiff.health import EpochRecord
from viddiff.programs.skilldiff.model import SkillModel
from viddiff.programs.skilldiff.options import SkillOptions
from viddiff.programs.skilldiff.scoring import scores_by_reference
from viddiff.programs.skilldiff.training import SkillTraining

#: What a run that is not done keeps after every epoch; and for each epoch a line with its record.
STATE, RECORD = "state.safetensors", "training.jsonl"
_LENGTH = "length of the clip alone"


class FitReport(Record):
    """A model on the test part, and what the length of the clips tells alone."""

    model: SkillScores | PairScores
    """By scores, or where pairs were trained on by those."""
    length_only: SkillScores | PairScores
    """Of the length alone, likewise."""
    notices: tuple[str, ...] = ()
    """What a reader should know, one sentence each."""


class Fit(NamedTuple):
    """A trained model, and how well it scores the test part; None where that is empty."""

    trained: TrainedModel
    report: FitReport | None


def fit(
    prepared: PreparedData,
    options: SkillOptions,
    folder: Path,
    activity: str,
    features: Features,
    progress: Progress = silent,
) -> Fit:
    """Train a model in ``folder``; what a killed run had done is not done again, and the result is the same.

    Raises:
        UsageError: the folder holds a model of other data or options, or cannot be written.
        InputError: a file in it is damaged.
    """
    data_hash = _hash(prepared)
    if (folder / CARD).exists():
        card = load_card(folder)
        if (card.data_hash, card.options, card.features) != (data_hash, options, features):
            raise UsageError(f"{str(folder)!r} holds a model of other data or options: name another folder (--out).")
        trained = load_model(folder)
        return Fit(trained, _report(_predict_scores(trained.model, prepared), prepared, card))
    training = SkillTraining(prepared.train, options)
    record = _train(training, folder, f"{data_hash} {options.model_dump_json()}", progress)
    predicted = _predict_scores(training.model, prepared)
    card = SkillModelCard(
        activity=activity,
        features=features,
        n_features=prepared.train.vectors.shape[2],
        options=options,
        low=prepared.low,
        best=prepared.best,
        data_hash=data_hash,
        references=tuple(prepared.items[row].id for row in prepared.experts),
        loss=record.loss,
        problems=record.problems,
        labels="pairs" if len(prepared.train.pairs) else "scores",
        error_95=_error_95(predicted, prepared),
        versions=versions(),
    )
    trained = save_model(folder, TrainedModel(card, training.model, training.vectors[list(prepared.experts)]))
    (folder / STATE).unlink(missing_ok=True)
    return Fit(trained, _report(predicted, prepared, trained.card))


def _train(training: SkillTraining, folder: Path, run: str, progress: Progress) -> EpochRecord:
    """Train the epochs that are left, keep the state and the record after each, and return the last epoch's."""
    state = TrainingState(folder / STATE, run)
    records: list[EpochRecord] = []
    if saved := state.load():
        training.resume(*saved)
        records = _read_records(folder / RECORD)[: training.n_done]

    def keep(record: EpochRecord) -> None:
        records.append(record)
        # Before the state: a run that is killed in between goes on an epoch earlier, and drops the line.
        write_document(folder / RECORD, "".join(f"{one.model_dump_json()}\n" for one in records))
        state.save(record.epoch, training.state())
        progress("training", record.epoch, training.options.epochs)

    training.run(keep)
    return records[-1]


def _read_records(path: Path) -> list[EpochRecord]:
    try:
        return [EpochRecord.model_validate_json(line) for line in read_lines(path)]
    except ValidationError:
        raise InputError(f"{str(path)!r} is damaged: remove its folder, and train the model again.") from None


def _predict_scores(model: SkillModel, prepared: PreparedData) -> Floats:
    """(N,) scores of the test part, in the unit of the data."""
    vectors = torch.from_numpy(prepared.train.vectors).float()
    shares = [
        scores_by_reference(model, query, vectors[list(_references_of(model.options, prepared, row))]).scores.mean()
        for row, query in enumerate(prepared.test_vectors)
    ]
    predicted: Floats = prepared.low + np.array(shares) * (prepared.best - prepared.low)
    return predicted


def _references_of(options: SkillOptions, prepared: PreparedData, row: int) -> tuple[int, ...]:
    """Of a test item: its experts, or in the ablation as many that are drawn from the training part."""
    experts = prepared.references_of(prepared.test[row])
    if options.references == "experts":
        return experts
    return tuple(np.random.default_rng((options.seed, row)).integers(0, len(prepared.items), len(experts)).tolist())


def _true_scores(prepared: PreparedData) -> Floats:
    return np.array([item.score for item in prepared.test], dtype=np.float64)


def _error_95(predicted: Floats, prepared: PreparedData) -> float | None:
    if not prepared.test or len(prepared.test_pairs):
        return None
    return float(np.quantile(np.abs(predicted - _true_scores(prepared)), 0.95))


def _report(predicted: Floats, prepared: PreparedData, card: SkillModelCard) -> FitReport | None:
    """The told scores of the test part, and those by length alone, against its labels."""
    if not prepared.test:
        return None
    by = _by_pairs if len(prepared.test_pairs) else _by_scores
    return by(predicted, prepared).model_copy(update={"notices": card.problems})


def _by_pairs(predicted: Floats, prepared: PreparedData) -> FitReport:
    lengths_s = [prepared.lasts[item.id] for item in prepared.items]
    lengths = np.array([prepared.lasts[item.id] for item in prepared.test])
    by_length = longer_is_better(lengths_s, prepared.train.pairs) * lengths
    return FitReport(
        model=pair_scores("model", predicted, prepared.test_pairs),
        length_only=pair_scores(_LENGTH, by_length, prepared.test_pairs),
    )


def _by_scores(predicted: Floats, prepared: PreparedData) -> FitReport:
    scored = [prepared.items[row] for row in prepared.train.scored_rows]
    performers, kinds = ([getattr(item, name) for item in prepared.test] for name in ("performer", "activity"))
    by_length = length_only(
        [prepared.lasts[item.id] for item in scored],
        [item.score or 0.0 for item in scored],
        [item.activity for item in scored],
        [prepared.lasts[item.id] for item in prepared.test],
        kinds,
    )
    true = _true_scores(prepared)
    return FitReport(
        model=skill_scores("model", predicted, true, performers, kinds),
        length_only=skill_scores(_LENGTH, by_length, true, performers, kinds),
    )


def _hash(prepared: PreparedData) -> str:
    """Of the numbers that a model is trained and tested on."""
    total = hashlib.sha256()
    for values in (prepared.train.vectors, prepared.train.scores, prepared.train.deductions, prepared.test_vectors):
        total.update(np.ascontiguousarray(values).tobytes())
    compared = [(item.id, item.score, prepared.references_of(item)) for item in prepared.test]
    pairs = (prepared.train.pairs.tolist(), prepared.test_pairs.tolist())
    total.update(repr((prepared.train.references, prepared.experts, compared, pairs)).encode())
    return total.hexdigest()
