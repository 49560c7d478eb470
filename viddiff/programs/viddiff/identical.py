"""The same video twice: nothing can differ, so nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.core.types import Difference, Finding, Localization, Outcome, Proposal, Segment, Side, Stage, Verdict
from viddiff.video.loaded import LoadedVideo

NOTICE = "Both inputs are the same video: nothing can differ, and nothing was asked."


def identical_outcome(action: str, differences: Sequence[Difference] | None, video: LoadedVideo) -> Outcome:
    """An outcome without A/B verdicts: every given difference is 'c', and none is proposed."""
    stage = Stage(name="whole action", description=action)
    segment = Segment(stage=stage.name, start_s=video.info.start_s, stop_s=video.info.stop_s)
    known = tuple(differences or ())
    verdict = Verdict(status="answered", answer="c", confidence=1.0, reason="Both inputs are the same video.")

    def localize(side: Side) -> Localization:
        return Localization(side=side, strategy="none", segments=(segment,))

    return Outcome(
        proposal=Proposal(
            differences=known, stages=(stage,), links={difference.key: (stage.name,) for difference in known}
        ),
        localization_a=localize("a"),
        localization_b=localize("b"),
        measurements=(),
        differences=tuple(
            Finding(difference=difference, stages=(stage.name,), frames_a=(), frames_b=(), verdict=verdict)
            for difference in known
        ),
        notices=(NOTICE,),
    )
