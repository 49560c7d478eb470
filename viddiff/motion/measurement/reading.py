"""What was read from one clip: a number with its uncertainty and where it was read, or why there is none."""

from __future__ import annotations

from typing import Literal

from viddiff.core.record import Record
from viddiff.motion.measurement.body import Plane
from viddiff.motion.pose.landmarks import View

#: Why a clip gives no number.
Cause = Literal[
    "unknown_quantity",
    "view",
    "facing",
    "no_person",
    "visibility",
    "too_few_frames",
    "no_such_moment",
    "unknown_stage",
    "cut_off",
    "statistic",
]

#: Standard errors to either side that hold 95 % of a normal distribution.
CONFIDENT = 1.96


class Refusal(Record):
    """Why a quantity is not read from a clip, for programs and as a sentence."""

    cause: Cause
    """Which kind."""
    why: str
    """One sentence."""


class Reading(Record):
    """One number of one clip.

    Attributes:
        value: None where it cannot be read; ``refusal`` then says why.
        error: standard error of ``value``, in ``unit``.
        least: smallest difference from another clip that counts, in ``unit``.
        times_s: of the frames that it was read from, or of the moments between which a time runs.
        per_repetition: the values of which ``value`` is the median, in order of time.
        spread: standard deviation of ``per_repetition``; None with fewer than two.
        plane: where it was read: in a plane of the body, in the estimated space, or from times alone.
    """

    quantity: str
    """What was read."""
    unit: str = ""
    """Unit of the values."""
    value: float | None = None
    """The number; None where it is refused."""
    error: float | None = None
    """Half of its 95 % interval."""
    least: float = 0.0
    """The smallest difference that counts."""
    times_s: tuple[float, ...] = ()
    """When it was read, in seconds of the file."""
    per_repetition: tuple[float, ...] = ()
    """The same of each repetition."""
    spread: float | None = None
    """Standard deviation over repetitions."""
    view: View = "unknown"
    """From where the person is seen."""
    plane: Plane | Literal["time"] = "picture"
    """The plane in which it is read."""
    refusal: Refusal | None = None
    """Why there is no number; None where there is one."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the value."""
        if self.value is None or self.error is None:
            return None
        return self.value - CONFIDENT * self.error, self.value + CONFIDENT * self.error


class Unreadable(Exception):  # noqa: N818  an outcome, not a fault: it never leaves this package
    """Carries a refusal from where it is noticed to the reading it becomes."""

    def __init__(self, cause: Cause, why: str) -> None:
        super().__init__(why)
        self.refusal = Refusal(cause=cause, why=why)
