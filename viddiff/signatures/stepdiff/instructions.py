"""Which steps a whole instructional video goes through, and which of them two videos share."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, Field

from viddiff.signatures.clip import Clip
from viddiff.signatures.keyed_entry import KeyedEntry


class DescribeWindow(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell what a person does in a short part of an instructional video, in one sentence.

    Name the action, the things and the tools that the frames show; nothing else. Where nothing is done (a title, a
    person who only talks) say so.
    """

    clip: Clip = dspy.InputField()

    doing: str = dspy.OutputField(desc="one sentence, e.g. 'The onions are chopped on a board.'")


class FoundStep(BaseModel):
    """One step, from its first line to its last."""

    name: str = Field(description="what is done, a few plain words as in a recipe, e.g. 'chop the onions'")
    first_line: int = Field(ge=1, description="number of its first line")
    last_line: int = Field(ge=1, description="number of its last line")


class DivideIntoSteps(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Divide an instructional video into its steps, from what is said or seen, line by line.

    A step is something that is done and has a result ("chop the onions"), not a movement of the hand and not a whole
    recipe. Steps follow each other and share no line. Lines in which nothing is done (greetings, adverts, tasting)
    belong to no step.
    """

    lines: dict[str, str] = dspy.InputField(desc="number of each line, and when (seconds) and what is said or seen")

    task: str = dspy.OutputField(desc="what the whole video makes or does, a few words")
    steps: list[FoundStep] = dspy.OutputField(desc="in the order of the lines, 12 at the most")


class StepMatch(KeyedEntry):
    """The step of the candidate that does the same as one step of the reference."""

    key: str = Field(description="key of the step of the reference")
    candidate: str = Field("", description="key of the step of the candidate; empty where it has none")
    similarity: int = Field(0, ge=0, le=100, description="0: nothing in common, to 100: the same step")


class MatchSteps(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell which steps of a candidate do the same as the steps of a reference.

    Two steps are the same where they serve the same purpose in the instruction, however it is done: onions that are
    chopped and onions that are grated are one step. Each step of the candidate goes with one step of the reference at
    the most.
    """

    reference: dict[str, str] = dspy.InputField(desc="key and name of each step of the reference, in order")
    candidate: dict[str, str] = dspy.InputField(desc="key and name of each step of the candidate, in order")

    matches: list[StepMatch] = dspy.OutputField(desc="one entry for each step of the reference")
