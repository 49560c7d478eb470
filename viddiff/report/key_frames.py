"""The moments of a video at which a difference shows."""

from __future__ import annotations

import math
from typing import NamedTuple

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Finding, FrameRef, Side
from viddiff.programs.skilldiff.explanation import SkillExplanationRecord
from viddiff.report.formatting import reading_order
from viddiff.report.sides import shown_frames


def key_frames(finding: Finding, side: Side) -> tuple[FrameRef, ...]:
    """The frames that the verdict cites, in the order of time; where it cites none, the middle one looked at."""
    frames, evidence = shown_frames(finding, side)
    # A document may hold anything; what lies nowhere cannot be shown.
    cited = [frames[i] for i in sorted(set(evidence)) if 0 <= i < len(frames) and math.isfinite(frames[i].time_s)]
    if not cited:
        cited = [frame for frame in frames[len(frames) // 2 :][:1] if math.isfinite(frame.time_s)]
    return tuple(sorted(cited, key=lambda frame: frame.time_s))


class NumberedFinding(NamedTuple):
    """A finding and its number from 1 on, as the report has it."""

    number: int
    finding: Finding


def numbered_findings(document: ComparisonRecord | SkillExplanationRecord) -> list[NumberedFinding]:
    """All findings with their numbers from 1, as the report numbers them: a comparison's in reading order."""
    findings = (
        document.findings if isinstance(document, SkillExplanationRecord) else reading_order(document.differences)
    )
    return [NumberedFinding(*numbered) for numbered in enumerate(findings, 1)]


def answered_findings(document: ComparisonRecord | SkillExplanationRecord) -> list[NumberedFinding]:
    """Those that are answered."""
    return [one for one in numbered_findings(document) if one.finding.verdict.status == "answered"]
