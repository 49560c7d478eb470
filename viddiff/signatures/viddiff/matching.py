"""Matching proposed differences to labelled ones: which say the same, and which say its opposite."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import BaseModel, ConfigDict, Field


class MatchedReference(BaseModel):
    """A reference statement and the prediction that speaks of the same difference."""

    # Models like to write the number of a key alone.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    reference: str = Field(description="key of the reference")
    prediction: str | None = Field(description="key of its prediction, or null where there is none")


class StatementPair(BaseModel):
    """Two statements about the same difference."""

    key: str
    first: str
    second: str


class PairRelation(BaseModel):
    """What two statements are to each other."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    key: str = Field(description="key of the pair")
    relation: Literal["same", "opposite"]


class MatchStatements(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Find for each reference statement the predicted statement that speaks of the same difference.

    The statements tell how two people may perform the same action differently. Two statements match when they speak of
    the same aspect of the same part of the movement, whatever their words and whichever way round they put it: "the
    arms are straighter" and "the arms are more bent" match. Statements that share only the body part, or only the
    direction, do not match. Use each prediction at most once, for the reference it fits best. Many references match
    nothing.
    """

    action: str = dspy.InputField()
    references: dict[str, str] = dspy.InputField(desc="key and statement of each reference")
    predictions: dict[str, str] = dspy.InputField(desc="key and statement of each prediction")
    matches: list[MatchedReference] = dspy.OutputField(desc="one entry for each reference, in the order given")


class RelateStatements(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell for each pair of statements whether they say the same or the opposite.

    Both statements of a pair speak of the same difference in how an action is done. They are opposite when one being
    more true of a video means that the other is less true of it: "the arms are straighter" and "the arms are more
    bent", "faster" and "slower". Otherwise they are the same.
    """

    action: str = dspy.InputField()
    pairs: list[StatementPair] = dspy.InputField()
    relations: list[PairRelation] = dspy.OutputField(desc="one entry for each pair, in the order given")
