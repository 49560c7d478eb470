"""Examples for an optimizer in three parts, and where they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import dspy

from viddiff.core.types import Progress
from viddiff.eval.subsets import Subset
from viddiff.optimize.feedback import Metric
from viddiff.video import FrameStore


def no_notices() -> tuple[str, ...]:
    """Nothing to say."""
    return ()


@dataclass(frozen=True)
class Examples:
    """Examples of the three parts, and who judges predictions on them.

    Attributes:
        notices: what a user should know of the examples.
        score: what the scores are called, asked after scoring; None: as ``Compilable.score`` says.
        late_notices: what a user should know once the examples were scored.
        store: holds the frames that they name.
    """

    train: list[dspy.Example]
    val: list[dspy.Example]
    test: list[dspy.Example]
    metric: Metric
    notices: tuple[str, ...] = ()
    score: Callable[[], str] | None = None
    late_notices: Callable[[], tuple[str, ...]] = no_notices
    store: FrameStore | None = field(default=None, repr=False)


class ExampleSource(Protocol):
    """Examples in three parts, and what a card says of them; ``n_pairs`` and ``counts`` are by part."""

    name: str
    content_hash: str
    release: str
    split: str
    n_pairs: dict[Subset, int]
    counts: dict[Subset, int]

    def read(self, store: FrameStore, progress: Progress) -> Examples:
        """The examples; their frames are kept in ``store``."""
