"""A trained projector in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viddiff.programs.stepdiff.projector.checkpoint import ProjectorCard

_NAMES = {
    "diffmcq": "DiffMCQ, accuracy",
    "diffrank": "DiffRank, tau-b",
    "diffcap": "DiffCap, captions that are one of the row's",
    "log_likelihood": "answers of chats, log-likelihood",
}


def projector_view(card: ProjectorCard) -> Iterator[str]:
    """What it was trained on, and its scores on rows held out."""
    yield f"Trained on {card.n_examples} questions, loss {card.loss:.3f}; {card.n_held_out} rows held out."
    if not card.n_held_out:
        yield "No score: all rows share videos, or --held-out is 0."
    for name, label in _NAMES.items():
        if name in card.scores:
            score, shuffled, untrained = (card.scores[f"{name}{kind}"] for kind in ("", "_shuffled", "_untrained"))
            yield f"{label}: {score:.3f}; with other clips in their place {shuffled:.3f}; untrained {untrained:.3f}"
