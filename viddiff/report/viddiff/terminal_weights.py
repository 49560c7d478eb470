"""Learned weights in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from viddiff.core.formatting import percent
from viddiff.report.terminal.view import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.programs.viddiff.weights import WeightsFile


def weights_view(learned: WeightsFile, path: Path) -> Iterator[RenderableType]:
    """How well default and learned weights decide, the weights, where they are and what to do with them."""
    card = learned.card
    if card is not None:
        grid = table("statements", "weights", "#right", "#log loss", "#calibration error")
        for part, scores in (("val", card.val), ("test", card.test)):
            for name, score in zip(("default", "learned"), scores, strict=True):
                figures = percent(score.accuracy, 1), f"{score.log_loss:.3f}", f"{score.calibration_error:.3f}"
                grid.add_row(f"{score.n} of {part}", name, *figures)
        yield grid
        if not card.kept:
            yield "Kept the default weights: the learned ones are no better on val."
    yield ", ".join(f"{name} {value:g}" for name, value in learned.weights.model_dump().items())
    yield f"\nWrote {path}"
    yield f"  viddiff compare a.mp4 b.mp4 --action ... --opinion-weights {path} --lm ..."
