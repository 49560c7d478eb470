"""How hard the program looks: frames, calls and second looks, by the name of the setting ``--effort``."""

from __future__ import annotations

from viddiff.core.record import Record
from viddiff.core.settings import EffortName

#: A smaller picture shows no pose.
LEAST_SIDE = 128


class Effort(Record):
    """What one comparison may show and ask."""

    overview_frames: int
    """Of each video, spread over all of it."""
    overview_side: int
    """Long side of an overview frame in pixels, the most; small frames are halved, see ``side_of_overview``."""
    close_frames: int
    """Of both videos in one call of the judge, the most."""
    close_side: int
    """Long side of a close frame in pixels."""
    statements: int
    """Judged in one call, the most."""
    second_looks: int
    """Statements that are looked at again, the most; each is seen in the other order."""
    doubt: float
    """Below this confidence a statement deserves a second look."""

    def side_of_overview(self, long_side: int) -> int:
        """The long side of overview frames of a video with frames of ``long_side`` pixels: half, within limits."""
        return min(self.overview_side, max(LEAST_SIDE, long_side // 2))


EFFORTS: dict[EffortName, Effort] = {
    "low": Effort(
        overview_frames=24,
        overview_side=224,
        close_frames=16,
        close_side=448,
        statements=12,
        second_looks=0,
        doubt=0.0,
    ),
    "medium": Effort(
        overview_frames=32,
        overview_side=256,
        close_frames=24,
        close_side=512,
        statements=10,
        second_looks=4,
        doubt=0.8,
    ),
    "high": Effort(
        overview_frames=48,
        overview_side=320,
        close_frames=40,
        close_side=768,
        statements=6,
        second_looks=12,
        doubt=0.9,
    ),
}
