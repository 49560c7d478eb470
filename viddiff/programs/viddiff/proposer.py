"""The proposer: what to look for and where (paper, section 4.1). Text only; it sees no frame."""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.core.notices import WithNotices
from viddiff.core.types import Difference, Proposal, Stage
from viddiff.lms.retry import Retry
from viddiff.programs.predict import AsyncModule
from viddiff.programs.statements import filter_differences
from viddiff.programs.viddiff.repair import refine_stages, repair_links, repair_stages
from viddiff.signatures.viddiff.paper_prompts import PublishedLinkStages, PublishedRefineCues
from viddiff.signatures.viddiff.proposer import ProposedDifference, ProposeDifferences
from viddiff.signatures.viddiff.stages import MIN_CUES, LinkStages, ProposedStage, ProposeStages, RefineCues


class Proposer(AsyncModule):
    """Proposes differences (open mode), splits the action into stages with cues, and links the two.

    Asks the LM in force (``dspy.settings.lm``). Four predictors, each compiled and saved under its name.

    >>> from viddiff import Proposer
    >>> Proposer()(action="squat", n_differences=5).proposal.stages  # doctest: +SKIP

    Args:
        attempts: asks for each answer until it parses.
        published: the refine and the link step ask in the words of the published method.
    """

    def __init__(self, attempts: int = 3, published: bool = False) -> None:
        super().__init__()
        self.propose = Retry(dspy.Predict(ProposeDifferences), attempts, check=without_differences)
        self.split = Retry(dspy.Predict(ProposeStages), attempts, check=fault_in_stages)
        self.refine = Retry(dspy.Predict(PublishedRefineCues if published else RefineCues), attempts)
        self.link = Retry(dspy.Predict(PublishedLinkStages if published else LinkStages), attempts)
        self.published = published

    def forward(
        self,
        action: str,
        n_differences: int = 10,
        differences: Sequence[Difference] | None = None,
        with_stages: bool = True,
    ) -> dspy.Prediction:
        """A prediction whose ``proposal`` is a Proposal.

        Args:
            action: what is done.
            n_differences: how many to propose (open mode).
            differences: given differences (closed mode); then only stages and links are asked for.
            with_stages: False: only differences are asked for, and the proposal has no stages.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
        """
        notices: tuple[str, ...] = ()
        if differences is None:
            proposed = self.propose(action=action, n_differences=n_differences).differences
            differences, notices = filter_differences(number_differences(proposed))
            differences = differences[:n_differences]
        if not differences or not with_stages:
            # Without differences there is nothing to judge, so nothing to split: the caller tells the user.
            proposal = Proposal(differences=tuple(differences), stages=(), links={}, notices=notices)
            return dspy.Prediction(proposal=proposal)
        stages, stage_notices = self.stages(action, differences)
        links, link_notices = self.links(action, differences, stages)
        return dspy.Prediction(
            proposal=Proposal(
                differences=tuple(differences),
                stages=stages,
                links=links,
                notices=(*notices, *stage_notices, *link_notices),
            )
        )

    def stages(self, action: str, differences: Sequence[Difference]) -> WithNotices[tuple[Stage, ...]]:
        """(stages, notices): proposed, repaired, refined where there is more than one."""
        statements = [difference.statement for difference in differences]
        stages, notices = repair_stages(self.split(action=action, differences=statements).stages, action)
        if len(stages) > 1:
            refined = self.refine(action=action, stages=[to_proposed_stage(stage) for stage in stages]).refined
            stages = refine_stages(stages, refined)
        return WithNotices(stages, notices)

    def links(
        self, action: str, differences: Sequence[Difference], stages: Sequence[Stage]
    ) -> WithNotices[dict[str, tuple[str, ...]]]:
        """(links, notices); with a single stage there is nothing to ask."""
        names = [stage.name for stage in stages]
        if len(names) == 1:
            return WithNotices({difference.key: (names[0],) for difference in differences}, ())
        statements = {difference.key: difference.statement for difference in differences}
        stage_input = names if self.published else stage_descriptions(stages)
        links = self.link(action=action, stages=stage_input, differences=statements).links
        return repair_links(links, differences, stages)


def number_differences(proposed: Sequence[ProposedDifference]) -> list[Difference]:
    """Proposed differences with the keys "0", "1", ..."""
    return [
        Difference(
            key=str(index),
            name=" ".join(difference.name.split())[:60] or f"difference {index + 1}",
            statement=" ".join(difference.statement.split()),
            num_frames=difference.num_frames,
            query_string=difference.query_string[:300],
        )
        for index, difference in enumerate(proposed)
    ]


def to_proposed_stage(stage: Stage) -> ProposedStage:
    """A stage in the form that the model wrote it."""
    return ProposedStage(name=stage.name, description=stage.description, cues=list(stage.cues))


def stage_descriptions(stages: Sequence[Stage]) -> dict[str, str]:
    """Name of each stage -> what happens in it and what its frames look like."""
    return {stage.name: "; ".join(filter(None, (stage.description, *stage.cues))) for stage in stages}


def without_differences(prediction: dspy.Prediction) -> str | None:
    """What is wrong with proposed differences: that there are none."""
    return None if prediction.differences else "no difference"


def fault_in_stages(prediction: dspy.Prediction) -> str | None:
    """What is wrong with proposed stages: none at all, or one with too few cues."""
    if not prediction.stages:
        return "no stage"
    return next((f"stage {s.name!r} has few cues" for s in prediction.stages if len(s.cues) < MIN_CUES), None)
