"""What a real model said of rendered pairs, kept in ``recorded.jsonl``: one call against two looks, no model needed.

``python -m benchmarks.recorded``. A row is one statement of a pair of ``viddiff synth --pairs 24 --seed SEED``: its
label, what one plain call answered (``viddiff eval --method baseline``) and what each look of two looks said (``viddiff
eval``). Two looks is decided here anew, by the default weights, which were learned from the first three seeds and the
fake reader (benchmarks/weights.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from viddiff.core.record import Record
from viddiff.core.types import Answer
from viddiff.eval.statistics import mcnemar_p_value, sign_flip_p_value
from viddiff.programs.viddiff.calibration import Opinions, calibration_error, decide

RECORDED = Path(__file__).with_name("recorded.jsonl")
#: Seeds that the default weights were learned from.
LEARNED_FROM = (31, 32, 33)


class RecordedStatement(Record):
    """What was said of one statement of a rendered pair."""

    seed: int
    pair: str
    key: str
    label: Answer
    one_call: Answer
    opinions: Opinions

    @property
    def two_looks(self) -> Answer | None:
        """The answer that the default weights give; None where nothing was said."""
        decision = decide(self.opinions)
        return decision.answer if decision else None


def read_recorded(seeds: Iterable[int] | None = None) -> list[RecordedStatement]:
    """The recorded statements of these seeds; None: of all."""
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    chosen = None if seeds is None else set(seeds)
    rows = [RecordedStatement.model_validate_json(line) for line in lines]
    return [row for row in rows if chosen is None or row.seed in chosen]


def show(name: str, rows: Sequence[RecordedStatement], table: Table) -> None:
    """Add a row for these statements."""
    one_call = np.array([row.one_call == row.label for row in rows])
    two_looks = np.array([row.two_looks == row.label for row in rows])
    differs = np.array([row.label != "c" for row in rows])
    by_pair: dict[tuple[int, str], int] = defaultdict(int)
    for row, first, second in zip(rows, one_call, two_looks, strict=True):
        by_pair[row.seed, row.pair] += int(second) - int(first)
    decisions = [(decision, row.label) for row in rows if (decision := decide(row.opinions))]
    only_one, only_two = int((one_call & ~two_looks).sum()), int((two_looks & ~one_call).sum())
    table.add_row(
        name,
        str(len(rows)),
        *(
            f"{right[chosen].sum()} of {chosen.sum()}"
            for right in (one_call, two_looks)
            for chosen in (differs, ~differs)
        ),
        f"{one_call.mean():.1%}",
        f"{two_looks.mean():.1%}",
        f"{only_one} : {only_two}",
        f"{mcnemar_p_value(only_one, only_two):.2g}",
        f"{sign_flip_p_value(list(by_pair.values())):.2g}",
        f"{calibration_error([d for d, _ in decisions], [label for _, label in decisions]):.3f}",
    )


def main() -> None:
    """Print a row for each seed, for the seeds that the weights were learned from, and for the others."""
    rows = read_recorded()
    table = Table(
        *("seeds", "statements", "one call: a/b", "c", "two looks: a/b", "c", "one call", "two looks"),
        *("right alone", "p, statements", "p, pairs", "calibration error"),
    )
    for seed in sorted({row.seed for row in rows}):
        show(str(seed), [row for row in rows if row.seed == seed], table)
    for name, chosen in (
        ("learned from", [row for row in rows if row.seed in LEARNED_FROM]),
        ("not learned from", [row for row in rows if row.seed not in LEARNED_FROM]),
        ("all", rows),
    ):
        if chosen:
            show(name, chosen, table)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
