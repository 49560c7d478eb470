"""Scores in the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from viddiff.core.formatting import percent_interval
from viddiff.eval.statistics import Interval
from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores, Score
from viddiff.eval.viddiffbench.results import RunResult, RunUsage, effort_of
from viddiff.eval.viddiffbench.table import in_percent


def show_result(result: RunResult, usage: RunUsage) -> None:
    """A run: what it was, its scores, what stands beside them, and what it asked."""
    manifest = result.manifest
    models = ", ".join(dict.fromkeys(manifest.models.values()))
    name = " ".join(filter(None, (manifest.method, manifest.localizer, f"({models})" if models else "")))
    console = Console(highlight=False, markup=False)
    console.print(printable(f"{name}, {manifest.mode} mode, {manifest.data}, {result.n_samples} pairs"))
    show(result.scores, official=False)
    for line in extra_lines(result):
        console.print(line)
    if usage.usage:
        console.print(f"a pair: {effort_of(usage, result.n_samples)}")


def extra_lines(result: RunResult) -> list[str]:
    """Lines on localization, false alarms and missing videos, where there are any."""
    lines = []
    if result.localization is not None and result.localization.mean_error_s is not None:
        error = result.localization
        lines.append(
            f"localization: {error.mean_error_s:.2f} s from the nearest key point on average, "
            f"{in_percent(error.mean_error_share)} % of the clip; "
            f"{in_percent(error.hit_rate)} % in the stages ({error.n})"
        )
    if result.false_alarms is not None:
        alarms = result.false_alarms
        lines.append(f"false alarms on the same video: {in_percent(alarms.share)} % of {alarms.n}")
    if result.missing:
        lines.append(f"{len(result.missing)} pairs have no videos and count as missing answers")
    return lines


def show(scores: ClosedScores | OpenScores, official: bool) -> None:
    """The scores on standard output."""
    console = Console(highlight=False, markup=False)
    parts = (
        [official_lines(scores), scores_table(scores)] if official else [scores_table(scores), official_lines(scores)]
    )
    for part in (*parts, *remarks(scores)):
        console.print(part)


def scores_table(scores: ClosedScores | OpenScores) -> Table:
    """Strict scores: average, splits, domains, topics."""
    table = Table(box=SIMPLE_HEAD, title="strict, " + ("accuracy" if scores.mode == "closed" else "recall@N_diff"))
    for column in ("", "score %", "95 % interval", "at best", "rows", "pairs", "ended as"):
        table.add_column(column, justify="left" if column in ("", "ended as") else "right")
    macro = scores.macro
    table.add_row(
        "mean of splits", in_percent(macro.score), span(macro.interval), in_percent(macro.best_case), "", "", ""
    )
    groups = [("all rows", (scores.micro,)), ("", scores.splits), ("domain ", scores.domains), ("", scores.topics)]
    for prefix, group in groups:
        for one in group if len(group) > 1 or prefix == "all rows" else ():
            table.add_row(*cells("all rows" if prefix == "all rows" else prefix + one.name, one))
    if scores.mode == "closed":
        table.add_row(*cells("a, b or c", scores.three_way))
    return table


def cells(name: str, score: Score) -> tuple[str, ...]:
    """The row of one score."""
    ended = ", ".join(f"{outcome.replace('_', ' ')} {n}" for outcome, n in sorted(score.outcomes.items()))
    numbers = (
        in_percent(score.score),
        span(score.interval),
        in_percent(score.best_case),
        str(score.n),
        str(score.n_pairs),
    )
    return (printable(name), *numbers, ended)


def official_lines(scores: ClosedScores | OpenScores) -> str:
    """What the official evaluator would count, and why it differs."""
    official = scores.official
    splits = ", ".join(f"{printable(split.name)} {in_percent(split.score)}" for split in official.splits)
    lines = [
        f"official count: mean of splits {in_percent(official.macro)}, all rows {in_percent(official.micro)} ({splits})"
    ]
    lines += [f"  {n} rows differ: {why}" for why, n in official.differs.items()]
    return "\n".join(lines)


def remarks(scores: ClosedScores | OpenScores) -> list[str]:
    """What a reader must know beside the numbers."""
    if scores.mode == "closed":
        reliability = scores.reliability
        return (
            [f"confidence: calibration error {reliability.ece:.3f} over {reliability.n} answers"] if reliability else []
        )
    lines = [
        f"judge: {printable(scores.judge)}" + ("" if scores.comparable else "; NOT comparable to published scores")
    ]
    cut = (scores.n_cut, f"of {scores.n_predictions} predictions are beyond N_diff and were not counted")
    unanswered = (scores.n_unanswered, "predictions have no answer that could be read")
    lines += [f"{n} {what}" for n, what in (cut, unanswered) if n]
    return lines + [f"pair {printable(key)} was not judged: {printable(error)}" for key, error in scores.errors.items()]


def span(interval: Interval | None) -> str:
    """An interval in percent."""
    return percent_interval(interval, sign="", missing="-")


def printable(text: str) -> str:
    """Text of data without control characters."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
