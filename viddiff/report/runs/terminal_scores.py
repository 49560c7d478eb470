"""Scores in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viddiff.core.formatting import one_line, percent, percent_interval
from viddiff.eval.session import RunUsage
from viddiff.eval.viddiffbench.metrics import Average, ClosedScores, OpenScores, Score
from viddiff.eval.viddiffbench.results import RunResult, effort_of
from viddiff.report.terminal.view import TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType


def run_view(result: RunResult, usage: RunUsage) -> Iterator[RenderableType]:
    """A run: what it was, its scores, what stands beside them, and what it asked."""
    manifest = result.manifest
    models = ", ".join(dict.fromkeys(manifest.models.values()))
    name = " ".join(filter(None, (manifest.method, manifest.localizer, f"({models})" if models else "")))
    yield one_line(f"{name}, {manifest.mode} mode, {manifest.data}, {result.n_samples} pairs")
    yield from scores_view(result.scores)
    yield from extra_lines(result)
    if usage.usage:
        yield f"a pair: {effort_of(usage, result.n_samples)}"


def extra_lines(result: RunResult) -> list[str]:
    """Lines on localization, false alarms and missing videos, where there are any."""
    lines = []
    if result.localization is not None and result.localization.mean_error_s is not None:
        error = result.localization
        lines.append(
            f"localization: {error.mean_error_s:.2f} s from the nearest key moment on average, "
            f"{percent(error.mean_error_share, 1)} of the clip; "
            f"{percent(error.hit_rate, 1)} in the stages ({error.n})"
        )
    if result.false_alarms is not None:
        alarms = result.false_alarms
        lines.append(f"false alarms on the same video: {percent(alarms.share, 1)} of {alarms.n}")
    if result.missing:
        lines.append(f"{len(result.missing)} pairs have no videos and count as missing answers")
    return lines


def scores_view(scores: ClosedScores | OpenScores, official_first: bool = False) -> Iterator[RenderableType]:
    """The scores as they are counted here, what the official evaluator counts, and remarks."""
    parts: list[RenderableType] = [scores_table(scores), official_lines(scores)]
    yield from reversed(parts) if official_first else parts
    yield from remarks(scores)


def scores_table(scores: ClosedScores | OpenScores) -> TextTable:
    """Strict scores: average, splits, domains, topics."""
    title = "strict, " + ("accuracy" if scores.mode == "closed" else "recall@N_diff")
    grid = table("", "#score %", "#95 % interval", "#at best", "#rows", "#pairs", "ended as", lines=True, title=title)
    macro = scores.macro
    figures = _figures(macro)
    grid.add_row("mean of splits", *figures, "", "", "")
    groups = [("all rows", (scores.micro,)), ("", scores.splits), ("domain ", scores.domains), ("", scores.topics)]
    for prefix, group in groups:
        for one in group if len(group) > 1 or prefix == "all rows" else ():
            grid.add_row(*cells("all rows" if prefix == "all rows" else prefix + one.name, one))
    if scores.mode == "closed":
        grid.add_row(*cells("a, b or c", scores.three_way))
    return grid


def cells(name: str, score: Score) -> tuple[str, ...]:
    """The row of one score."""
    ended = ", ".join(f"{outcome.replace('_', ' ')} {n}" for outcome, n in sorted(score.outcomes.items()))
    return (one_line(name), *_figures(score), str(score.n), str(score.n_pairs), ended)


def _figures(score: Score | Average) -> tuple[str, ...]:
    """Score, interval, and the score had all been right, in percent without its sign: the head has it."""
    best = percent(score.best_case, 1, sign="")
    return percent(score.score, 1, sign=""), percent_interval(score.interval, sign=""), best


def official_lines(scores: ClosedScores | OpenScores) -> str:
    """What the official evaluator would count, and why it differs."""
    official = scores.official
    splits = ", ".join(f"{one_line(split.name)} {percent(split.score, 1)}" for split in official.splits)
    lines = [
        f"official count: mean of splits {percent(official.macro, 1)}, all rows {percent(official.micro, 1)} ({splits})"
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
    lines = [f"judge: {one_line(scores.judge)}" + ("" if scores.comparable else "; NOT comparable to published scores")]
    cut = (scores.n_cut, f"of {scores.n_predictions} predictions are beyond N_diff and were not counted")
    unanswered = (scores.n_unanswered, "predictions have no answer that could be read")
    lines += [f"{n} {what}" for n, what in (cut, unanswered) if n]
    return lines + [f"pair {one_line(key)} was not judged: {one_line(error)}" for key, error in scores.errors.items()]
