"""Training: a state after every epoch, from which it goes on to the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from viddiff.core.tensors import restore, state_of
from viddiff.programs.skilldiff.health import EpochRecord, epoch_record
from viddiff.programs.skilldiff.losses import total_loss
from viddiff.programs.skilldiff.model import SkillModel, SkillOutput
from viddiff.programs.skilldiff.options import SkillOptions
from viddiff.programs.skilldiff.performances import Performances

Rows = NDArray[np.int64]
#: Called after an epoch with its record.
OnEpoch = Callable[[EpochRecord], None]
#: Performances by which the health of the alignment is measured.
_N_LOOKED_AT = 16


@contextmanager
def one_thread() -> Iterator[None]:
    """Tensors are so small that threads of torch would only wait for each other, at the cost of whole cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def ignore_epoch(record: EpochRecord) -> None:
    """Default of ``on_epoch``."""


class SkillTraining:
    """A model in training.

    Args:
        data: the training part; rows without a score or a pair are references alone.
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

    def run(self, on_epoch: OnEpoch = ignore_epoch) -> SkillModel:
        """Train the epochs that are left."""
        with one_thread():
            self.model.train()
            while self.n_done < self.options.epochs:
                losses = [self._step(queries, references) for queries, references in self._batches(self.n_done)]
                self.n_done += 1
                on_epoch(self._record(float(np.mean(losses))))
            return self.model.eval()

    def _record(self, loss: float) -> EpochRecord:
        """The record of the last epoch."""
        if self.options.align != "soft":
            return EpochRecord(epoch=self.n_done, loss=loss)
        queries = self.data.training_rows[:_N_LOOKED_AT]
        references = [self.data.references[row][0] for row in queries]
        output = evaluate_batch(self.model, self.vectors[queries], self.vectors[references])
        self.model.train()
        return epoch_record(self.n_done, loss, output, self.options.gamma)

    def _step(self, queries: Rows, references: Rows) -> float:
        output = self.model(self.vectors[queries], self.vectors[references])
        loss = total_loss(output, self.scores[queries], self.deductions[queries], self.options)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
        self.optimizer.step()
        return float(loss.detach())

    def _batches(self, epoch: int) -> Iterator[tuple[Rows, Rows]]:
        """Rows of queries, and for each one of its references; the same for the same seed and epoch."""
        rng = np.random.default_rng((self.options.seed, epoch))
        for _ in range(self.options.steps):
            queries = self._queries(rng)
            yield queries, np.array([self._reference(row, rng) for row in queries.tolist()])

    def _queries(self, rng: np.random.Generator) -> Rows:
        """Rows with scores; where none has one those of pairs, the better ones before the worse ones."""
        rows = self.data.scored_rows
        if len(rows):
            sample: Rows = rng.choice(rows, min(self.options.batch, len(rows)), replace=False)
            return sample
        pairs = self.data.pairs
        pair_rows: Rows = pairs[
            rng.choice(len(pairs), min(self.options.batch // 2, len(pairs)), replace=False)
        ].T.ravel()
        return pair_rows

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
def evaluate_batch(model: SkillModel, queries: Tensor, references: Tensor) -> SkillOutput:
    """The output of a trained model for queries (B, T, D), each with one reference (B, T, D), without a gradient."""
    output: SkillOutput = model.eval()(queries, references)
    return output
