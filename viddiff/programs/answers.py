"""Values of answers, as models write them."""

from __future__ import annotations

from collections.abc import Sequence


def as_share(confidence: float | None) -> float | None:
    """A confidence as a share of 1; models that answer in percent are understood, nonsense is None."""
    if confidence is None or not 0 <= confidence <= 100:
        return None
    return confidence if confidence <= 1 else confidence / 100


def positions(numbers: Sequence[int] | None, n_frames: int) -> tuple[int, ...]:
    """Frame numbers from 1, as positions from 0; numbers of frames that were not shown are dropped."""
    return tuple(sorted({number - 1 for number in numbers or () if 1 <= number <= n_frames}))
