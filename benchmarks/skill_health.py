"""Whether an alignment collapses without its contrastive term, and is reported: ``python -m benchmarks.skill_health``.

On the curves of ``benchmarks.skill_curves``, aligned by learned features alone. The score itself keeps features apart,
so that the weights of the score and of the alignment decide. Medians of 3 seeds; "warned": how often the record of
the last epoch has a warning.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import median

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.skill_curves import curves_bed
from benchmarks.skill_table import Result, result_of
from viddiff.programs.skilldiff.options import SkillOptions

#: Weights of the score and of the alignment loss; the first are those of the package, the second the preprint's.
WEIGHTS = ((25.0, 0.1), (1.0, 0.1), (1.0, 1.0))


def main(n_seeds: int = 3) -> None:
    """Print a row for each pair of weights, with the contrastive term and without."""
    torch.set_num_threads(1)
    bed, table = curves_bed(), Table(box=None)
    for name in (
        "weights of score, alignment",
        "contrastive",
        "rho",
        "where",
        "error",
        "on / off path",
        "tau",
        "warned",
    ):
        table.add_column(name, justify="right")
    for score_weight, beta in WEIGHTS:
        for lambda_c in (0.5, 0.0):
            options = [
                SkillOptions(align_on="learned", score_weight=score_weight, beta=beta, lambda_c=lambda_c, seed=seed)
                for seed in range(n_seeds)
            ]
            results = [result_of(one, bed) for one in options]
            table.add_row(f"{score_weight:g}, {beta:g}", f"{lambda_c:g}", *_cells(results))
    Console(highlight=False, width=140).print(table)


def _cells(results: Sequence[Result]) -> list[str]:
    last = [result.last for result in results if result.last is not None]
    apart = [record.on_path / record.off_path for record in last if record.on_path is not None and record.off_path]
    return [
        f"{median(result.scores.rho for result in results):.2f}",
        f"{median(result.where or 0.0 for result in results):.2f}",
        f"{median(result.error or 0.0 for result in results):.3f}",
        f"{median(apart):.2f} ({min(apart):.2f} to {max(apart):.2f})",
        f"{median(record.order or 0.0 for record in last):.2f}",
        f"{sum(bool(record.problems) for record in last)} of {len(last)}",
    ]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
