"""A comparison as one JSON document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError
from typing_extensions import Self

from viddiff.core.alignment import Alignment
from viddiff.core.errors import InputError
from viddiff.core.files import parse_json
from viddiff.core.record import first_invalid_field
from viddiff.core.types import Outcome, VideoInfo
from viddiff.core.usage import PaidDocument, Usage

SCHEMA_VERSION: Literal[1] = 1


class ComparisonRecord(Outcome, PaidDocument):
    """The result of comparing two videos: everything shown, asked, answered and spent, as one document."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """Version of the form of this document."""
    created: str
    """When it was made, ISO 8601, UTC."""
    action: str
    """Name of the action."""
    mode: Literal["open", "closed"]
    """"closed": the differences were given; "open": they were proposed."""
    program: str
    """"two_looks" or "viddiff" (LM), "measured" (no LM), "none" (the same video twice)."""
    alignment: Alignment | None = None
    """Which moments of the two clips are the same; None where that was not found out."""
    programs: dict[str, str] = Field({})
    """Component -> the compiled program that was run: optimizer and first letters of its digest."""
    video_a: VideoInfo
    """Video A."""
    video_b: VideoInfo
    """Video B."""
    usage: tuple[Usage, ...] = ()
    """What was asked of each model."""
    budget_reached: bool = False
    """Whether the spending limit ended the asking before every question was asked."""
    settings: dict[str, Any] = Field({})
    """The settings that the answers depend on."""
    versions: dict[str, str] = Field({})
    """Package -> version that it was made with."""
    seconds: dict[str, float] = Field({})
    """Wall-clock seconds by part of the work."""

    def __eq__(self, other: object) -> bool:
        """Two comparisons are the same when their documents are."""
        return isinstance(other, ComparisonRecord) and self.model_dump() == other.model_dump()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a document written by ``to_json``.

        Raises:
            InputError: the text is not JSON, not a comparison, or of another schema version.
        """
        try:
            data = parse_json(text)
        except ValueError as error:
            raise InputError(f"This is not a comparison document: {error}. Give a comparison.json.") from None
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            raise InputError(
                f"This document has schema version {version!r}; this VidDiff reads {SCHEMA_VERSION}. "
                "Run the comparison again, or use the version of VidDiff that wrote it."
            )
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            where, message, _ = first_invalid_field(error)
            raise InputError(f"This comparison document is damaged at {where!r}: {message}.") from None
