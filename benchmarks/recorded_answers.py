"""One call against two looks, from the recorded answers of a real model in ``recorded.jsonl``; no model is needed.

``python -m benchmarks.recorded_answers``. A row is one statement of a pair of ``viddiff synth --pairs 24 --seed SEED``:
its label, the answer of one plain call (``viddiff eval --method baseline``) and of each look of two looks (``viddiff
eval``). The answers are combined again: by the default weights, which were learned from the simulated model and the
seeds of ``LEARNED`` (benchmarks/weights.py); for those seeds also by the weights of the simulated model, and for each
by weights learned from the others. From the later seeds, recorded with the current prompts, nothing was learned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from viddiff.core.record import Record
from viddiff.core.types import Answer
from viddiff.eval.statistics import mcnemar_p_value, reliability, sign_flip_p_value
from viddiff.programs.viddiff.calibration import (
    SOURCES,
    Decision,
    Opinion,
    Opinions,
    OpinionWeights,
    decide,
    fit,
)

#: Seeds from which the default weights were learned.
LEARNED = (31, 32, 33)
RECORDED = Path(__file__).with_name("recorded.jsonl")
#: Weights learned from the simulated model only, rounded to 0.05; that of the second overview was not learned.
SIMULATED_MODEL_WEIGHTS = OpinionWeights(
    impression=0.45,
    swapped_impression=0.5,
    verdict=1.05,
    second_look=1.1,
    swapped_second_look=1.15,
    measured=1.0,
    prior_c=1.1,
    prior_c_unconfirmed=1.4,
)
#: From this stated probability on a measured difference counts as large.
LARGER = 0.925


class RecordedStatement(Record):
    """The label and all answers for one statement of a rendered pair."""

    seed: int
    pair: str
    key: str
    label: Answer
    one_call: Answer
    opinions: Opinions


class Decided(NamedTuple):
    """A statement and what two looks makes of it."""

    row: RecordedStatement
    decision: Decision


def read_recorded(learned: bool = True) -> list[RecordedStatement]:
    """The recorded statements: those from which the default weights were learned, or the others."""
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    rows = [RecordedStatement.model_validate_json(line) for line in lines]
    return [row for row in rows if (row.seed in LEARNED) == learned]


def decide_all(rows: Sequence[RecordedStatement], weights: OpinionWeights) -> list[Decided]:
    """The statements of which something was said, decided by these weights."""
    return [Decided(row, decision) for row in rows if (decision := decide(row.opinions, weights))]


def decide_by_other_seeds(rows: Sequence[RecordedStatement]) -> list[Decided]:
    """Each seed by weights learned from the others, regularized towards those of the simulated model."""
    decided: list[Decided] = []
    for seed in sorted({row.seed for row in rows}):
        others = [row for row in rows if row.seed != seed]
        weights = fit([row.opinions for row in others], [row.label for row in others], SIMULATED_MODEL_WEIGHTS)
        decided += decide_all([row for row in rows if row.seed == seed], weights)
    return decided


def show(name: str, decided: Sequence[Decided], table: Table) -> None:
    """Add a row for these statements."""
    labels = [one.row.label for one in decided]
    one_call = np.array([one.row.one_call == one.row.label for one in decided])
    two_looks = np.array([one.decision.answer == one.row.label for one in decided])
    differs = np.array([label != "c" for label in labels])
    gains: dict[tuple[int, str], int] = defaultdict(int)
    for one, before, after in zip(decided, one_call, two_looks, strict=True):
        gains[one.row.seed, one.row.pair] += int(after) - int(before)
    only_one, only_two = int((one_call & ~two_looks).sum()), int((two_looks & ~one_call).sum())
    table.add_row(
        name,
        *(f"{right[differs].sum()}, {right[~differs].sum()}, {right.mean():.1%}" for right in (one_call, two_looks)),
        f"{differs.sum()}, {(~differs).sum()}",
        f"{only_one} : {only_two}",
        f"{mcnemar_p_value(only_one, only_two):.2g}",
        f"{sign_flip_p_value(list(gains.values())):.2g}",
        f"{calibration_error([one.decision for one in decided], labels):.3f}",
    )


def calibration_error(decisions: Sequence[Decision], labels: Sequence[Answer]) -> float:
    """Expected calibration error; 0 for no decisions."""
    right = [decision.answer == label for decision, label in zip(decisions, labels, strict=True)]
    found = reliability([decision.confidence for decision in decisions], right)
    return found.ece if found else 0.0


def show_sources(rows: Sequence[RecordedStatement]) -> None:
    """Print how often each source alone is right, and measurements by what they say and how sure they are."""
    right: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        for name in SOURCES:
            opinion: Opinion | None = getattr(row.opinions, name)
            if opinion is None:
                continue
            right[name].append(opinion.answer == row.label)
            if name == "measured":
                size = "larger" if (opinion.confidence or 0) >= LARGER else "just clear"
                what = "no difference" if opinion.answer == "c" else f"a difference, {size}"
                right[f"{name}: {what}"].append(opinion.answer == row.label)
    table = Table("source", "statements", "right")
    for name, values in right.items():
        table.add_row(name, str(len(values)), f"{np.mean(values):.1%}")
    Console(width=140).print(table)


def main() -> None:
    """Print a row for each seed, for all by different weights, and for each source."""
    rows, others = read_recorded(), read_recorded(learned=False)
    table = Table(
        *("statements", "one call: a/b, c, all right", "two looks", "of", "right alone", "p", "p of pairs"),
        "calibration error",
    )
    for name, some in (("learned from", rows), ("not learned from", others)):
        for seed in sorted({row.seed for row in some}):
            show(f"seed {seed}", decide_all([row for row in some if row.seed == seed], OpinionWeights()), table)
        show(f"all {name}", decide_all(some, OpinionWeights()), table)
    show("all", decide_all([*rows, *others], OpinionWeights()), table)
    show("learned from, weights of the simulated model", decide_all(rows, SIMULATED_MODEL_WEIGHTS), table)
    show("learned from, weights of the other seeds", decide_by_other_seeds(rows), table)
    Console(width=160).print(table)
    show_sources([*rows, *others])


if __name__ == "__main__":
    main()
