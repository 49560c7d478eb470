"""The baseline of the paper: one call that sees all sampled frames of both videos."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, Field

from viddiff.core.types import Answer
from viddiff.signatures.clip import Clip


class JudgedStatement(BaseModel):
    """The verdict on one statement."""

    key: str = Field(description="the key of the statement")
    answer: Answer = Field(description="a: more true of video A; b: more true of video B; c: no visible difference")
    confidence: float = Field(default=0.5, description="probability that the answer is right, 0 to 1")
    reason: str = Field(default="", description="one sentence")


class FoundDifference(BaseModel):
    """One difference that was seen."""

    statement: str = Field(description="how the action is done, e.g. 'the squat is deeper'; names no video")
    answer: Answer = Field(description="a: the statement is more true of video A; b: more true of video B")
    confidence: float = Field(default=0.5, description="probability that this is right, 0 to 1")
    reason: str = Field(default="", description="one sentence")


class JudgeAll(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Compare how two people perform the same action and judge every statement.

    Tell for each statement in which video it is more true. Judge distances relative to the height of the person.
    """

    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    statements: dict[str, str] = dspy.InputField(desc="key and statement")
    verdicts: list[JudgedStatement] = dspy.OutputField(desc="one entry for each key")


class FindDifferences(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Find visible differences in how two people perform the same action.

    Each is a statement about how the action is done that is more true of one video than of the other: a position, a
    distance relative to the body, a direction, an order, a speed, a duration. Leave out people, clothes, place, camera.
    """

    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    n_differences: int = dspy.InputField(desc="how many at the most, the clearest first")
    differences: list[FoundDifference] = dspy.OutputField(desc="statements never name a video")
