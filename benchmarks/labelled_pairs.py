"""Answers of the measured program on labelled pairs, and how many are right.

``python -m benchmarks.labelled_pairs FOLDER [--plans FILE]`` with ``pairs.json`` and its videos in FOLDER. FILE has
plans written by hand that replace the statement grammar: key of a pair -> key of a difference -> measurement, or
{"why": why there is none}. "unsure" and "not measurable" do not count as answers and are listed separately.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import viddiff


def main(folder: Path, plans: Path | None) -> None:
    """Print a table by pair and every wrong answer."""
    table = Table("pair", "differences", "answered", "right", "wrong", "unsure", "not measurable")
    total: Counter[str] = Counter()
    wrong: list[str] = []
    by_hand = json.loads(plans.read_text(encoding="utf-8")) if plans else {}
    for pair in json.loads((folder / "pairs.json").read_text(encoding="utf-8")):
        counts = outcome_of(pair, folder, by_hand.get(pair["key"], {}), wrong)
        total += counts
        table.add_row(pair["key"], *cells(counts))
    table.add_section()
    table.add_row("all", *cells(total))
    console = Console(width=120)
    console.print(table)
    console.print("\n".join(["Wrong answers:", *wrong]) if wrong else "No wrong answer.")


def outcome_of(pair: dict[str, Any], folder: Path, plans: dict[str, Any], wrong: list[str]) -> Counter[str]:
    """How the statements of one pair came out; wrong answers are added to ``wrong``."""
    differences = list(pair["differences"].values())
    statements = {key: difference["description"] for key, difference in pair["differences"].items()}
    with tempfile.TemporaryDirectory() as place:
        plans_file = Path(place) / "plans.json"
        plans_file.write_text(json.dumps({statements[key]: plan for key, plan in plans.items()}), encoding="utf-8")
        comparison = viddiff.compare(
            folder / pair["video_a"],
            folder / pair["video_b"],
            action=pair["action"],
            differences=list(statements.values()),
            settings=viddiff.Settings(plans=plans_file if plans else "grammar"),
        )
    counts: Counter[str] = Counter(differences=len(differences))
    for difference, finding in zip(differences, comparison.differences, strict=True):
        verdict = finding.verdict
        if verdict.status != "answered":
            counts[verdict.status] += 1
            continue
        right = verdict.answer == difference["label"]
        counts["right" if right else "wrong"] += 1
        if not right:
            mistake = f"{verdict.answer!r} instead of {difference['label']!r}"
            wrong.append(f"  {pair['key']}, {difference['description']}: {mistake}. {verdict.reason}")
    return counts


def cells(counts: Counter[str]) -> list[str]:
    """A row of the table."""
    answered = counts["right"] + counts["wrong"]
    order = ("differences", None, "right", "wrong", "unsure", "not_measurable")
    return [str(answered if name is None else counts[name]) for name in order]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plans", type=Path)
    given = parser.parse_args()
    main(given.folder, given.plans)
