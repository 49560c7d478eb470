"""What the candidate does otherwise than the reference, category by category, and whether such a sentence is true."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, Field

from viddiff.signatures.clip import Clip
from viddiff.signatures.keyed_entry import KeyedEntry


class SeenDifference(BaseModel):
    """One difference, told of the candidate."""

    difference: str = Field(
        description="one sentence: '<what the candidate does> instead of <what the reference does>', e.g. 'The onions "
        "are cut into rings instead of cubes'; names no video"
    )
    severity: int = Field(
        ge=1, le=5, description="1: significant, the step comes out otherwise; 3: clear; 5: nearly identical"
    )
    frames_reference: list[int] = Field([], description="numbers of the frames of the reference that show it, from 1")
    frames_candidate: list[int] = Field([], description="numbers of the frames of the candidate that show it, from 1")


class CategoryEntry(KeyedEntry):
    """The differences in one category."""

    key: str = Field(description="key of the category")
    differences: list[SeenDifference] = Field(description="the main one first; empty where the clips show none")


class CaptionDifferences(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell how the candidate does a step of an instruction otherwise than the reference does it.

    Video A is the reference, video B the candidate; both show the same step. Compare the same moments of the step. Each
    difference is what the candidate does, compared with the reference, and would be false with the two exchanged. Name
    only what the frames show; what one of the clips does not show is no difference. Many categories have none.
    """

    # The clips come first: questions on the same frames then share a prefix that providers cache.
    reference: Clip = dspy.InputField()
    candidate: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done in both videos; may be empty")
    categories: dict[str, str] = dspy.InputField(desc="key and name of each category")

    entries: list[CategoryEntry] = dspy.OutputField(desc="one entry for each category, in the order given")


class DifferenceCheck(KeyedEntry):
    """Whether one sentence is true."""

    key: str = Field(description="key of the sentence")
    reason: str = Field(description="what the reference shows, what the candidate shows, one sentence")
    probability: float = Field(ge=0, le=100, description="that the sentence is true as it stands, 0 to 1")


class CheckDifferences(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell of each sentence how likely it is true of the candidate, compared with the reference.

    Video A is the reference, video B the candidate; both show the same step. A sentence says '<what the candidate does>
    instead of <what the reference does>'. It is false where the two do the same, where it is the other way round, and
    where the frames do not show it. Judge each sentence for itself.
    """

    reference: Clip = dspy.InputField()
    candidate: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done in both videos; may be empty")
    differences: dict[str, str] = dspy.InputField(desc="key and text of each sentence")

    checks: list[DifferenceCheck] = dspy.OutputField(desc="one entry for each sentence, in the order given")
