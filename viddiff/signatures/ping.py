"""The smallest questions that show that a model answers, and that it sees."""

from __future__ import annotations

from typing import Literal

import dspy

from viddiff.signatures.clip import Clip


class NameNumber(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Write the number that the word names."""

    word: str = dspy.InputField()
    number: int = dspy.OutputField()


class NameColour(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell the colour of the picture."""

    picture: Clip = dspy.InputField()
    colour: Literal["red", "green", "blue", "white", "black"] = dspy.OutputField()
