"""Why a performance lost what it lost, as one document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError
from typing_extensions import Self

from viddiff.core.alignment import Alignment
from viddiff.core.errors import InputError
from viddiff.core.notices import Notices
from viddiff.core.record import Record, Share, first_invalid_field
from viddiff.core.types import Finding, Localization, Measurement, Segment, VideoInfo
from viddiff.core.usage import PaidDocument, Usage
from viddiff.programs.skilldiff.documents import Part, RepetitionCost, SkillDistance, SkillScore

#: Borders this close are one.
_SAME_S = 1e-6


class ExplainedPart(Part):
    """A part of the query, ``[start_s, stop_s)``: what it cost, and the same part of the reference."""

    reference_start_s: float
    """Start of the same part of the reference; not to be believed where there is a ``reason_unknown``."""
    reference_stop_s: float
    """Its end; not to be believed where there is a ``reason_unknown``."""
    cost: float | None
    """Points of the score, or a mean distance; None where ``reason_unknown`` says why it is not known."""
    share: Share | None
    """Of what all parts cost."""
    spread: float | None
    """Standard deviation of the cost over the references; None of one."""
    within_reference: float | None = Field(None, validation_alias=AliasChoices("within_reference", "own"))
    """Of distances: how far the references' own repetitions are apart in this part, at the most; see
    ``PartDistance``."""
    reason_unknown: str = Field("", validation_alias=AliasChoices("reason_unknown", "doubt"))
    """Why the part is not identified; empty where it is."""
    shown: bool = False
    """Whether the findings speak of it: it is one of the costliest."""

    @property
    def reference_segment(self) -> Segment:
        """Where the same part lies in the reference; not to be believed where there is a ``reason_unknown``."""
        times_s = {"start_s": self.reference_start_s, "stop_s": self.reference_stop_s}
        return self.segment.model_copy(update=times_s)


class Advice(Record):
    """What to do otherwise, and why."""

    text: str
    """One sentence."""
    findings: tuple[int, ...] = Field(validation_alias=AliasChoices("findings", "sentences"))
    """Places in ``SkillExplanation.findings``, from 0, that it rests on; never empty."""


class SkillExplanationRecord(PaidDocument):
    """What a query cost, in which parts, and what differs there from an expert, as one document.

    In findings and in the alignment, video A is the query and video B the reference.
    """

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    kind: Literal["skill_explanation"] = "skill_explanation"
    """Which document this is."""
    created: str
    """When it was made, ISO 8601, UTC."""
    action: str
    """What is done; empty where nobody said it."""
    query: VideoInfo
    """The clip that is explained."""
    reference: VideoInfo
    """The nearest of the references whose alignment can be believed, which the findings compare with."""
    distance: SkillDistance
    """From all references."""
    score: SkillScore | None
    """Of a trained model; None: ``parts`` cost distance, which is not a score."""
    parts: tuple[ExplainedPart, ...]
    """All parts, in order."""
    repetitions: tuple[RepetitionCost, ...] = ()
    """Of the query; empty where it shows the action once."""
    findings: tuple[Finding, ...] = Field(validation_alias=AliasChoices("findings", "sentences"))
    """What differs, by measurement beyond its uncertainty or by a model in both orders of the clips."""
    others: tuple[Finding, ...] = ()
    """What a model was asked and does not stand: no difference, another answer in the other order, a failed call."""
    advice: tuple[Advice, ...] = ()
    """What to do otherwise."""
    alignment: Alignment
    """Of the query and the reference."""
    n_failed: int = 0
    """Calls without an answer, of ``others`` and beside them."""
    notices: Notices = ()
    """What a reader should know, one sentence each."""
    usage: tuple[Usage, ...] = ()
    """What was asked of each model."""
    settings: dict[str, Any] = Field({})
    """The settings that the answers depend on."""
    versions: dict[str, str] = Field({})
    """Package -> version that it was made with."""
    seconds: dict[str, float] = Field({})
    """Wall-clock seconds by part of the work."""

    @property
    def video_a(self) -> VideoInfo:
        """The query."""
        return self.query

    @property
    def video_b(self) -> VideoInfo:
        """The reference."""
        return self.reference

    @property
    def differences(self) -> tuple[Finding, ...]:
        """The findings, as of a comparison."""
        return self.findings

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What the findings rest on, each once."""
        return tuple(dict.fromkeys(measurement for finding in self.findings for measurement in finding.measurements))

    @property
    def localization_a(self) -> Localization:
        """The parts of the query."""
        return Localization(side="a", strategy="parts", segments=tuple(part.segment for part in self.parts))

    @property
    def localization_b(self) -> Localization:
        """The same parts of the reference; parts that it does not show or that overlap are left out."""
        segments: list[Segment] = []
        for part in self.parts:
            # All repetitions of the query may be compared with the same one of the reference.
            if not part.reason_unknown and (not segments or part.reference_start_s >= segments[-1].stop_s - _SAME_S):
                segments.append(part.reference_segment)
        return Localization(side="b", strategy="parts", segments=tuple(segments))

    @property
    def nothing_compared(self) -> bool:
        """Whether no part of the reference is known to belong to a part of the query, so that nothing is explained."""
        return all(part.reason_unknown for part in self.parts)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a document written by ``to_json``.

        Raises:
            InputError: the text is not an explanation, or of another schema version.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            where, message, _ = first_invalid_field(error)
            raise InputError(
                f"This explanation is damaged at {where or 'its start'!r}: {message}. "
                "Regenerate it with viddiff skill explain."
            ) from None
