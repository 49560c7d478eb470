"""Learned weights as a table for the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from viddiff.programs.viddiff.weights import WeightsFile


def show_weights(learned: WeightsFile, path: Path) -> None:
    """How well default and learned weights decide, the weights, where they are and what to do with them."""
    console = Console(highlight=False)
    card = learned.card
    if card is not None:
        table = Table("statements", "weights", "right", "log loss", "calibration error")
        for part, scores in (("val", card.val), ("test", card.test)):
            for name, score in zip(("default", "learned"), scores, strict=True):
                figures = f"{score.accuracy:.1%}", f"{score.log_loss:.3f}", f"{score.calibration_error:.3f}"
                table.add_row(f"{score.n} of {part}", name, *figures)
        console.print(table)
        if not card.kept:
            console.print("Kept the default weights: the learned ones are no better on val.")
    console.print(Text(", ".join(f"{name} {value:g}" for name, value in learned.weights.model_dump().items())))
    console.print(Text(f"\nWrote {path}"))
    console.print(Text(f"  viddiff compare a.mp4 b.mp4 --action ... --weights {path} --lm ..."))
