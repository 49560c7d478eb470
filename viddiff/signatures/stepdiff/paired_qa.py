"""Questions and answers on two clips, made from descriptions and checked against them (paper, section 3.2)."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import BaseModel, Field

#: What a model is told before a question on two clips (paper, section 3.3), in training and when it is asked.
PAIRED_SYSTEM = (
    "You are a helpful assistant that answers questions about a pair of videos. Answer in a single sentence."
)
FIRST_VIDEO, SECOND_VIDEO = "Here is the first video: ", " Here is the second video: "


def main_difference(category: str) -> str:
    """The question of DiffCap (paper, section 3.4)."""
    return f"What is the main difference between these videos in the category {category}?"


def same_in(category: str) -> str:
    """The question of DiffRank (paper, section 3.4)."""
    return f"Do these two videos show the same {category}? Answer YES or NO."


class PairedQA(BaseModel):
    """One question with its answer."""

    question: str = Field(description="needs both videos; calls them the first and the second video")
    answer: str = Field(description="one sentence")
    kind: Literal["difference", "similarity", "why", "how much"]


class MakePairedQA(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Summarize the differences between two videos of the same step of an instruction, and make question-answer pairs.

    Each video is known by its description alone; the first is the reference, the second the candidate. Each question
    takes both videos to answer. Each answer follows from the descriptions and never speaks of them.
    """

    step: str = dspy.InputField(desc="what is done in both videos")
    description_reference: str = dspy.InputField(desc="of the first video")
    description_candidate: str = dspy.InputField(desc="of the second video")
    n: int = dspy.InputField(desc="how many pairs")

    summary: str = dspy.OutputField(desc="what the second video does otherwise, one or two sentences")
    items: list[PairedQA] = dspy.OutputField(desc="differences, similarities, why, how much")


class CheckPairedQA(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Check a question and its answer on two videos of the same step against the descriptions of the videos."""

    question: str = dspy.InputField()
    answer: str = dspy.InputField()
    description_reference: str = dspy.InputField(desc="of the first video")
    description_candidate: str = dspy.InputField(desc="of the second video")

    reason: str = dspy.OutputField(desc="what the descriptions say of it, one sentence")
    answerable_from: Literal["both", "reference", "candidate", "neither"] = dspy.OutputField(
        desc="what it takes to answer the question; one of them: the other is not needed"
    )
    supported: bool = dspy.OutputField(desc="whether every part of the answer follows from the descriptions")


class AnswerFromOne(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Answer a question on two videos of the same step, of which only one is known, by its description."""

    question: str = dspy.InputField()
    known: Literal["first", "second"] = dspy.InputField(desc="which video is described")
    description: str = dspy.InputField()

    answer: str = dspy.OutputField(desc="one sentence; empty where it takes the other video")
