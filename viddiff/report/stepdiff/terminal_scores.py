"""Scores, counts and tables of StepDiff in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from viddiff.core.formatting import NO_VALUE, one_line
from viddiff.eval.stepdiff.check import StepReport
from viddiff.eval.stepdiff.scores import JudgeScores, RunFacts, StepScore, StepScores
from viddiff.eval.stepdiff.table import MADE
from viddiff.report.terminal.view import Column, TextTable, table

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_BAD_ROWS = 50
#: Where scores come from, in words.
ROUTES = {
    "likelihood": "the likelihood of a whole answer",
    "word": "the likelihood of YES",
    "contrast": "what the model states, in both orders",
    "stated": "what the model states",
    "embedding": "cosines",
    "chance": "chance",
}


def scores_view(scores: StepScores) -> Iterator[RenderableType]:
    """All scores: over all rows, then by category."""
    yield (
        f"{scores.task}: {scores.n} rows of {one_line(scores.data)}, {scores.n_references} reference clips, "
        f"{scores.n_missing} without an answer, {scores.n_undefined} without an order"
    )
    if scores.run:
        yield _run_line(scores.run)
    if scores.judge:
        yield _judge_line(scores.judge)
    grid = _grid("rows", "n", "metric", "official", "strict", "95 %", "normalised")
    _add(grid, "all", scores.n, scores.scores)
    for category in scores.categories:
        _add(grid, one_line(category.name), category.n, category.scores)
    yield grid


def _run_line(run: RunFacts) -> str:
    """How the answers were made, in a line."""
    parts = [f"method {run.method}, up to {run.n_frames} frames of a clip"]
    parts += [f"{n} rows scored by {ROUTES[route]}" for route, n in run.routes.items()]
    parts += [f"{run.n_without_videos} without videos"] if run.n_without_videos else []
    parts += [] if run.n_invented is None else [f"{run.n_invented} captions of a clip beside itself are invented"]
    return "; ".join(parts)


def _judge_line(judge: JudgeScores) -> str:
    """What a model says of the captions, in a line."""
    failed = f"; {judge.n_failed} rows could not be judged" if judge.n_failed else ""
    span = f" ({judge.interval.low:.3f} to {judge.interval.high:.3f})" if judge.interval else ""
    return (
        f"judge {one_line(judge.model)}: {_figure(judge.coverage)} of the captions agree with a labelled one, "
        f"{_figure(judge.invention)} tell what no label has; net {_figure(judge.net)}{span}{failed}"
    )


def _add(grid: TextTable, name: str, n: int, scores: Sequence[StepScore]) -> None:
    for score in scores:
        span = f"{score.interval.low:.3f} to {score.interval.high:.3f}" if score.interval else NO_VALUE
        cells = (_figure(score.official), _figure(score.strict), span, _figure(score.normalised))
        grid.add_row(name, str(n), score.name, *cells)
        name = ""


def data_view(report: StepReport) -> Iterator[RenderableType]:
    """The counts of a file, and each bad row."""
    if report.licence:
        yield report.licence
    least, mean, most = report.seconds
    grid = _grid(one_line(report.name), report.task)
    facts = {
        "rows": report.n,
        "clips": report.n_clips,
        "reference clips": report.n_references,
        "videos": report.n_videos,
        "videos that are missing": report.n_missing_videos,
        "seconds of a clip": f"{least:.1f} to {most:.1f}, mean {mean:.1f}",
        **{f"category {one_line(name)}": n for name, n in report.categories.items()},
        **{f"rows with {n} tied pairs": rows for n, rows in report.tied_pairs.items()},
        "content": report.content_hash[:16],
    }
    for name, value in facts.items():
        grid.add_row(name, str(value))
    yield grid
    for row in report.bad_rows[:_MOST_BAD_ROWS]:
        yield one_line(f"{report.name}, line {row.line}: {row.reason}.")
    if len(report.bad_rows) > _MOST_BAD_ROWS:
        yield f"... and {len(report.bad_rows) - _MOST_BAD_ROWS} more; --json has them all."


def controls_view(name: str, scores: Mapping[str, StepScores]) -> Iterator[RenderableType]:
    """What each control scores."""
    metrics = [score.name for score in next(iter(scores.values())).scores]
    grid = _grid(f"control on {one_line(name)}", *metrics, "without an order")
    for control, found in scores.items():
        cells = (control, *(f"{score.strict:.3f}" for score in found.scores), str(found.n_undefined))
        grid.add_row(*cells)
    yield grid


def runs_view(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    """Runs beside the published figures; what a run was scored on stands below its name."""
    n_made = len(MADE)
    grid = _grid(head[0], *head[3:-n_made])
    grid.columns[0].min_width = 24
    for run, data, n, *figures in rows:
        values = [f"{name} {value}" for name, value in zip(MADE, figures[-n_made:], strict=True) if value != "-"]
        parts = run if data == "-" else "\n".join((run, f"{data}, {n} rows", *values))
        figures = figures[:-n_made]
        grid.add_row(*(Text(cell, style="dim" if data == "-" else "") for cell in (parts, *figures)))
    yield grid


def _grid(*head: str) -> TextTable:
    first, *figures = head
    return table(first, *(Column(name, justify="right", no_wrap=True) for name in figures))


def _figure(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.3f}"
