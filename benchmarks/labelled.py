"""What the measured program answers on labelled pairs, and how much of it is right.

``python -m benchmarks.labelled FOLDER`` where FOLDER holds ``pairs.json`` and its videos. "unsure" and "not
measurable" are no answers and stand apart.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import viddiff


def main(folder: Path) -> None:
    """Print a table by pair and every wrong answer."""
    table = Table("pair", "differences", "answered", "right", "wrong", "unsure", "not measurable")
    total: Counter[str] = Counter()
    wrong: list[str] = []
    for pair in json.loads((folder / "pairs.json").read_text(encoding="utf-8")):
        counts = outcome_of(pair, folder, wrong)
        total += counts
        table.add_row(pair["key"], *cells(counts))
    table.add_section()
    table.add_row("all", *cells(total))
    console = Console(width=120)
    console.print(table)
    console.print("\n".join(["Wrong answers:", *wrong]) if wrong else "No wrong answer.")


def outcome_of(pair: dict[str, Any], folder: Path, wrong: list[str]) -> Counter[str]:
    """How the statements of one pair came out; wrong answers are added to ``wrong``."""
    given = list(pair["differences"].values())
    comparison = viddiff.compare(
        folder / pair["video_a"],
        folder / pair["video_b"],
        action=pair["action"],
        differences=[difference["description"] for difference in given],
        settings=viddiff.Settings(cache=False),
    )
    counts: Counter[str] = Counter(differences=len(given))
    for difference, finding in zip(given, comparison.differences, strict=True):
        verdict = finding.verdict
        if verdict.status != "answered":
            counts[verdict.status] += 1
            continue
        right = verdict.answer == difference["label"]
        counts["right" if right else "wrong"] += 1
        if not right:
            said = f"{verdict.answer!r} instead of {difference['label']!r}"
            wrong.append(f"  {pair['key']}, {difference['description']}: {said}. {verdict.reason}")
    return counts


def cells(counts: Counter[str]) -> list[str]:
    """A row of the table."""
    answered = counts["right"] + counts["wrong"]
    order = ("differences", None, "right", "wrong", "unsure", "not_measurable")
    return [str(answered if name is None else counts[name]) for name in order]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
