"""All ablations of SkillDiff on curves whose deductions are known: ``python -m benchmarks.skill_curves [SEEDS]``.

400 performers to train, 200 others to test, each with an expert of its own school. Beside them stands what table 2 of
the preprint prints for BEST (other data; as reported, not peer-reviewed). "where" is the rank correlation of deductions
by eighths of the query, learned from scores alone but for the last row. All curves are of one length.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.skill_table import Testbed, all_rows, print_table
from tests.support.made_curves import Curves, make_curves
from viddiff.core.arrays import Floats
from viddiff.programs.skilldiff.performances import Performances

N_TRAIN, N_TEST = 400, 200
_TRAIN_SEED, _TEST_SEED = 1, 2


def curves_bed(n_train: int = N_TRAIN, n_test: int = N_TEST) -> Testbed:
    """Curves to train on, and the performers of others to test, each beside its expert."""
    train, test = make_curves(n_train, _TRAIN_SEED), make_curves(n_test, _TEST_SEED)

    def error(matches: Floats) -> float:
        """As a share of the action."""
        matched = (matches[:, 0] * test.places[test.experts[:n_test], None]).sum(axis=2)
        return float(np.abs(matched - test.places[:n_test]).mean())

    return Testbed(
        train=performances(train),
        lengths=np.ones(2 * n_train),
        vectors=test.vectors[:n_test],
        scores=test.scores[:n_test],
        deductions=test.deductions[:n_test],
        test_lengths=np.ones(n_test),
        experts=test.vectors[test.experts[:n_test], None],
        error=error,
    )


def performances(curves: Curves) -> Performances:
    """What is trained on."""
    return Performances(curves.vectors, curves.scores, curves.deductions, tuple((int(row),) for row in curves.experts))


def main(n_seeds: int = 3) -> None:
    """Print the table."""
    print_table(curves_bed(), n_seeds, "share", all_rows())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
