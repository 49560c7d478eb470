"""Whether a caption of a difference says what labelled captions say."""

from __future__ import annotations

import dspy


class JudgeCaption(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell which labelled captions a caption agrees with, and whether it tells a difference that none of them has.

    All tell what a candidate does, compared with a reference, in one category. A caption agrees with another where both
    tell the same difference the same way round, in whatever words; one that tells it the other way round does not.
    """

    category: str = dspy.InputField()
    captions: dict[str, str] = dspy.InputField(desc="key and text of each labelled caption")
    caption: str = dspy.InputField(desc="what is judged")

    reason: str = dspy.OutputField(desc="one sentence")
    covered: list[str] = dspy.OutputField(desc="keys of the labelled captions that it agrees with; may be empty")
    invented: bool = dspy.OutputField(desc="whether it tells a difference that is in none of the labelled captions")
