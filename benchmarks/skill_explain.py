"""Whether an explanation finds a single rendered fault: ``python -m benchmarks.skill_explain [PERFORMERS]``.

For each fault of the rendered squats so many performers who have it alone, at 80 % of its worst, each against an expert
of another look, room, stance and tempo. Poses are the exact landmarks. "part" is whether the fault's stage is among the
parts that are explained, "measured" whether a measured sentence of that part names the fault, and "asked" whether a
model that knows the truth makes a sentence of it there, when it is asked about all five faults in each part.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.support.explained import Coach, render
from tests.support.poses import KnownPoses
from tests.support.scripted import scripted_lm
from viddiff import build, skill
from viddiff.motion.quantities import QUANTITIES
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.skill.performers import draw_squats
from viddiff.synthetic.skill.squats import FAULTS, Fault

SIZE, SEED = 0.8, 7
PARTS: Mapping[str, str] = {"descend": "way out", "hold": "hold", "ascend": "way back"}
#: Quantities, or groups of them, that tell a fault.
TOLD_BY: Mapping[str, set[str]] = {
    FAULTS[0].words: {"legs"},
    FAULTS[1].words: {"trunk_lean"},
    FAULTS[2].words: {"hip_shake"},
    FAULTS[3].words: {"hip_shake"},
    FAULTS[4].words: {"hold_time"},
}


def clips_of(place: int, number: int) -> tuple[SyntheticClip[Any], SyntheticClip[Any]]:
    """A performer with one fault, and an expert."""
    rng = np.random.default_rng((SEED, place, number))
    sizes = np.zeros((1, len(FAULTS)))
    sizes[0, place] = SIZE
    return draw_squats(sizes, rng), draw_squats(np.zeros_like(sizes), rng)


class FoundFault(NamedTuple):
    """Whether its part is explained, whether it is measured and told by the model; sentences on other faults."""

    is_explained: bool
    is_measured: bool
    is_told: bool
    n_others: int


def find_fault(fault: Fault, query: SyntheticClip[Any], expert: SyntheticClip[Any], folder: Path) -> FoundFault:
    """What an explanation says of a fault."""
    poses = KnownPoses.of_clips({"query.mp4": query, "expert.mp4": expert})
    build.poses = lambda settings: poses
    fault_words = [one.words.rstrip(".") for one in FAULTS]
    coach = Coach(true=[fault.words.rstrip(".")], clips=(query, expert))
    paths = render(folder / "query.mp4", query), render(folder / "expert.mp4", expert)
    explanation = skill.explain(*paths, action="squat", differences=fault_words, lm=scripted_lm(coach), cache=False)
    part = PARTS[fault.stage]
    of_part = [one for one in explanation.findings if one.stages == (part,)]
    measured = [QUANTITIES.get(one.measurements[0].quantity) for one in of_part if one.verdict.swapped_answer is None]
    names = {name for quantity in measured if quantity for name in (quantity.name, quantity.group)}
    statements = [one.difference.statement for one in explanation.findings if one.verdict.swapped_answer]
    in_part = [one.difference.statement for one in of_part if one.verdict.swapped_answer]
    return FoundFault(
        any(one.shown for one in explanation.parts if one.name == part),
        bool(names & TOLD_BY.get(fault.words, set())),
        fault.words.rstrip(".") in in_part,
        sum(statement != fault.words.rstrip(".") for statement in statements),
    )


def main() -> None:
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    table = Table(box=None)
    for name in ("fault", "n", "part", "measured", "asked", "of other faults"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for place, fault in enumerate(FAULTS):
        with tempfile.TemporaryDirectory() as folder:
            rows = [find_fault(fault, *clips_of(place, number), Path(folder)) for number in range(n)]
        part, measured, statements, others = (sum(column) for column in zip(*rows, strict=True))
        cell = str(measured) if fault.words in TOLD_BY else "-"
        table.add_row(fault.words, str(n), str(part), cell, str(statements), str(others))
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
