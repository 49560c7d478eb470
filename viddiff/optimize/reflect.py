"""Reflection by a model that reads text: it gets the names of the clips, not their frames."""

from __future__ import annotations

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

    def _prepare_examples(self, examples: Any) -> list[Any]:
        return [describe(dict(example)) for example in super()._prepare_examples(examples)]


def describe(value: Any) -> Any:
    """``value`` with each dspy type in it, at any depth, as its text."""
    if isinstance(value, dspy.Type):
        return str(value)
    if isinstance(value, dict):
        return {key: describe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [describe(each) for each in value]
    return value
