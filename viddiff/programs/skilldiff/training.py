"""Training: a state after every epoch, from which it goes on to the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from viddiff.core.tensors import restore, state_of
from viddiff.programs.skilldiff.losses import total_loss
from viddiff.programs.skilldiff.model import Judged, SkillModel
from viddiff.programs.skilldiff.options import SkillOptions
from viddiff.programs.skilldiff.performances import Performances

Rows = NDArray[np.int64]
#: Called after an epoch with (epochs done, mean loss).
OnEpoch = Callable[[int, float], None]


def ignore_epoch(done: int, loss: float) -> None:
    """Default of ``on_epoch``."""


class Training:
    """A model in training.

    Args:
        data: the training part; rows without a score are references alone.
        options: of model and training.
    """

    def __init__(self, data: Performances, options: SkillOptions) -> None:
        self.options, self.data, self.n_done = options, data, 0
        self.vectors, self.scores, self.deductions = (
            torch.from_numpy(values).float() for values in (data.vectors, data.scores, data.deductions)
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.model = SkillModel(options, data.vectors.shape[2])
        self.model.fit_inputs(self.vectors)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=options.learning_rate)

    @property
    def n_rounds(self) -> int:
        """Epochs; the state is kept after each."""
        return self.options.epochs

    def run(self, on_epoch: OnEpoch = ignore_epoch) -> SkillModel:
        """Train the epochs that are left."""
        self.model.train()
        while self.n_done < self.options.epochs:
            losses = [self._step(queries, references) for queries, references in self._batches(self.n_done)]
            self.n_done += 1
            on_epoch(self.n_done, float(np.mean(losses)))
        return self.model.eval()

    def _step(self, queries: Rows, references: Rows) -> float:
        judged = self.model(self.vectors[queries], self.vectors[references])
        loss = total_loss(judged, self.scores[queries], self.deductions[queries], self.options)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
        self.optimizer.step()
        return float(loss.detach())

    def _batches(self, epoch: int) -> Iterator[tuple[Rows, Rows]]:
        """Rows of queries, and for each one of its references; the same for the same seed and epoch."""
        rng = np.random.default_rng((self.options.seed, epoch))
        rows = self.data.scored
        for _ in range(self.options.steps):
            queries = rng.choice(rows, min(self.options.batch, len(rows)), replace=False)
            yield queries, np.array([self._reference(row, rng) for row in queries.tolist()])

    def _reference(self, row: int, rng: np.random.Generator) -> int:
        if self.options.references == "random":
            return int((row + rng.integers(1, len(self.scores))) % len(self.scores))
        return int(rng.choice(self.data.references[row]))

    def state(self) -> dict[str, Tensor]:
        """The tensors from which ``resume`` goes on."""
        return state_of(self.model, self.optimizer)

    def resume(self, n_done: int, state: dict[str, Tensor]) -> None:
        """Go on from the state after so many epochs.

        Raises:
            KeyError, RuntimeError: it is that of another model.
        """
        restore(self.model, self.optimizer, state)
        self.n_done = n_done


@torch.no_grad()
def judge(model: SkillModel, queries: Tensor, references: Tensor) -> Judged:
    """What a trained model says of queries (B, T, D), each against one reference (B, T, D)."""
    judged: Judged = model.eval()(queries, references)
    return judged
