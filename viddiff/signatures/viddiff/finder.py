"""Where each statement is best judged: one look at an overview of both videos."""

from __future__ import annotations

import dspy
from pydantic import BaseModel, ConfigDict, Field

from viddiff.core.types import Answer
from viddiff.signatures.clip import Clip

#: Moments of one statement in one video.
MAX_MOMENTS = 4


class StatementMoments(BaseModel):
    """Where one statement is best judged, and what is seen of it from afar."""

    # Models like to write the number of a key alone.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    key: str = Field(description="key of the statement")
    moments_a: list[float] = Field(
        [], description="times in seconds of video A, in order: one, or up to 4; empty where it cannot be seen in A"
    )
    moments_b: list[float] = Field(
        [], description="times in seconds of video B, in order: one, or up to 4; empty where it cannot be seen in B"
    )
    answer: Answer = Field(
        description="first impression; a: the statement is more true of video A; b: more true of video B; "
        "c: no clear difference"
    )
    confidence: float | None = Field(None, description="probability that the impression is right, 0 to 1")


class FindMoments(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Find for each statement the moments at which it is best judged in each of two videos of the same action.

    The frames are an overview of both videos from start to end, each with its time. Name the same moment of the action
    in both videos, however fast each of them is. A statement about a position takes the one moment that shows it best;
    one about a speed, a duration, a count or an order takes the moments at which it begins and ends, up to four. Leave
    the moments of a video empty where it does not show what the statement is about. A closer look follows, so an
    impression that is not sure is given as such.
    """

    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    statements: dict[str, str] = dspy.InputField(desc="key and text of each statement")

    found: list[StatementMoments] = dspy.OutputField(desc="one entry for each statement, in the order given")


class SeenDifference(BaseModel):
    """One difference that the overview shows, and where."""

    statement: str = Field(description="how the action is done, e.g. 'the squat is deeper'; names no video")
    moments_a: list[float] = Field([], description="times in seconds of video A that show it best, at most 4, in order")
    moments_b: list[float] = Field([], description="times in seconds of video B that show it best, at most 4, in order")
    answer: Answer = Field(
        description="a: the statement is more true of video A; b: more true of video B; c: it was named, and is not "
        "seen here"
    )
    confidence: float | None = Field(None, description="probability that the answer is right, 0 to 1")


class SeeDifferences(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Find the visible differences in how two people perform the same action, and the moments that show them.

    The frames are an overview of both videos from start to end, each with its time. Compare the same moments of the
    action. A difference is a statement about how the action is done that is more true of one video than of the other:
    a position, a distance relative to the body, a direction, an order, a speed, a duration, a count. Each statement
    speaks of one thing and of one part of the body, and says nothing that another one says already. Leave out people,
    clothes, place, camera, and what only tells where a clip was cut.
    """

    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    measurements: list[str] = dspy.InputField(
        desc="what was measured to differ, ± half of a 95 % interval; left out where the frames show otherwise; may be "
        "empty"
    )
    named: list[str] = dspy.InputField(
        desc="what somebody else named, of either video: answer each in the same words, with c where you do not see "
        "it, and add what is missing; may be empty"
    )
    n_differences: int = dspy.InputField(
        desc="how many to name, the clearest first; fewer only where no more can be seen"
    )

    differences: list[SeenDifference] = dspy.OutputField(desc="independent of each other")
