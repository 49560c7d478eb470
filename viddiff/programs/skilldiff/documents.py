"""How far a performance is from those of experts, as a result."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, Field

from viddiff.core.alignment import AlignmentHealth
from viddiff.core.notices import Notices
from viddiff.core.record import Document, Record, Share
from viddiff.core.types import Phase, Segment, VideoInfo
from viddiff.motion.measurement.aligned import MeasuredGap


class RepetitionCost(Record):
    """One repetition of the query, ``[start_s, stop_s)``."""

    number: int
    """From 1."""
    start_s: float
    """Start, in seconds of the file."""
    stop_s: float
    """End, in seconds of the file; not part of it."""
    cost: float | None
    """Its mean distance from the reference, or the sum of its deductions; None: ``reason_unknown`` tells."""
    reason_unknown: str = Field("", validation_alias=AliasChoices("reason_unknown", "doubt"))
    """Why the part is not identified; empty where it is."""


class Part(Record):
    """A part of the query, ``[start_s, stop_s)``."""

    name: str
    """Name of the part."""
    start_s: float
    """Start, in seconds of the file."""
    stop_s: float
    """End, in seconds of the file; not part of it."""
    repetition: int | None = None
    """Which repetition of the action it lies in, from 1; None where the action is seen once, or in a rest."""
    phase: Phase | None = None
    """Which phase of the movement it is; None of other parts."""

    @property
    def segment(self) -> Segment:
        """Where it lies in the query."""
        return Segment(
            stage=self.name, start_s=self.start_s, stop_s=self.stop_s, repetition=self.repetition, phase=self.phase
        )


def of_segment(segment: Segment) -> dict[str, Any]:
    """A segment of the query as the fields of a ``Part``."""
    fields = segment.model_dump(include={"start_s", "stop_s", "repetition", "phase"})
    return {"name": segment.stage, **fields}


class PartDistance(Part):
    """A part of the query, ``[start_s, stop_s)``, and how far it is from the same part of the reference."""

    reference_start_s: float
    """Start of the same part of the reference; not to be believed where there is a ``reason_unknown``."""
    reference_stop_s: float
    """Its end; not to be believed where there is a ``reason_unknown``."""
    distance: float | None
    """Mean over its frames, in units of the median distance of any two frames; None: ``reason_unknown`` tells."""
    share: Share | None
    """Of the distance summed over all frames."""
    reason_unknown: str = Field("", validation_alias=AliasChoices("reason_unknown", "doubt"))
    """Why it is not known which part of the reference belongs to it."""
    within_reference: float | None = Field(None, validation_alias=AliasChoices("within_reference", "own"))
    """How far the reference's other repetitions are from the one that the query is compared with, in the same part, at
    the most: a distance no larger means nothing. None where it shows the action once, or both clips as often."""
    measured: tuple[MeasuredGap, ...] = ()
    """What departs by at least the smallest difference that counts, the clearest first."""


class ReferenceDistance(Record):
    """The query against one reference."""

    reference: VideoInfo
    """The reference clip."""
    features: Literal["pose", "figure", "clip"]
    """What the distance is one of."""
    distance: float
    """Mean over the frames of the query; a distance, no score: it does not tell which of the two is better."""
    chance_distance: float = Field(validation_alias=AliasChoices("chance_distance", "any_frames"))
    """That of any two frames of the clips: a distance near it means nothing."""
    mirrored: bool
    """Whether the query was mirrored to compare it."""
    health: AlignmentHealth
    """Whether the alignment can be believed; where it has problems, no part has a distance."""
    parts: tuple[PartDistance, ...]
    """Part by part, in the order of the query."""
    repetitions: tuple[RepetitionCost, ...] = ()
    """Of the query; empty where it shows the action once."""
    compared_repetition: int | None = None
    """Which of the reference each of them was compared with, from 1; None: both clips as a whole."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""


class SkillDistance(Document):
    """A query against references of experts, as one document."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    kind: Literal["skill_distance"] = "skill_distance"
    """Which document this is."""
    query: VideoInfo
    """The clip that is compared."""
    references: tuple[ReferenceDistance, ...] = Field(validation_alias=AliasChoices("references", "against"))
    """One entry for each reference."""
    distance: float
    """Mean over the references, over those whose alignment can be believed where there is one."""
    spread: float | None
    """Standard deviation over the same; None of one."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""
    versions: dict[str, str] = Field({})
    """Package -> version that it was made with."""
    seconds: dict[str, float] = Field({})
    """Wall-clock seconds by part of the work."""

    @property
    def nothing_compared(self) -> bool:
        """Whether no part has a distance from any reference."""
        return all(part.distance is None for one in self.references for part in one.parts)


class ScoredPart(Part):
    """What a part of the query, ``[start_s, stop_s)``, cost of the best score, in the unit of the scores."""

    deduction: float
    """Mean over the references; the deductions of all parts sum to the best score less the score."""
    spread: float | None
    """Standard deviation over the references; None where there is one."""


class SkillScore(Document):
    """A query scored by a trained model, as one document."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    kind: Literal["skill_score"] = "skill_score"
    """Which document this is."""
    name: str
    """Of the file."""
    query: VideoInfo | None
    """None where features were given in place of a video; times are then numbers of frames."""
    activity: str
    """What the model was trained on."""
    score: float
    """Mean over the references."""
    best: float
    """The score without a deduction."""
    error_95: float | None
    """Of the test part 95 % were told more exactly than this; None where there was none."""
    spread: float | None
    """Standard deviation of the score over the references; None where there is one."""
    references: tuple[str, ...]
    """Names of the references."""
    parts: tuple[ScoredPart, ...]
    """What each part cost, in order."""
    repetitions: tuple[RepetitionCost, ...] = ()
    """What each repetition cost of that; empty where the action is seen once."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""
    versions: dict[str, str] = Field({})
    """Package -> version that it was made with."""
