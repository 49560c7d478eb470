"""The measured program, which asks no model."""

from __future__ import annotations

from viddiff import build
from viddiff.eval.dataset import Sample
from viddiff.eval.viddiffbench.methods.registry import Setup, WholePair, method


@method("measured", "Measured program", asks_models=False, measures=lambda settings: True)
def measured(setup: Setup) -> WholePair:
    """The action's name tells the nouns that its statements use ("the squat is slower")."""
    return WholePair(build.measured(setup.poses), setup.mode, name_of)


def name_of(sample: Sample) -> str:
    """The name of the action, or its sentence where there is none."""
    return sample.action_name or sample.action
