"""Two steps of the proposer as the published method has them: ``--preset paper``. The others are used as they are.

The refine step asks again for five cues of a stage, and the link step reads the names of the stages alone.
"""

from __future__ import annotations

import dspy

from viddiff.signatures.viddiff.stages import LinkedDifference, ProposedStage


class PublishedRefineCues(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Drop every retrieval cue that would fit the frames of more than one stage.

    Keep the stages, their names and their order. Keep a cue only when it tells its stage from all the others; change
    its words only to make it tell them apart better.
    """

    action: str = dspy.InputField()
    stages: list[ProposedStage] = dspy.InputField()
    refined: list[ProposedStage] = dspy.OutputField(desc="the same stages with the cues that are left")


class PublishedLinkStages(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Tell for each difference in which stages of the action it can be seen.

    Give the fewest stages that are needed: one where a single moment shows it, several only where it is about the whole
    movement.
    """

    action: str = dspy.InputField()
    stages: list[str] = dspy.InputField(desc="names of the stages in the order of time")
    differences: dict[str, str] = dspy.InputField(desc="key and statement of each difference")
    links: list[LinkedDifference] = dspy.OutputField(desc="one entry for each difference")
