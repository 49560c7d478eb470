"""How far a performance is from those of experts, as a result."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from viddiff.core.notices import Notices
from viddiff.core.record import Record, Share
from viddiff.core.types import VideoInfo


class MeasuredGap(Record):
    """How one quantity of the query departs from the reference in a part of the movement, moment by moment."""

    quantity: str
    """Its name in the registry (``viddiff.motion.quantities``)."""
    name: str
    unit: str
    query: float
    """Mean over the part."""
    reference: float
    """Mean over the moments of the reference that belong to it."""
    distance: float
    """Mean of the absolute difference of moments that belong together, same unit."""
    least: float
    """The smallest difference that counts between two clips, same unit."""


class PartDistance(Record):
    """A part of the query, ``[start_s, stop_s)``, and how far it is from the same part of the reference."""

    name: str
    start_s: float
    stop_s: float
    reference_start_s: float
    reference_stop_s: float
    distance: float
    """Mean over its frames, in units of the median distance of any two frames of the two clips."""
    share: Share
    """Of the distance summed over all frames."""
    measured: tuple[MeasuredGap, ...] = ()
    """What departs by at least the smallest difference that counts, the clearest first."""


class ReferenceDistance(Record):
    """The query against one reference."""

    reference: VideoInfo
    features: Literal["pose", "figure", "clip"]
    """What the distance is one of."""
    distance: float
    """Mean over the frames of the query; a distance, no score: it does not tell which of the two is better."""
    any_frames: float
    """That of any two frames of the clips: a distance near it means nothing."""
    mirrored: bool
    parts: tuple[PartDistance, ...]
    notices: Notices = ()


class SkillDistance(Record):
    """A query against references of experts, as one document."""

    schema_version: Literal[1] = 1
    query: VideoInfo
    against: tuple[ReferenceDistance, ...]
    distance: float
    """Mean over the references."""
    spread: float | None
    """Standard deviation over the references; None where there is one."""
    notices: Notices = ()
    versions: dict[str, str] = Field({})
    seconds: dict[str, float] = Field({})
    """Wall-clock seconds by part of the work."""

    def to_json(self) -> str:
        """The document as indented JSON."""
        return self.model_dump_json(indent=2)


class ScoredPart(Record):
    """What a part of the query, ``[start_s, stop_s)``, cost of the best score, in the unit of the scores."""

    name: str
    start_s: float
    stop_s: float
    deduction: float
    """Mean over the references; the deductions of all parts sum to the best score less the score."""
    spread: float | None
    """Standard deviation over the references; None where there is one."""


class SkillScore(Record):
    """A query scored by a trained model, as one document."""

    schema_version: Literal[1] = 1
    name: str
    """Of the file."""
    query: VideoInfo | None
    """None where features were given in place of a video; times are then numbers of frames."""
    activity: str
    score: float
    """Mean over the references."""
    best: float
    """The score without a deduction."""
    error_95: float | None
    """Of the test part 95 % were told more exactly than this; None where there was none."""
    spread: float | None
    """Standard deviation of the score over the references; None where there is one."""
    references: tuple[str, ...]
    parts: tuple[ScoredPart, ...]
    notices: Notices = ()
    versions: dict[str, str] = Field({})

    def to_json(self) -> str:
        """The document as indented JSON."""
        return self.model_dump_json(indent=2)
