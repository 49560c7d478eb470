"""Proposing differences for an action (open mode)."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, Field

from viddiff.core.types import NumFrames


class ProposedDifference(BaseModel):
    """One way in which two performances may differ."""

    name: str = Field(description="two to five words")
    statement: str = Field(description="how the action is done, e.g. 'the squat is deeper'; names no video")
    query_string: str = Field(default="", description="what a single frame that shows it looks like")
    num_frames: NumFrames = Field(default="gt_1", description="'1': a single frame shows it; 'gt_1': it takes several")


class ProposeDifferences(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Propose fine-grained, visible differences in how two people may perform the same action.

    Each difference is a statement about how the action is done that can be more true of one performance than of the
    other: a position, a distance relative to the body, a direction, an order, a speed, a duration. Cover the whole
    action from its start to its end and the whole body. Leave out people, clothes, place, camera and anything that
    cannot be seen.
    """

    action: str = dspy.InputField()
    n_differences: int = dspy.InputField(desc="how many to propose, the most telling first")
    differences: list[ProposedDifference] = dspy.OutputField(
        desc="statements are comparative ('the stance is wider'), independent of each other, and never name a video"
    )
