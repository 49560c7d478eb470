"""Reflection by a model that reads text: it gets the names of the clips, not their frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dspy
from dspy.teleprompt.gepa import InstructionProposer

from viddiff.lms import adapter_of


def proposer_of(with_images: bool) -> InstructionProposer:
    """What writes new instructions, with the frames of its examples or with their clips in words."""
    kind = InstructionProposer if with_images else TextOnlyProposer
    return kind(adapter=adapter_of("json"))


class TextOnlyProposer(InstructionProposer):  # type: ignore[misc]  # dspy ships no types
    """DSPy's proposer of instructions, with every clip as its one line of text."""

    def __call__(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """Predictor name -> its new instruction, for each of ``components_to_update``.

        Args:
            candidate: predictor name -> its instruction.
            reflective_dataset: predictor name -> examples of what it was asked, its answers and the feedback.
        """
        in_words = {name: describe(examples) for name, examples in reflective_dataset.items()}
        instructions: dict[str, str] = super().__call__(candidate, in_words, components_to_update)
        return instructions


def describe(value: Any) -> Any:
    """``value`` with each dspy type in it, at any depth, as its text."""
    if isinstance(value, dspy.Type):
        return str(value)
    if isinstance(value, Mapping):
        return {key: describe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [describe(each) for each in value]
    return value
