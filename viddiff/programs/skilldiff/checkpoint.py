"""A trained model on disk: tensors in safetensors, all else in ``skill.json``; nothing is unpickled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from torch import Tensor

from viddiff.core.errors import InputError
from viddiff.core.files import write_document
from viddiff.core.record import Record, read_record
from viddiff.core.tensors import load_weights, save_tensors
from viddiff.programs.skilldiff.model import SkillModel
from viddiff.programs.skilldiff.options import SkillOptions

CARD, WEIGHTS = "skill.json", "model.safetensors"
_REFERENCES = "references"
Features = Literal["figure", "pose", "clip", "given"]


class SkillModelCard(Record):
    """What a model was made of and from."""

    schema_version: Literal[1] = 1
    activity: str
    features: Features
    """What describes a frame; "given": the files of the data, so that no video can be scored."""
    n_features: int = Field(ge=1, le=100_000)
    options: SkillOptions
    low: float
    """The score that the model calls 0, the least of the training part."""
    best: float
    """The score that it calls 1."""
    data_hash: str
    references: tuple[str, ...]
    """Ids of the experts that a query is compared with; their features are beside the weights."""
    labels: Literal["scores", "pairs"] = "scores"
    """What it was trained on; with pairs its scores, 0 to 1, tell an order and are no marks."""
    loss: float
    """Of the last epoch."""
    problems: tuple[str, ...] = Field((), validation_alias=AliasChoices("problems", "faults"))
    """Why its alignment should not be believed; empty: nothing speaks against it."""
    error_95: float | None
    """Of the test part 95 % were told more exactly, in the unit of the scores; None without one."""
    weights_hash: str = ""
    """SHA-256 of the file with the tensors."""
    versions: dict[str, str] = Field({})


@dataclass(frozen=True)
class TrainedModel:
    """A model that scores; ``references`` are the features (R, T, D) of its experts."""

    card: SkillModelCard
    model: SkillModel
    references: Tensor


def save_model(folder: Path, trained: TrainedModel) -> TrainedModel:
    """Write a model; ``skill.json`` last, so that a folder with one is whole."""
    tensors = {f"model.{name}": value for name, value in trained.model.state_dict().items()}
    weights_hash = save_tensors(folder / WEIGHTS, {**tensors, _REFERENCES: trained.references})
    card = trained.card.model_copy(update={"weights_hash": weights_hash})
    write_document(folder / CARD, card.model_dump_json(indent=2) + "\n")
    return TrainedModel(card, trained.model, trained.references)


def load_model(folder: Path) -> TrainedModel:
    """The model in a folder.

    Raises:
        InputError: there is none, a file is damaged, or the two files are not of one model.
    """
    card = load_card(folder)
    tensors = load_weights(folder, WEIGHTS, CARD, card.weights_hash)
    model = SkillModel(card.options, card.n_features)
    try:
        references = tensors.pop(_REFERENCES)
        model.load_state_dict({name.removeprefix("model."): value for name, value in tensors.items()})
    except (KeyError, RuntimeError):
        raise InputError(f"{WEIGHTS!r} in {str(folder)!r} does not fit {CARD!r}: train the model again.") from None
    return TrainedModel(card, model.eval(), references)


def load_card(folder: Path) -> SkillModelCard:
    """What the model in a folder was made of.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    missing = f"There is no model in {str(folder)!r}: name a folder of viddiff skill train."
    return read_record(folder / CARD, SkillModelCard, missing)
