"""Judging statements together, on close frames of the moments at which they are best judged."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import Field

from viddiff.core.types import Answer
from viddiff.signatures.clip import Clip
from viddiff.signatures.keyed_entry import KeyedEntry

#: How large a difference is, in terms that a person would share.
Size = Literal["none", "slight", "clear", "large"]


class SizedVerdict(KeyedEntry):
    """What is said of one statement; an entry that is none loses its key, so that the others stand."""

    key: str = Field(description="key of the statement")
    reason: str = Field(description="what is seen in A, what is seen in B, one sentence")
    size: Size = Field(
        description="none: a person who watches both videos side by side would notice nothing; slight: visible only "
        "when looked for, it may come from the camera or the choice of frames; clear: noticed at once; "
        "large: the most striking thing about the two videos"
    )
    answer: Answer = Field(
        description="a: the statement is more true of video A; b: more true of video B; c: the size is none, or so "
        "slight that it cannot be told which"
    )
    confidence: float | None = Field(None, description="probability that the answer is right, 0 to 1")
    frames_a: list[int] = Field([], description="numbers of the frames of video A that show it best, from 1")
    frames_b: list[int] = Field([], description="numbers of the frames of video B that show it best, from 1")


class JudgeTogether(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Compare how two people perform the same action and tell for each statement in which video it is more true.

    Look at the frames of both videos at the same moment of the action. Judge distances relative to the height of the
    person. Say first how large the difference is, then which way it goes. Many statements describe no difference
    between these two videos: then the answer is c. Judge each statement for itself, by what it says alone. Trust a
    measurement where it speaks of exactly what a statement is about, unless the frames plainly show otherwise: it may
    have followed somebody else, or guessed where a hidden part of the body is.
    """

    # The clips come first: questions on the same frames then share a prefix that providers cache.
    video_a: Clip = dspy.InputField()
    video_b: Clip = dspy.InputField()
    action: str = dspy.InputField()
    measurements: list[str] = dspy.InputField(
        desc="what was measured, each after the key of its statement, ± half of a 95 % interval; may be empty"
    )
    statements: dict[str, str] = dspy.InputField(desc="key and text of each statement")

    verdicts: list[SizedVerdict] = dspy.OutputField(desc="one entry for each statement, in the order given")
