"""How close candidates come to a reference in one category."""

from __future__ import annotations

from typing import Literal

import dspy

from viddiff.signatures.clip import Clip


class GradeSimilarity(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell how similar the candidate is to the reference in one category alone; nothing else counts.

    Video A is the reference, video B the candidate; both show the same step of an instruction.
    """

    reference: Clip = dspy.InputField()
    candidate: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done in both videos; may be empty")
    category: str = dspy.InputField()

    reason: str = dspy.OutputField(desc="what is alike and what differs in this category, one sentence")
    similarity: int = dspy.OutputField(desc="0: nothing alike, to 100: identical in this category")


class CompareToReference(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell which of two candidates is closer to the reference in one category alone; nothing else counts.

    Video A is the reference, video B the first candidate, video C the second; all show the same step of an instruction.
    """

    reference: Clip = dspy.InputField()
    first: Clip = dspy.InputField()
    second: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done in all videos; may be empty")
    category: str = dspy.InputField()

    reason: str = dspy.OutputField(desc="how each differs from the reference in this category, one sentence")
    closer: Literal["first", "second", "equal"] = dspy.OutputField()
