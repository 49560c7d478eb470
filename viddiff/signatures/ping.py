"""The smallest questions that show that a model answers and that it sees, with pictures that need no video."""

from __future__ import annotations

import io
from typing import Literal

import dspy

from viddiff.signatures.clip import Clip

Colour = Literal["red", "green", "blue", "white", "black"]

RED, BLUE = (255, 0, 0), (0, 0, 255)


class NameNumber(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Write the number that the word names."""

    word: str = dspy.InputField()
    number: int = dspy.OutputField()


class NameColour(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell the colour of the picture."""

    picture: Clip = dspy.InputField()
    colour: Colour = dspy.OutputField()


class NameColours(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell the colours of the two pictures."""

    pictures: Clip = dspy.InputField()
    first: Colour = dspy.OutputField(desc="the colour of the first picture")
    second: Colour = dspy.OutputField(desc="the colour of the second picture")


class FindOddPicture(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """All pictures but one have the same colour. Tell which one has another."""

    pictures: Clip = dspy.InputField()
    number: int = dspy.OutputField(desc="the number of the frame that has another colour, from 1")


def plain_picture(colour: tuple[int, int, int]) -> bytes:
    """A JPEG of one colour, 64 pixels a side."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "JPEG")
    return buffer.getvalue()
