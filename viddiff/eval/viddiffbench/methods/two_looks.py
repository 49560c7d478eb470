"""The program that looks twice: what a pair asks is answered at once, so the pair is what is kept of a run."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Mode
from viddiff.eval.viddiffbench.methods.registry import MethodContext, WholePair, labelled_differences, method
from viddiff.programs.estimate import RoleEstimate


def estimate(samples: Sequence[Sample], mode: Mode, settings: Settings) -> list[RoleEstimate]:
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


@method("two_looks", "Two looks", measures=lambda settings: settings.measurements, estimate=estimate)
def two_looks(context: MethodContext) -> WholePair:
    """The program with the effort and without the parts that the settings say."""
    compiled = build.compiled_programs(context.settings, has_lm=True)
    return WholePair(
        build.two_looks(context.settings, context.lms, compiled, context.poses, context.plans), context.mode
    )
