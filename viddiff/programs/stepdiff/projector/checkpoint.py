"""A trained projector on disk: weights in safetensors, all else in ``projector.json``; nothing is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from viddiff.core.errors import InputError
from viddiff.core.files import write_document
from viddiff.core.record import Record, read_record
from viddiff.core.tensors import load_weights, save_tensors
from viddiff.programs.stepdiff.projector.module import Projector
from viddiff.programs.stepdiff.projector.options import CARD, EncoderName, ProjectorOptions

WEIGHTS = "projector.safetensors"


class ProjectorCard(Record):
    """What a projector was made of and from."""

    schema_version: Literal[1] = 1
    encoder: str
    """Key of what describes frames, see ``features.Encoder``; "given": files of features, so that no frame can be."""
    encoder_name: EncoderName
    clip: str
    """The CLIP model, where it is one."""
    language: str
    """Name and weights of the language model."""
    language_source: str
    """Where it was found: a repository, or a folder."""
    n_patches: int = Field(ge=1, le=100_000)
    n_features: int = Field(ge=1, le=100_000)
    n_words: int = Field(ge=1, le=100_000)
    """Width of the language model's tokens."""
    options: ProjectorOptions
    data_hash: str
    """Of the rows, the encoder, the language model and the options: all that decides the result."""
    n_examples: int
    n_held_out: int = 0
    """Rows that were not trained on."""
    loss: float
    """Of the last steps."""
    scores: dict[str, float] = Field({})
    """On rows held out, by metric, see ``viddiff.eval.stepdiff.projector.scoring``."""
    weights_hash: str = ""
    versions: dict[str, str] = Field({})


def save_projector(folder: Path, card: ProjectorCard, projector: Projector) -> ProjectorCard:
    """Write a projector; its card last, so that a folder with one is whole."""
    weights_hash = save_tensors(folder / WEIGHTS, dict(projector.cpu().state_dict()))
    card = card.model_copy(update={"weights_hash": weights_hash})
    write_document(folder / CARD, card.model_dump_json(indent=2) + "\n")
    return card


def load_card(folder: Path) -> ProjectorCard:
    """What the projector in a folder was made of.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    missing = f"There is no projector in {str(folder)!r}: name a folder of viddiff steps train."
    return read_record(folder / CARD, ProjectorCard, missing)


class ProjectorFile(NamedTuple):
    """A trained projector and its card."""

    card: ProjectorCard
    projector: Projector


def load_projector(folder: Path) -> ProjectorFile:
    """The projector in a folder.

    Raises:
        InputError: there is none, a file is damaged, or the two files are not of one projector.
    """
    card = load_card(folder)
    tensors = load_weights(folder, WEIGHTS, CARD, card.weights_hash)
    projector = Projector(card.options, card.n_patches, card.n_features, card.n_words)
    try:
        projector.load_state_dict(tensors)
    except RuntimeError:
        raise InputError(f"{WEIGHTS!r} in {str(folder)!r} does not fit {CARD!r}: train the model again.") from None
    return ProjectorFile(card, projector.eval())
