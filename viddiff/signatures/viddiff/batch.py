"""Judging several statements on the same frames in one call."""

from __future__ import annotations

import dspy
from pydantic import Field

from viddiff.core.types import Answer
from viddiff.signatures.clip import Clip
from viddiff.signatures.keyed_entry import KeyedEntry

#: Statements in one call: the answer stays well below the 4,000 tokens that models give by default.
MAX_STATEMENTS = 10


class StatementVerdict(KeyedEntry):
    """What is said of one statement; an entry that is none loses its key, so that the others stand."""

    key: str = Field(description="key of the statement")
    reason: str = Field(description="what is seen in A, what is seen in B, one sentence")
    answer: Answer = Field(
        description="a: the statement is more true of video A; b: more true of video B; c: no visible difference"
    )
    confidence: float | None = Field(None, description="probability that the answer is right, 0 to 1")
    frames_a: list[int] = Field([], description="numbers of the frames of video A that show it best, from 1")
    frames_b: list[int] = Field([], description="numbers of the frames of video B that show it best, from 1")


class JudgeStatements(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Compare how two people perform the same action and tell for each statement in which video it is more true.

    Look at the frames of both videos at the same moment of the action. Judge distances relative to the height of the
    person. Judge each statement for itself, by what it says alone; the answer to one tells nothing about another.
    Trust a measurement where it speaks of exactly what a statement is about.
    """

    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    measurements: list[str] = dspy.InputField(desc="numbers computed from the whole videos; may be empty")
    statements: dict[str, str] = dspy.InputField(desc="key and text of each statement")

    verdicts: list[StatementVerdict] = dspy.OutputField(desc="one entry for each statement, in the order given")
