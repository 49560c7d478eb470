"""The questions on two clips, asked of their descriptions alone."""

from __future__ import annotations

import dspy


class CaptionFromText(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell the main difference in one category between two videos of the same step of an instruction.

    Each video is known by its description alone. Say what the candidate does, compared with the reference:
    '<what the candidate does> instead of <what the reference does>'. Name no video.
    """

    description_reference: str = dspy.InputField(desc="empty where nothing is known of it")
    description_candidate: str = dspy.InputField(desc="empty where nothing is known of it")
    category: str = dspy.InputField()

    difference: str = dspy.OutputField(desc="one sentence; empty where they do not differ")


class VerifyFromText(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell how likely a sentence is true of the candidate, compared with the reference.

    Each video of a step of an instruction is known by its description alone. The sentence is false where the two do the
    same, and where it is the other way round.
    """

    description_reference: str = dspy.InputField()
    description_candidate: str = dspy.InputField()
    difference: str = dspy.InputField()

    reason: str = dspy.OutputField(desc="one sentence")
    probability: float = dspy.OutputField(desc="that the sentence is true as it stands, 0 to 1")


class GradeFromText(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell how similar the candidate is to the reference in one category alone; nothing else counts.

    Each video of a step of an instruction is known by its description alone.
    """

    description_reference: str = dspy.InputField()
    description_candidate: str = dspy.InputField()
    category: str = dspy.InputField()

    reason: str = dspy.OutputField(desc="what is alike and what differs in this category, one sentence")
    similarity: int = dspy.OutputField(desc="0: nothing alike, to 100: identical in this category")
