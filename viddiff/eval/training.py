"""A training that goes on where it was killed: its state after every round, and which run it is of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from viddiff.core.errors import UsageError
from viddiff.core.tensors import load_tensors, save_tensors
from viddiff.core.types import Progress

if TYPE_CHECKING:
    from torch import Tensor

_FACTS = ("key", "n_done", "loss")


class Training(Protocol):
    """What is trained in rounds."""

    @property
    def n_rounds(self) -> int:
        """How many there are."""

    def run(self, on_round: Callable[[int, float], None]) -> Any:
        """Train the rounds that are left; hears after each (rounds done, mean loss)."""

    def state(self) -> dict[str, Tensor]:
        """The tensors from which ``resume`` goes on."""

    def resume(self, n_done: int, state: dict[str, Tensor]) -> None:
        """Go on from the state after so many rounds."""


def train_resumably(training: Training, path: Path, run: str, progress: Progress) -> float:
    """Train the rounds that are left, keep the state after each in ``path``, and return the last loss.

    Args:
        run: what decides the result; a state of another run is refused.

    Raises:
        UsageError: the state is of another run, or cannot be written. InputError: it is damaged.
    """
    key = torch.tensor(list(hashlib.sha256(run.encode()).digest()), dtype=torch.uint8)
    last = torch.tensor(float("nan"), dtype=torch.float64)
    if path.exists():
        state, _ = load_tensors(path)
        if not torch.equal(state.get("key", torch.empty(0)), key):
            raise UsageError(f"{str(path.parent)!r} holds a run of other data or options: name another folder (--out).")
        last = state["loss"]
        training.resume(int(state["n_done"]), {name: value for name, value in state.items() if name not in _FACTS})

    def keep(done: int, loss: float) -> None:
        nonlocal last
        last = torch.tensor(loss, dtype=torch.float64)
        save_tensors(path, {**training.state(), "key": key, "n_done": torch.tensor(done), "loss": last})
        progress("training", done, training.n_rounds)

    training.run(keep)
    return float(last)
