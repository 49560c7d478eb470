"""The components of the programs that compare two videos."""

from __future__ import annotations

from viddiff.programs.compiled.registry import COMPONENTS, Component
from viddiff.programs.differencer import Differencer
from viddiff.programs.viddiff.finder import Finder
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.planner import MeasurementPlanner
from viddiff.programs.viddiff.proposer import Proposer

COMPARE = "compare a.mp4 b.mp4 --action ..."

COMPONENTS.add("proposer", Component(Proposer, ("viddiff",), COMPARE))
COMPONENTS.add("differencer", Component(Differencer, ("viddiff", "skill"), COMPARE))
COMPONENTS.add("finder", Component(Finder, ("two_looks",), COMPARE))
COMPONENTS.add("judge", Component(Judge, ("two_looks",), COMPARE))
COMPONENTS.add(
    "planner",
    Component(
        MeasurementPlanner,
        ("plans",),
        COMPARE,
        new=lambda attempts: MeasurementPlanner(attempts=attempts),
        advice="A compiled planner is asked with --plans model: add it, or leave --program out.",
    ),
)
