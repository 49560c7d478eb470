"""The feedback on an answer for an optimizer: a score from 0 to 1 and, for those that reflect, why.

Each component has one function that judges a prediction; ``metrics`` gives it the shape that each kind of optimizer
calls. A feedback speaks only of what was asked.
"""

from __future__ import annotations

from collections.abc import Callable

import dspy
from pydantic import Field

from viddiff.core.record import Record, Share
from viddiff.core.texts import neutralize

#: Mistakes of one kind that a feedback names, at the most.
MAX_FEEDBACK_ITEMS = 3


class Feedback(Record):
    """A score and what it rests on, in words."""

    score: Share
    """1 is best."""
    text: str
    """For the whole program."""
    parts: dict[str, str] = Field(default_factory=dict)
    """Predictor name -> what concerns it alone."""


Metric = Callable[[dspy.Example, dspy.Prediction], Feedback]


def join_sentences(*sentences: str) -> str:
    """Sentences as one text that may stand in a prompt: models wrote parts of it."""
    return neutralize(" ".join(" ".join(sentences).split()))
