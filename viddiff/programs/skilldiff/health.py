"""Whether a model's alignment can be believed, epoch by epoch: features that fell together align nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from viddiff.core.record import Record, Share
from viddiff.localizer.alignment.align import health_of
from viddiff.localizer.alignment.soft_dtw import divergence, squared_distances
from viddiff.programs.skilldiff.model import SkillOutput

#: Distance along the alignment as a share of that of any two frames, and share of a query that is aligned with one
#: frame, from which on an alignment is not believed (``python -m benchmarks.skill_health``).
_ALIKE, _COLLAPSED = 0.15, 0.5


class EpochRecord(Record):
    """One epoch of a training. Distances are squared ones of the learned features, from 0 to 4; all are means over
    some performances of the training part, each with its reference."""

    epoch: int
    """Counted from 1."""
    loss: float
    on_path: float | None = None
    """Of frames that are aligned; None where nothing is."""
    off_path: float | None = None
    """Of any two frames."""
    largest_column: Share | None = None
    """Of the frames of a query those that are aligned with one frame of the reference; near 1 it has collapsed."""
    order: float | None = None
    """Kendall's tau of each frame and the most similar one: 1 where these are in order."""
    divergence: float | None = None
    """Soft-DTW for a frame, without what each clip has with itself."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the alignment should not be believed."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        if self.on_path is not None and self.off_path is not None and self.on_path >= _ALIKE * self.off_path:
            yield (
                f"The alignment has collapsed: frames that belong together are {self.on_path:.2g} apart, any two "
                f"{self.off_path:.2g}. Raise --lambda-c, or align on input features too (--align-on both)."
            )
        if self.largest_column is not None and self.largest_column > _COLLAPSED:
            yield f"{self.largest_column:.0%} of a clip is aligned with one moment of its reference."


def epoch_record(epoch: int, loss: float, output: SkillOutput, gamma: float) -> EpochRecord:
    """The record of an epoch, from some performances (B, ...) as the model scores them after it."""
    of_each = []
    for query, reference, matches in zip(
        *(values.double().numpy() for values in (output.queries, output.references, output.matches)), strict=True
    ):
        distances = squared_distances(query, reference)
        of_each.append(health_of("figure", distances, matches, divergence(query, reference, gamma)))
    fields = ("on_path", "off_path", "largest_column", "order", "divergence")
    means = {
        name: float(np.mean(numbers))
        for name in fields
        if (numbers := [value for health in of_each if (value := getattr(health, name)) is not None])
    }
    return EpochRecord(epoch=epoch, loss=loss, **means)
