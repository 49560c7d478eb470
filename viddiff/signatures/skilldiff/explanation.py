"""What may be wrong in one part of a movement, and what to do about what was found. Text alone."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, ConfigDict, Field

from viddiff.core.types import Finding


def finding_text(finding: Finding, share: float) -> str:
    """A finding as the model that advises reads it; ``share``: of all cost, that of the part in which it shows."""
    performer = "the performer" if finding.verdict.answer == "a" else "the expert"
    text = f"{finding.stages[0]} ({share:.0%} of the cost), more true of {performer}: {finding.difference.statement}"
    numbers = [
        f"{measurement.name}: performer {measurement.a:.3g}, expert {measurement.b:.3g} {measurement.unit}"
        for measurement in finding.measurements
    ]
    return "; ".join([text, *numbers])


class ProposeFaults(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Propose visible faults that a performer may show in one part of an action and an expert does not.

    Each fault is a statement about how the action is done that can be more true of one performance than of the other: a
    position, a distance relative to the body, a direction, an order. It speaks of one thing and of one part of the
    body, and shows within the part of the movement that is named. Leave out what was measured already, and people,
    clothes, place and camera.
    """

    action: str = dspy.InputField()
    part: str = dspy.InputField(desc="part of the movement")
    measured: list[str] = dspy.InputField(desc="what was measured to differ in this part; may be empty")
    n_faults: int = dspy.InputField(desc="how many to propose at the most, the most common first")

    faults: list[str] = dspy.OutputField(
        desc="comparative statements such as 'the heels lift further', independent of each other; they name no video"
    )


class AdvicePiece(BaseModel):
    """One thing to do otherwise."""

    # Models like to write the number of a key alone.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    advice: str = Field(description="one sentence to the performer")
    findings: list[str] = Field([], description="keys of the findings that it rests on, at least one")


class AdviseOnFindings(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell a performer what to do otherwise, from findings that compare the performance with one of an expert.

    Each finding names the part of the movement, what that part cost, and what is more true of the performer or of the
    expert. Advice rests on findings alone: add nothing that none of them says. Findings that belong together get one
    piece of advice. The piece that matters most comes first.
    """

    action: str = dspy.InputField()
    findings: dict[str, str] = dspy.InputField(desc="key and text of each finding")

    advice: list[AdvicePiece] = dspy.OutputField(desc="at most one piece for each finding")
