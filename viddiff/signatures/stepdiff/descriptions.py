"""One clip of a step in words, for models that never see both clips at once."""

from __future__ import annotations

import dspy

from viddiff.signatures.clip import Clip


class DescribeStep(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Describe how a step of an instruction is done in one video, so that it can be compared with another video.

    Tell what the frames show. Narration and objects are hints from elsewhere: what the frames do not show goes into
    ``unsure``.
    """

    clip: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done; may be empty")
    narration: str = dspy.InputField(desc="what is said meanwhile; may be empty")
    objects: list[str] = dspy.InputField(desc="what a detector found; may be empty")

    ingredients: list[str] = dspy.OutputField(desc="materials, with amount, size and state")
    tools: list[str] = dspy.OutputField(desc="tools and equipment, with kind and material")
    actions: list[str] = dspy.OutputField(desc="what is done, in order")
    technique: list[str] = dspy.OutputField(desc="how it is done: posture, grip, speed, direction, repetitions")
    visuals: list[str] = dspy.OutputField(desc="place, clothes, colours, view, how the result looks")
    unsure: list[str] = dspy.OutputField(desc="what cannot be told for certain")


class DescribeCategory(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Describe what one video of a step of an instruction shows in one category, in one to three sentences.

    It will be compared with another video of the same step: be exact, with amounts, sizes, colours, speeds and order.
    """

    clip: Clip = dspy.InputField()
    step: str = dspy.InputField(desc="what is done; may be empty")
    category: str = dspy.InputField()

    description: str = dspy.OutputField()
