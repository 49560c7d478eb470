"""A question that takes both clips to answer."""

from __future__ import annotations

from typing import Literal

import dspy

from viddiff.signatures.clip import Clip


class AnswerPaired(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Answer a question about two videos of the same step of an instruction, from what both show.

    Video A is the reference, video B the candidate. The answer is one sentence and rests on the frames alone. Where
    they do not tell, or where the question takes something for granted that they do not show, the answer says so.
    """

    reference: Clip = dspy.InputField()
    candidate: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done in both videos; may be empty")
    question: str = dspy.InputField()

    seen_reference: str = dspy.OutputField(desc="what the reference shows of it, one sentence")
    seen_candidate: str = dspy.OutputField(desc="what the candidate shows of it, one sentence")
    answer: str = dspy.OutputField(desc="one sentence")
    answerable: Literal["yes", "no"] = dspy.OutputField(desc="no: the frames do not tell")
    confidence: float = dspy.OutputField(desc="probability that the answer is right, 0 to 1")
    frames_reference: list[int] = dspy.OutputField(desc="numbers of the frames of the reference that show it, from 1")
    frames_candidate: list[int] = dspy.OutputField(desc="numbers of the frames of the candidate that show it, from 1")
