"""A training that goes on where it was killed: its state after every round, and which run it is of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import torch

from viddiff.core.errors import UsageError
from viddiff.core.tensors import load_tensors, save_tensors
from viddiff.core.types import Progress

if TYPE_CHECKING:
    from torch import Tensor


class ResumableTraining(Protocol):
    """What is trained in rounds."""

    @property
    def n_rounds(self) -> int:
        """How many there are."""

    def run(self, on_round: Callable[[int, float], None]) -> Any:
        """Train the rounds that are left; calls ``on_round`` with (rounds done, mean loss) after each."""

    def state(self) -> dict[str, Tensor]:
        """The tensors from which ``resume`` goes on."""

    def resume(self, n_done: int, state: dict[str, Tensor]) -> None:
        """Go on from the state after so many rounds."""


class StoredState(NamedTuple):
    """How many rounds were done, and what was kept after the last."""

    n_done: int
    tensors: dict[str, Tensor]


class TrainingState:
    """The state of a training in a file.

    Args:
        path: the file, in the folder of the model.
        run: what decides the result; a state of another run is refused.
    """

    def __init__(self, path: Path, run: str) -> None:
        self.path = path
        self._key = torch.tensor(list(hashlib.sha256(run.encode()).digest()), dtype=torch.uint8)

    def load(self) -> StoredState | None:
        """What was kept; None: no round was done.

        Raises:
            UsageError: the state is of another run. InputError: it is damaged.
        """
        if not self.path.exists():
            return None
        state, _ = load_tensors(self.path)
        if not torch.equal(state.pop("key", torch.empty(0)), self._key):
            raise UsageError(
                f"{str(self.path.parent)!r} holds a run of other data or options: name another folder (--out)."
            )
        return StoredState(int(state.pop("n_done")), state)

    def save(self, n_done: int, tensors: dict[str, Tensor]) -> None:
        """Keep the state after so many rounds; raises UsageError where it cannot be written."""
        save_tensors(self.path, {**tensors, "key": self._key, "n_done": torch.tensor(n_done)})


def train_resumably(training: ResumableTraining, path: Path, run: str, progress: Progress) -> float:
    """Train the rounds that are left, keep the state after each in ``path``, and return the last loss.

    Args:
        run: what decides the result; a state of another run is refused.

    Raises:
        UsageError: the state is of another run, or cannot be written. InputError: it is damaged.
    """
    saved = TrainingState(path, run)
    last = torch.tensor(float("nan"), dtype=torch.float64)
    if stored := saved.load():
        n_done, state = stored
        last = state.pop("loss")
        training.resume(n_done, state)

    def keep(done: int, loss: float) -> None:
        nonlocal last
        last = torch.tensor(loss, dtype=torch.float64)
        saved.save(done, {**training.state(), "loss": last})
        progress("training", done, training.n_rounds)

    training.run(keep)
    return float(last)
