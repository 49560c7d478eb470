"""Scores of predictions files beside the published figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from viddiff.eval.stepdiff.published import PUBLISHED
from viddiff.eval.stepdiff.scores import StepScores, read_scores

METRICS = ("BLEU-1", "BLEU-4", "CIDEr", "ROUGE-L", "accuracy", "tau-b")
#: How the answers of a run were made.
MADE = ("videos there", "frames a clip", "scores from")
HEAD = ("run", "data", "rows", *METRICS, "95 %", "no answer", *MADE)


def cells(paths: Sequence[Path]) -> list[tuple[str, ...]]:
    """One row for each file of scores, official figures; then those of the paper.

    Raises:
        InputError: a file holds no scores.
    """
    return [*(own_row(path, read_scores(path)) for path in paths), *published_rows()]


def own_row(path: Path, scores: StepScores) -> tuple[str, ...]:
    """A row of ours; the interval is that of the last metric of the task."""
    by_name = {score.name: score for score in scores.scores}
    figures = (_figure(by_name[name].official if name in by_name else None) for name in METRICS)
    interval = scores.scores[-1].interval
    span = f"{_figure(interval.low)} to {_figure(interval.high)}" if interval else "-"
    return path.stem, scores.data, str(scores.n), *figures, span, str(scores.n_missing), *_run_columns(scores)


def _run_columns(scores: StepScores) -> tuple[str, str, str]:
    """Share of rows whose videos are there, frames of a clip, where scores come from."""
    run = scores.run
    if run is None:
        return "-", "-", "-"
    share_present = 1 - run.n_without_videos / max(1, scores.n)
    return f"{share_present:.0%}", str(run.n_frames), " + ".join(run.routes) or "-"


def published_rows() -> list[tuple[str, ...]]:
    """The rows of the paper."""
    rows = []
    for entry in PUBLISHED:
        figures = (entry.bleu_1, None, entry.cider, entry.rouge_l, entry.accuracy, entry.tau)
        rows.append((f"paper: {entry.name}", "-", "-", *map(_figure, figures), *["-"] * 5))
    return rows


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
