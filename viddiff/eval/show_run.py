"""A run's result in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from viddiff.eval.metrics import Score
from viddiff.eval.results import RunResult

#: Outcomes in the order of the columns, with what stands over them.
_OUTCOMES = {
    "correct": "right",
    "wrong": "wrong",
    "said_c": "said c",
    "unsure": "unsure",
    "failed": "failed",
    "refused": "refused",
    "not_measurable": "not measurable",
    "missing": "missing",
}


def print_result(result: RunResult) -> None:
    """The scores by split, the averages, and what has no answer."""
    console = Console(highlight=False)
    manifest, scores = result.manifest, result.scores
    title = f"{manifest.method}, {manifest.mode}, {manifest.data} ({result.n_samples} pairs)"
    console.print(Text(title, style="bold"))
    present = {name for score in (*scores.splits, scores.micro) for name, count in score.outcomes.items() if count}
    columns = {name: head for name, head in _OUTCOMES.items() if name in present}
    table = Table("rows with label a or b", "n", "accuracy", "95 %", "at best", *columns.values(), box=None)
    for score in (*scores.splits, scores.micro):
        counts = (str(score.outcomes.get(name, 0)) for name in columns)  # type: ignore[call-overload]
        table.add_row(score.name, str(score.n), *shares(score), *counts)
    console.print(table)
    three_way = scores.three_way
    means = f"Mean of the splits: {percent(scores.macro.score)}. Three-way (a, b, c): {percent(three_way.score)}."
    console.print(means)
    if result.missing:
        console.print(f"{len(result.missing)} pairs have no videos and count as missing answers.")


def shares(score: Score) -> tuple[str, str, str]:
    """Score, interval and best case."""
    interval = score.interval
    between = f"{percent(interval.low)} to {percent(interval.high)}" if interval else "–"
    return percent(score.score), between, percent(score.best_case)


def percent(share: float | None) -> str:
    """A share in percent, one decimal."""
    return "–" if share is None else f"{100 * share:.1f} %"
