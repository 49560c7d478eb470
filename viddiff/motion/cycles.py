"""Repetitions and phases of a clip, from its pose: when it moves, how often the pose comes back, and its extremes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A part of the clip, ``[start_s, stop_s)``, in seconds."""

    start_s: float
    stop_s: float

    @property
    def duration_s(self) -> float:
        """Its length."""
        return self.stop_s - self.start_s


@dataclass(frozen=True)
class Excursion:
    """Once away from a resting pose, to an extreme, and back.

    Attributes:
        start_s: when the pose is left.
        extreme_s: when it is furthest away from the resting pose.
        stop_s: when the pose is back; where it does not come back, when the movement ends.
        hold: the rest around the extreme; its two times are equal where nothing is held.
        returns: whether the pose comes back.
    """

    start_s: float
    extreme_s: float
    stop_s: float
    hold: Span
    returns: bool = True

    @property
    def span(self) -> Span:
        """From leaving the resting pose until it is back."""
        return Span(self.start_s, self.stop_s)


@dataclass(frozen=True)
class Cycles:
    """When a clip moves and how often its pose comes back.

    Attributes:
        active: from the first movement to the last one; None where nobody moves or nobody is seen.
        excursions: in time order, without overlap; at least one where something moves.
        resolution_s: uncertainty of each border (one standard deviation), in seconds: about half a frame.
        cut_off: whether the clip begins or ends in the middle of an excursion, so that one more may be missing.
    """

    active: Span | None
    excursions: tuple[Excursion, ...]
    resolution_s: float
    cut_off: bool = False

    @property
    def repetitions(self) -> tuple[Excursion, ...]:
        """The excursions from which the pose comes back."""
        return tuple(excursion for excursion in self.excursions if excursion.returns)

    @property
    def cyclic(self) -> bool:
        """Whether the action is repeated: the same phase of each repetition can then be compared."""
        return len(self.repetitions) >= 2

    @property
    def main(self) -> Excursion | None:
        """The longest excursion, whose extreme is that of an action done once; None where nothing moves."""
        return max(self.excursions, key=lambda excursion: excursion.span.duration_s, default=None)
