"""How hard the program looks: frames, calls and second looks, by the name of the setting ``--effort``."""

from __future__ import annotations

import math

from viddiff.core.record import Record
from viddiff.core.settings import EffortName

#: A smaller picture hides hands, heels and heads.
LEAST_SIDE = 192
#: Frames of an overview lie no farther apart than this, in seconds: what lasts as long is in one at least.
STEP_S = 2.0


class Effort(Record):
    """What one comparison may show and ask."""

    overview_frames: int
    """Of each video, spread over all of it; more of a long one, see ``frames_of_overview``."""
    overview_side: int
    """Long side of an overview frame in pixels, the most; small frames are halved, see ``side_of_overview``."""
    proposal_side: int
    """Long side in pixels, the most, of the frames in which differences are looked for: fine ones show in large frames
    alone."""
    proposes_twice: bool
    """Whether open mode sees the overview in both orders; the second one is small."""
    candidates: float
    """Of the differences that are wanted, so many times as many are proposed and judged; the likeliest are kept."""
    close_frames: int
    """Of both videos in one call of the judge, the most."""
    second_frames: int
    """Of both videos in a second look, the most."""
    close_side: int
    """Long side of a close frame in pixels."""
    statements: int
    """Judged in one call, the most."""
    second_looks: int
    """Statements that are looked at again, the most; each is seen in the other order."""
    review_threshold: float
    """Below this confidence a statement deserves a second look."""

    def frames_of_overview(self, seconds: float) -> int:
        """How many frames an overview of so many seconds has: of long videos as many more as they are longer."""
        return max(self.overview_frames, math.ceil(seconds / STEP_S))

    def frames_of_part(self, max_images: int | None) -> int:
        """How many frames of each video one request of an overview shows; ``max_images``: what the model takes."""
        return self.overview_frames if max_images is None else max(1, min(self.overview_frames, max_images // 2))

    def n_candidates(self, n_differences: int) -> int:
        """How many differences are proposed and judged where ``n_differences`` are wanted."""
        return math.ceil(self.candidates * n_differences)

    def side_of_overview(self, long_side: int) -> int:
        """The long side of overview frames of a video with frames of ``long_side`` pixels: half, within limits."""
        return min(self.overview_side, max(LEAST_SIDE, long_side // 2))


EFFORTS: dict[EffortName, Effort] = {
    "low": Effort(
        overview_frames=24,
        proposal_side=224,
        proposes_twice=False,
        candidates=1.0,
        overview_side=224,
        close_frames=16,
        second_frames=12,
        close_side=448,
        statements=12,
        second_looks=0,
        review_threshold=0.0,
    ),
    "medium": Effort(
        overview_frames=32,
        proposal_side=512,
        proposes_twice=True,
        candidates=1.5,
        overview_side=256,
        close_frames=24,
        second_frames=12,
        close_side=512,
        statements=10,
        second_looks=4,
        review_threshold=0.8,
    ),
    "high": Effort(
        overview_frames=48,
        proposal_side=768,
        proposes_twice=True,
        candidates=1.5,
        overview_side=320,
        close_frames=40,
        second_frames=24,
        close_side=768,
        statements=6,
        second_looks=12,
        review_threshold=0.9,
    ),
}
