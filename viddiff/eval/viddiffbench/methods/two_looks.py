"""The program that looks twice: what a pair asks is answered at once, so the pair is what is kept of a run."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.eval.dataset import Sample
from viddiff.eval.manifest import Mode
from viddiff.eval.viddiffbench.methods.registry import Setup, WholePair, labelled_differences, method
from viddiff.programs.estimate import RoleEstimate


def plan(samples: Sequence[Sample], mode: Mode, settings: Settings) -> list[RoleEstimate]:
    """An overview, a first look and a second one of each pair."""
    from viddiff.programs.viddiff.estimate_looks import PairSize, estimate_looks, estimate_text_proposer

    pairs = [
        PairSize(
            n_statements=len(labelled_differences(sample, mode) or ()) or sample.n_differences_open,
            finds=mode == "closed" or settings.proposer == "text",
        )
        for sample in samples
    ]
    text = estimate_text_proposer(len(samples), settings) if mode == "open" else ()
    return [*text, estimate_looks(pairs, settings)]


@method("two_looks", "Two looks", measures=lambda settings: settings.measurements, plan=plan)
def two_looks(setup: Setup) -> WholePair:
    """The program with the effort and without the parts that the settings say."""
    compiled = build.compiled_programs(setup.settings, has_lm=True)
    return WholePair(build.two_looks(setup.settings, setup.lms, compiled, setup.poses, setup.plans), setup.mode)
