"""The measured program: what can be measured of two people in motion tells, without a model that sees.

Each statement is planned as a measurement (by the statement grammar, by a text model or by hand), read from the poses
of both clips and decided by the smallest difference that counts. Without statements it proposes what differs most. What
cannot be measured is said to be so, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import dspy

from viddiff.core.types import Difference, Finding, FrameRef, Localization, Outcome, Proposal, Segment, Side, Stage
from viddiff.motion.measurement.pair import MeasuredPair
from viddiff.motion.pairs import pair_of
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.evidence import MeasuredStatement, evidence_of, frames_at, propose_evidence
from viddiff.programs.predict import AsyncModule
from viddiff.programs.viddiff.plans import GrammarPlans, Plans
from viddiff.video.loaded import LoadedVideo

NOTICE = "No model looked at the frames: all answers are measured. Set a model (--lm) to have them looked at."


class MeasuredProgram(AsyncModule):
    """Compares two videos by measurement; no LM that sees.

    Args:
        poses: estimates pose, or knows it; None: only the outlines of what moves are measured.
        plans: from statements to measurements; None: the statement grammar.

    >>> from pathlib import Path
    >>> from viddiff import MeasuredProgram
    >>> from viddiff.video import FrameStore, Sampling, load
    >>> a, b = (load(Path(name), Sampling(), FrameStore(None)) for name in ("a.mp4", "b.mp4"))
    >>> outcome = MeasuredProgram()(action="squat", video_a=a, video_b=b).outcome
    >>> [finding.verdict.answer for finding in outcome.differences]
    ['b']
    """

    def __init__(self, poses: PoseReader | None = None, plans: Plans | None = None) -> None:
        super().__init__()
        self.poses = poses
        self.plans = plans or GrammarPlans()

    def forward(
        self,
        action: str,
        video_a: LoadedVideo,
        video_b: LoadedVideo,
        differences: Sequence[Difference] | None = None,
        n_differences: int = 10,
    ) -> dspy.Prediction:
        """A prediction whose ``outcome`` is an Outcome.

        Args:
            action: what is done in both videos; its noun may stand in a statement ("the squat is slower").
            video_a, video_b: the videos, read.
            differences: statements to judge (closed mode); None: up to ``n_differences`` are found, clearest first.

        Raises:
            InputError: a video is no longer the file that was read.
        """
        pair, notices = pair_of(video_a, video_b, self.poses)
        if differences is None:
            evidence = propose_evidence(pair, n_differences)
        else:
            plans, planned = self.plans.plan(action, differences)
            evidence, notices = evidence_of(pair, differences, plans), (*notices, *planned)
        return dspy.Prediction(outcome=outcome_of(pair, evidence, video_a, video_b, (NOTICE, *notices)))


def outcome_of(
    pair: MeasuredPair,
    evidence: Sequence[MeasuredStatement],
    video_a: LoadedVideo,
    video_b: LoadedVideo,
    notices: tuple[str, ...],
) -> Outcome:
    """What was measured, as the outcome of a program."""
    segments_a, segments_b = pair.segments()
    stages = tuple(Stage(name=segment.stage, description=_description(segment)) for segment in segments_a)
    names = tuple(stage.name for stage in stages)
    numbers = [one.measurement for one in evidence]
    frames_a = frames_at(video_a, [number.times_a if number else () for number in numbers])
    frames_b = frames_at(video_b, [number.times_b if number else () for number in numbers])
    return Outcome(
        proposal=Proposal(
            differences=tuple(one.difference for one in evidence),
            stages=stages,
            links={one.difference.key: names for one in evidence},
        ),
        localization_a=_localization("a", pair.strategy, segments_a),
        localization_b=_localization("b", pair.strategy, segments_b),
        measurements=pair.table(),
        differences=tuple(_finding(one, names, a, b) for one, a, b in zip(evidence, frames_a, frames_b, strict=True)),
        notices=notices,
    )


def _finding(
    evidence: MeasuredStatement, stages: tuple[str, ...], frames_a: tuple[FrameRef, ...], frames_b: tuple[FrameRef, ...]
) -> Finding:
    """A finding whose frames are those that it was measured in."""
    cited = {"evidence_a": tuple(range(len(frames_a))), "evidence_b": tuple(range(len(frames_b)))}
    return Finding(
        difference=evidence.difference,
        stages=stages,
        frames_a=frames_a,
        frames_b=frames_b,
        measurements=(evidence.measurement,) if evidence.measurement else (),
        verdict=evidence.verdict.model_copy(update=cited),
    )


def _localization(side: Side, strategy: str, segments: tuple[Segment, ...]) -> Localization:
    return Localization(side=side, strategy=strategy, segments=segments)


_DESCRIBED = {
    "start": "Before anything moves.",
    "movement": "From the first to the last motion.",
    "movement 1": "From the first motion to the longest pause.",
    "pause": "The longest rest between two motions.",
    "movement 2": "From the longest pause to the last motion.",
    "end": "After the last motion.",
    "no movement": "Nothing moves.",
}


def _description(segment: Segment) -> str:
    return _DESCRIBED.get(segment.stage, "Away from the resting pose and back.")
