"""All ablations of SkillDiff on curves whose deductions are known: ``python -m benchmarks.skill_curves [SEEDS]``.

400 performers to train, 200 others to test, each with an expert of its own school. Beside them stands what table 2 of
the preprint prints for BEST (other data; as reported, not peer-reviewed). "where" is the rank correlation of deductions
by eighths of the query, learned from scores alone but for the last row.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from viddiff.eval.skilldiff.metrics import overlap, skill_scores, spearman
from viddiff.programs.skilldiff.options import ABLATIONS, SkillOptions
from viddiff.programs.skilldiff.performances import Performances
from viddiff.programs.skilldiff.training import Training, judge
from viddiff.synthetic.skill.curves import Curves, make_curves

N_TRAIN, N_TEST, N_PARTS = 400, 200, 8
_TRAIN_SEED, _TEST_SEED = 1, 2
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """One model on the test part: rho with its interval, place of deductions, and error of the alignment."""

    rho: float
    low: float
    high: float
    where: float
    shared: float
    error: float


def performances(curves: Curves, labelled: float = 0.0) -> Performances:
    """What is trained on; of that share of the performers the deductions are known."""
    known = np.random.default_rng(0).random(len(curves.scores)) < labelled
    deductions = np.where(known[:, None], curves.deductions, np.nan)
    return Performances(curves.vectors, curves.scores, deductions, tuple((int(row),) for row in curves.experts))


def result_of(options: SkillOptions, train: Performances, test: Curves) -> Result:
    """A model trained, and what it says of the performers of the test part."""
    n = len(test.scores) // 2
    experts = torch.from_numpy(test.vectors[test.experts[:n]]).float()
    if options.references == "random":
        rows = np.random.default_rng(options.seed).integers(0, len(train.scores), n)
        experts = torch.from_numpy(train.vectors[rows]).float()
    judged = judge(Training(train, options).run(), torch.from_numpy(test.vectors[:n]).float(), experts)
    scores = skill_scores("", judged.scores.numpy(), test.scores[:n], [str(i) for i in range(n)], ["curve"] * n)
    told, true = (in_parts(values) for values in (judged.by_frame.double().numpy(), test.deductions[:n]))
    found = (judged.matches.double().numpy() * test.places[test.experts[:n], None]).sum(axis=2)
    interval = scores.rho_interval
    assert interval is not None
    return Result(
        rho=scores.rho,
        low=interval.low,
        high=interval.high,
        where=spearman(told.ravel(), true.ravel()),
        shared=float(np.mean([overlap(a, b) for a, b in zip(told, true, strict=True)])),
        error=float(np.abs(found - test.places[:n]).mean()),
    )


def in_parts(by_frame: Floats) -> Floats:
    """(N, 8) sums of (N, T) over eighths."""
    return np.stack([part.sum(axis=1) for part in np.array_split(by_frame, N_PARTS, axis=1)], axis=1)


def rows() -> list[tuple[str, dict[str, Any], float | None, float]]:
    """Name, what is switched, what the preprint prints, and the share of labelled deductions."""
    published = [(name, {"align_on": "learned", **switched}, rho, 0.0) for name, (switched, rho) in ABLATIONS.items()]
    ours: list[tuple[str, dict[str, Any], float | None, float]] = [
        ("default: aligned by learned and input features", {}, None, 0.0),
        ("default, linear in place of aligned", {"align": "linear"}, None, 0.0),
        ("default, 25 % of the deductions known", {}, None, 0.25),
    ]
    return [*published, *ours]


def main(n_seeds: int = 3) -> None:
    """Print the table; each figure is the median over seeds of the model."""
    torch.set_num_threads(1)
    train, test = make_curves(N_TRAIN, _TRAIN_SEED), make_curves(N_TEST, _TEST_SEED)
    table = Table("", "rho", "95 %", "over seeds", "where", "overlap", "alignment error", "preprint, BEST", box=None)
    for name, switched, published, labelled in rows():
        data = performances(train, labelled)
        results = [result_of(SkillOptions(seed=seed, **switched), data, test) for seed in range(n_seeds)]
        middle = sorted(results, key=lambda result: result.rho)[n_seeds // 2]
        rhos = [result.rho for result in results]
        table.add_row(
            name,
            f"{middle.rho:.2f}",
            f"{middle.low:.2f} to {middle.high:.2f}",
            f"{min(rhos):.2f} to {max(rhos):.2f}",
            f"{np.median([result.where for result in results]):.2f}",
            f"{np.median([result.shared for result in results]):.2f}",
            f"{np.median([result.error for result in results]):.3f}",
            "-" if published is None else f"{published:.2f}",
        )
    Console(highlight=False, width=140).print(table)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
