"""Judging one difference on frames of two videos."""

from __future__ import annotations

import dspy

from viddiff.core.types import Answer
from viddiff.signatures.clip import Clip

#: The tasks whose runs depend on the words of this module, see ``viddiff.eval.manifest.prompts_hash``.
TASKS = ("viddiff", "skilldiff")


class JudgeDifference(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Compare how two people perform the same action and tell in which video a statement is more true.

    Look at the frames of both videos at the same moment of the action. Judge distances relative to the height of the
    person. Judge only what the statement says; other differences do not count. Trust a measurement where it speaks of
    exactly what the statement is about.
    """

    # The clips come first: questions on the same frames then share a prefix that providers cache.
    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    measurements: list[str] = dspy.InputField(desc="numbers computed from the whole videos; may be empty")
    statement: str = dspy.InputField()

    reason: str = dspy.OutputField(desc="what is seen in A, what is seen in B, one or two sentences")
    answer: Answer = dspy.OutputField(
        desc="a: the statement is more true of video A; b: more true of video B; c: no visible difference"
    )
    confidence: float = dspy.OutputField(desc="probability that the answer is right, 0 to 1")
    frames_a: list[int] = dspy.OutputField(desc="numbers of the frames of video A that show it best, from 1")
    frames_b: list[int] = dspy.OutputField(desc="numbers of the frames of video B that show it best, from 1")
