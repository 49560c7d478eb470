"""Compilations of small noise pairs with fake models whose answers depend on their prompts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy

from tests.eval.runs import make_pairs
from tests.support.attentive import Attentive, Writing, truth_of
from tests.support.models import proposer_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.lms import LMs
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.request import request_of
from viddiff.optimize.sources import Examples, LabelledPairs
from viddiff.video import FrameStore

N_PAIRS = 10
#: Options that make each optimizer quick.
SMALL: dict[str, dict[str, Any]] = {
    "gepa": {"max_metric_calls": 30},
    "mipro": {"num_candidates": 4, "num_trials": 4},
    "bootstrap": {"max_bootstrapped_demos": 4},
    "bootstrap-random": {"num_candidate_programs": 2},
    "simba": {"max_steps": 1, "num_candidates": 3, "bsize": 8},
    "copro": {"depth": 1, "breadth": 6},
    "labeled": {"k": 6},
}


def silent(task: str, done: int, total: int) -> None:
    """Nobody hears."""


def data_in(folder: Path) -> tuple[DataSet, Path, Path]:
    """(data set, where its videos are, its file)."""
    path = make_pairs(folder, N_PAIRS)
    return load_data(str(path)), folder, path


def compilation(
    data: tuple[DataSet, Path, Path],
    lms: LMs,
    component: str = "differencer",
    optimizer: str = "gepa",
    progress: Progress = silent,
    settings: Settings | None = None,
    **request: Any,
) -> Compilation:
    dataset, root, _ = data
    options = request.pop("options", SMALL.get(optimizer, {}))
    wanted = request_of(
        component=component, optimizer=optimizer, by=request.pop("by", "pair"), options=options, **request
    )
    settings = settings or Settings(attempts=1, threads=2)
    return Compilation(wanted, LabelledPairs(wanted, dataset, root, settings, lms), settings, lms, progress)


def examples_of(data: tuple[DataSet, Path, Path], store: FrameStore) -> Examples:
    nobody = LMs(scripted_lm(lambda asked: ""))
    return compilation(data, nobody).source.read(store, silent)


def everything(examples: Examples) -> list[dspy.Example]:
    return [*examples.train, *examples.val, *examples.test]


def fakes(
    examples: Examples, judge: Callable[[Asked], str] | None = None, model: str = "scripted/x", **options: Any
) -> LMs:
    """Models by role: one that sees, one that writes, one that proposes."""
    statements = sorted({example.statement for example in everything(examples)})
    vision = scripted_lm(judge or Attentive(truth_of(everything(examples))), model)
    # Models of the process cost nothing; those without a known price could keep to no budget.
    text, writing = scripted_lm(proposer_reply, "local/x"), scripted_lm(Writing(statements), "local/x")
    return LMs(text, vision, reflection=writing, **options)
