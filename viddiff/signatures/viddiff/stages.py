"""Splitting an action into stages, sharpening their retrieval cues, and linking differences to stages."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, Field

#: Paper, section 4.1.
MAX_STAGES, MIN_CUES = 5, 5


class ProposedStage(BaseModel):
    """A part of the action and what one frame of it looks like."""

    name: str = Field(description="two to four words, unique")
    description: str = Field(default="", description="what happens in it, one sentence")
    cues: list[str] = Field(description="at least 5 texts 'A photo of a ...' of the look and pose in one frame of it")


class RefinedStage(ProposedStage):
    """A stage with the cues that tell it from the others."""

    cues: list[str] = Field(description="those of its cues that fit no other stage, at least one")


class LinkedDifference(BaseModel):
    """The stages in which a difference shows."""

    key: str = Field(description="the key of the difference")
    stages: list[str] = Field(description="names of stages, in order, exactly as given")


class ProposeStages(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Split an action into at most five stages that follow one another, so that each difference falls into one or two.

    For each stage write retrieval cues for an image-text model: at least five different texts of the form "A photo of
    a ...", each describing the look and the pose that a single frame of this stage shows and the frames of the other
    stages do not. A cue speaks of one moment, never of movement, time or what came before.
    """

    action: str = dspy.InputField()
    differences: list[str] = dspy.InputField(desc="statements that will be judged on frames of these stages")
    stages: list[ProposedStage] = dspy.OutputField(desc="at most 5, in the order of time, covering the whole action")


class RefineCues(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Drop every retrieval cue that would fit the frames of more than one stage.

    Keep the stages, their names and their order. Keep a cue only when it tells its stage from all the others; change
    its words only to make it tell them apart better.
    """

    action: str = dspy.InputField()
    stages: list[ProposedStage] = dspy.InputField()
    refined: list[RefinedStage] = dspy.OutputField(desc="the same stages with the cues that are left")


class LinkStages(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell for each difference in which stages of the action it can be seen.

    Give the fewest stages that are needed: one where a single moment shows it, several only where it is about the whole
    movement. A statement about a speed, a duration, a count or an order takes all stages that it spans; one about the
    whole clip, or about each repetition, takes all stages.
    """

    action: str = dspy.InputField()
    stages: dict[str, str] = dspy.InputField(desc="name of each stage, in the order of time, and what is seen in it")
    differences: dict[str, str] = dspy.InputField(desc="key and statement of each difference")
    links: list[LinkedDifference] = dspy.OutputField(desc="one entry for each difference")
