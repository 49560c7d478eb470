"""Gain of each optimizer on rendered pairs, with a simulated model whose answers depend on its prompt.

``python -m benchmarks.compiling [PAIRS]``. This says nothing about a real model: the simulated one attends to what a
statement is about only when its instructions or an example tell it to (tests/support/attentive.py). What is shown is
that every optimizer finds a better program on train and that the gain holds on test pairs that it never saw.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.attentive import Attentive, Writing, truth_of
from tests.support.models import proposer_reply
from tests.support.scripted import scripted_lm
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.lms import LMs
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.registry import OPTIMIZERS
from viddiff.optimize.request import Request
from viddiff.optimize.sources import LabelledPairs
from viddiff.programs.compiled.card import PartScore
from viddiff.synthetic.bench import render_bench
from viddiff.video import FrameStore

N_PAIRS = 24


def silent(task: str, done: int, total: int) -> None:
    """Progress that is not shown."""


def compilation(dataset: DataSet, folder: Path, settings: Settings, lms: LMs, **request: Any) -> Compilation:
    """One compilation of the differencer."""
    # By pair: the actions of train and test are the same, so what is learned of a statement can be of use.
    options = Request(component="differencer", by="pair", swap_feedback=False, **request)
    return Compilation(options, LabelledPairs(options, dataset, folder, settings, lms), settings, lms, silent)


def fakes(dataset: DataSet, folder: Path, settings: Settings) -> LMs:
    """The simulated models; the truth is read from the data once."""
    nobody = LMs(scripted_lm(lambda asked: ""))
    examples = compilation(dataset, folder, settings, nobody).source.read(FrameStore(settings.cache_dir), silent)
    everything = [*examples.train, *examples.val, *examples.test]
    statements = sorted({example.statement for example in everything})
    vision = scripted_lm(Attentive(truth_of(everything)), "fake/attentive")
    reflection = scripted_lm(Writing(statements), "fake/writing")
    return LMs(scripted_lm(proposer_reply), vision, reflection=reflection)


def main() -> None:
    """Render, compile with every optimizer that makes a program, print before and after."""
    # What optimizers log of their candidates.
    for name in ("dspy", "gepa"):
        logging.getLogger(name).setLevel(logging.ERROR)
    n_pairs = int(sys.argv[1]) if len(sys.argv) > 1 else N_PAIRS
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        dataset = load_data(str(render_bench(folder / "synth", n_pairs)))
        settings = Settings(cache_dir=folder / "cache")
        print("| optimizer | val before | after | test before | after | gain on test, points | p | calls | seconds |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for name in OPTIMIZERS:
            if not OPTIMIZERS[name].saved:
                continue
            lms = fakes(dataset, folder / "synth", settings)
            start = time.perf_counter()
            artifact = compilation(dataset, folder / "synth", settings, lms, optimizer=name).run().artifact
            print(row(name, artifact.card.scores, artifact.card.calls, time.perf_counter() - start), flush=True)


def row(name: str, scores: tuple[PartScore, ...], calls: int, seconds: float) -> str:
    """One line of the table, in percent."""
    val, test = scores
    low, high = test.difference_interval or (float("nan"), float("nan"))
    gain = 100 * ((test.after or 0) - (test.before or 0))
    cells = [name, *(f"{100 * (share or 0):.1f}" for share in (val.before, val.after, test.before, test.after))]
    cells += [f"{gain:+.1f} [{100 * low:+.0f}, {100 * high:+.0f}]", f"{test.p_value or 0:.3f}", f"{calls:,}"]
    return "| " + " | ".join([*cells, f"{seconds:.0f}"]) + " |"


if __name__ == "__main__":
    main()
