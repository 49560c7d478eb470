"""Which difference types of the benchmark the statement grammar plans to measure, and why it refuses the others.

``python -m benchmarks.statements FOLDER``, with a folder that holds ``difference_taxonomy.csv`` and ``actions.csv``;
prints the tables of docs/statements.md. No video and no label is read.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, NotMeasurable


@dataclass(frozen=True)
class DifferenceType:
    """One difference type with what the grammar makes of its statement."""

    action: str
    key: str
    name: str
    plan: MeasurementSpec | NotMeasurable


def main(folder: Path) -> None:
    """Print the counts, the planned types and the refused ones as Markdown."""
    print("\n".join(tables(difference_types(folder))))


def difference_types(folder: Path) -> list[DifferenceType]:
    """All difference types, in the order of the file."""
    actions = {row["action"]: row["action_description"] for row in rows(folder / "actions.csv")}
    return [
        DifferenceType(
            action=row["action"],
            key=row["diff_key"],
            name=row["name"].strip(),
            plan=measurement_of(row["description"], actions[row["action"]]),
        )
        for row in rows(folder / "difference_taxonomy.csv")
    ]


def tables(types: list[DifferenceType]) -> Iterator[str]:
    """The lines of the tables."""
    planned = [one for one in types if isinstance(one.plan, MeasurementSpec)]
    refused = [one for one in types if isinstance(one.plan, NotMeasurable)]
    yield f"Of {len(types)} difference types the grammar plans {len(planned)} and refuses {len(refused)}."
    yield ""
    yield from table(
        "measurement", [(one, describe(one.plan)) for one in planned if isinstance(one.plan, MeasurementSpec)]
    )
    yield ""
    yield from table("why not", [(one, one.plan.why) for one in refused if isinstance(one.plan, NotMeasurable)])


def table(last: str, cells: list[tuple[DifferenceType, str]]) -> Iterator[str]:
    """A table with a row for each type."""
    yield f"| action | key | name | {last} |"
    yield "|---|---|---|---|"
    for one, text in cells:
        yield f"| {one.action} | {one.key} | {one.name.replace('|', '/')} | {text} |"


def describe(spec: MeasurementSpec) -> str:
    """A measurement in words, e.g. "knee_angle, lower, where hip_height is at its min"."""
    side = "" if spec.side == "both" else f" ({spec.side})"
    what = spec.quantity if spec.statistic == "value" else f"{spec.statistic} of {spec.quantity}"
    nth = f"in repetition {spec.at.nth}" if spec.at.nth else ""
    return ", ".join(filter(None, (f"{what}{side}", spec.more, when(spec.at), nth)))


def when(moment: Moment) -> str:
    """A moment in words; empty for the whole action."""
    side = "" if moment.side == "both" else f" ({moment.side})"
    return {
        "whole": "",
        "start": "at the start",
        "end": "at the end",
        "extreme": f"where {moment.of}{side} is at its {moment.which}",
        "rise": f"while {moment.of}{side} rises",
        "fall": f"while {moment.of}{side} falls",
        "hold": f"at rest around the {moment.which} of {moment.of}{side}",
        "stage": f"in the stage {moment.stage!r}",
    }[moment.kind]


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
