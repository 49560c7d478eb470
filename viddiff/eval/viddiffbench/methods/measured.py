"""The measured program, which asks no model that sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viddiff import build
from viddiff.core.types import Difference
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.methods.registry import MethodContext, WholePair, labelled_differences, method
from viddiff.programs.viddiff.plans import Planned, Plans


@method("measured", "Measured program", asks_models=False, measures=lambda settings: True)
def measured(context: MethodContext) -> WholePair:
    """The action's name tells the nouns that its statements use ("the squat is slower")."""
    plans = context.plans and ActionPlans(context.plans, statements_by_name(context.samples))
    return WholePair(build.measured_program(context.poses, plans), context.mode, name_of)


def name_of(sample: Sample) -> str:
    """The name of the action, or its sentence where there is none."""
    return sample.action_name or sample.action


def statements_by_name(samples: Sequence[Sample]) -> dict[str, tuple[Difference, ...]]:
    """Name of the action -> what its pairs ask, each statement once under a key of its own, in a fixed order."""
    by_name: dict[str, set[str]] = {}
    for sample in samples:
        by_name.setdefault(name_of(sample), set()).update(
            one.statement for one in labelled_differences(sample, "closed") or ()
        )
    return {
        name: tuple(Difference(key=text, name=text, statement=text) for text in sorted(statements))
        for name, statements in by_name.items()
    }


@dataclass(frozen=True)
class ActionPlans:
    """Plans of all that the pairs of an action ask, made at once: each pair then gets the same."""

    plans: Plans
    differences: Mapping[str, Sequence[Difference]]

    def plan(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> Planned:
        """See ``Plans.plan``."""
        planned, notices = self.plans.plan(action, self.differences[action], stages)
        return {difference.key: planned[difference.statement] for difference in differences}, notices
