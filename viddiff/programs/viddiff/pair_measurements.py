"""What is measured of a pair: a measurement for each statement that has one, and all quantities as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from viddiff.core.types import Localization, Measurement, Proposal, Sides
from viddiff.localizer.strategies import STRATEGIES
from viddiff.motion.measurement.pair import NO_STAGES
from viddiff.motion.pairs import pair_of
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.evidence import evidence_of
from viddiff.programs.viddiff.plans import Plans
from viddiff.video.loaded import LoadedVideo


@dataclass(frozen=True)
class Measurements:
    """What was measured of a pair: ``of`` difference key -> what is relevant to it; ``table``: all quantities."""

    of: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)
    table: tuple[Measurement, ...] = ()
    notices: tuple[str, ...] = ()


def measure_pair(
    action: str,
    proposal: Proposal,
    videos: tuple[LoadedVideo, LoadedVideo],
    located: tuple[Localization, Localization],
    poses: PoseReader | None,
    plans: Plans,
) -> Measurements:
    """What can be computed need not be asked; each statement gets only what was measured about it.

    Args:
        action: what is done in both videos.
        proposal: the differences and stages.
        videos: A and B.
        located: where the stages lie in A and B.
        poses: estimates pose; None: the outlines of what moves are measured.
        plans: from statements to measurements.
    """
    pair, notices = pair_of(*videos, poses)
    plan_of, plan_notices = plans.plan(action, proposal.differences, [stage.name for stage in proposal.stages])
    found_by = [STRATEGIES.get(one.strategy) for one in located]
    measures_stages = all(strategy is not None and strategy.measures_stages for strategy in found_by)
    stages = Sides(located[0].segments, located[1].segments) if measures_stages else NO_STAGES
    evidence = evidence_of(pair, proposal.differences, plan_of, stages)
    measurements = {one.difference.key: (one.measurement,) for one in evidence if one.measurement is not None}
    return Measurements(measurements, pair.table(), (*notices, *plan_notices))
