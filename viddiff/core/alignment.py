"""Which moments of two clips are the same, as a result."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Literal

from pydantic import AliasChoices, Field, PrivateAttr
from typing_extensions import Self

from viddiff.core.notices import Notices
from viddiff.core.record import Record, Share


class AlignedPart(Record):
    """A part of A and the part of B that it is aligned with, ``[start_s, stop_s)`` each."""

    start_a_s: float
    """Start in A, in seconds of the file."""
    stop_a_s: float
    """End in A."""
    start_b_s: float
    """Start in B."""
    stop_b_s: float
    """End in B."""
    cost: float
    """Mean distance of its frames from those of B that they are aligned with, as in ``Alignment``."""
    share: Share
    """Of the cost of all parts."""


class AlignmentHealth(Record):
    """Whether an alignment can be trusted."""

    on_path: float
    """Mean distance of frames that are aligned."""
    off_path: float
    """Mean distance of any two frames."""
    largest_column: Share
    """Of all frames of A those that are aligned with the same frame of B; near 1 the alignment has collapsed."""
    order: float | None
    """Kendall's tau of each frame of A and the frame of B that is most like it: 1 where these are in order."""
    divergence: float | None
    """Soft-DTW for a frame of A, without what each clip has with itself: 0 for equal clips. None with free ends."""
    at_edge: Share
    """Of the alignment what lies at the edge of its band; 0 without a band."""
    problems: tuple[str, ...] = Field((), validation_alias=AliasChoices("problems", "faults"))
    """Why it should not be trusted; empty: nothing speaks against it."""


class Alignment(Record):
    """Which moment of B is the same moment of the action as each frame of A.

    Distances are those of the frames' features, in units of the median distance of all pairs of frames.
    """

    features: Literal["pose", "figure", "clip"]
    """What frames were compared by."""
    gamma: float
    """Smoothing of soft-DTW."""
    mirrored: bool = False
    """Whether B was mirrored: it is then more like A."""
    times_a_s: tuple[float, ...]
    """The frames of A."""
    times_b_s: tuple[float, ...]
    """The frames of B."""
    matched_b_s: tuple[float, ...]
    """For each frame of A the time in B, on average over the alignment; it never decreases but at ``restarts_a_s``."""
    restarts_a_s: tuple[float, ...] = ()
    """The first frame of each repetition of A, where all of them are aligned with the same one of B; frames of A that
    lie in none are then left out. Empty: both clips were aligned as a whole."""
    spread_s: tuple[float, ...]
    """Standard deviation of that time in the alignment: how sure it is."""
    costs: tuple[float, ...]
    """For each frame of A the mean distance from the frames of B that it is aligned with."""
    parts: tuple[AlignedPart, ...]
    """Equal parts of A with the part of B that each is aligned with."""
    health: AlignmentHealth
    """Whether it can be trusted."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""

    #: (N, M) what ``soft`` gives: too large for a document.
    _soft: Any = PrivateAttr(None)

    @property
    def soft(self) -> Any:
        """(N, M) float64 probability that frame i of A is aligned with frame j of B; None in a document read back."""
        return self._soft

    def __eq__(self, other: object) -> bool:
        """Two alignments are the same when their documents are."""
        return isinstance(other, Alignment) and self.model_dump() == other.model_dump()

    def at(self, time_s: float) -> float:
        """The moment of B that belongs to a time in A, in seconds; between frames on the line, outside the end."""
        after = bisect_right(self.times_a_s, time_s)
        if after in (0, len(self.times_a_s)):
            return self.matched_b_s[0 if after == 0 else -1]
        start_s, stop_s = self.times_a_s[after - 1 : after + 1]
        share = (time_s - start_s) / (stop_s - start_s)
        return (1 - share) * self.matched_b_s[after - 1] + share * self.matched_b_s[after]

    def keep_soft(self, soft: object) -> Self:
        """Keep the soft alignment for as long as this object lives."""
        self._soft = soft
        return self
