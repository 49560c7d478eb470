"""Questions answered by YES or NO, whose likelihood is a score (paper, section 3.4)."""

from __future__ import annotations

from typing import Literal

import dspy

from viddiff.signatures.clip import Clip


class SameInCategory(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Do these two videos show the same in one category? Answer YES or NO.

    Video A is the reference, video B the candidate; both show the same step of an instruction.
    """

    reference: Clip = dspy.InputField()
    candidate: Clip = dspy.InputField()
    category: str = dspy.InputField()

    answer: Literal["YES", "NO"] = dspy.OutputField()


class TrueOfCandidate(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Is this sentence true of the candidate, compared with the reference? Answer YES or NO.

    Video A is the reference, video B the candidate; both show the same step of an instruction. The sentence is false
    where the two do the same, where it is the other way round, and where the frames do not show it.
    """

    reference: Clip = dspy.InputField()
    candidate: Clip = dspy.InputField()
    difference: str = dspy.InputField()

    answer: Literal["YES", "NO"] = dspy.OutputField()
