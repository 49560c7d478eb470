"""What ``viddiff data``, ``eval``, ``score`` and ``table`` do with files of StepDiff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, InputError, UsageError
from viddiff.core.formatting import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from viddiff.core.settings import Settings
    from viddiff.core.types import JudgeName
    from viddiff.eval.stepdiff.items import StepData

#: Flags that are of labelled pairs alone.
_OF_PAIRS = ("split", "per_action", "localizer", "engine", "ray_address")


def check(path: Path, videos: Path | None, as_json: bool) -> int:
    """``viddiff data check``: counts, and each bad row."""
    from viddiff.eval.stepdiff.check import check_items
    from viddiff.report.stepdiff.terminal_scores import data_view

    report = check_items(path, videos)
    _show(report.model_dump_json(indent=2) if as_json else data_view(report))
    if report.bad_rows:
        return InputError.exit_code
    return EXIT_FAILURES if report.n_missing_videos else EXIT_OK


def score(
    predictions: Path,
    path: Path,
    out: Path | None,
    as_json: bool,
    judge: JudgeName | None = None,
    flags: Mapping[str, Any] | None = None,
) -> int:
    """``viddiff score``; the rows determine the task.

    Args:
        judge: "lm": captions are judged by a model, too.
        flags: the settings of that model.
    """
    from viddiff import steps
    from viddiff.cli.progress import show_progress
    from viddiff.core.files import write_document
    from viddiff.core.settings import load_settings
    from viddiff.eval.stepdiff.load import load_items
    from viddiff.report.stepdiff.terminal_scores import scores_view

    if judge == "lexical":
        raise UsageError(
            "--judge lexical is not for captions; BLEU, CIDEr and ROUGE-L already compare words: leave --judge out."
        )
    data = load_items(path)
    print_licence(data)
    if judge == "lm":
        settings = load_settings(**(flags or {}))
        with show_progress() as progress:
            scores = steps.score(predictions, data, judge=judge, settings=settings, progress=progress)
    else:
        scores = steps.score(predictions, data)
    if out:
        write_document(out, scores.model_dump_json(indent=2))
    _show(scores.model_dump_json(indent=2) if as_json else scores_view(scores))
    failed = scores.n_missing or (scores.judge and scores.judge.n_failed)
    return EXIT_FAILURES if failed else EXIT_OK


def evaluate(
    path: Path,
    videos: Path | None,
    out: Path,
    flags: Mapping[str, Any],
    settings: Settings,
    dry_run: bool,
    as_json: bool,
) -> int:
    """``viddiff eval``: every row through a method.

    Args:
        flags: the flags that are no settings, by name.
    """
    from viddiff import steps
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.progress import show_progress
    from viddiff.eval.stepdiff.load import load_items, videos_root
    from viddiff.eval.stepdiff.options import RunOptions, estimate_run
    from viddiff.eval.stepdiff.run import PREDICTIONS
    from viddiff.report.stepdiff.terminal_scores import scores_view

    check_flags(flags)
    data, method = load_items(path), flags.get("method")
    options = {name: flags[name] for name in RunOptions.model_fields if name in flags}
    if dry_run:
        return print_estimate(estimate_run(data, method, RunOptions(**options), settings), as_json)
    print_licence(data)
    root = videos or videos_root(path, data.clips)
    with show_progress() as progress:
        made = steps.evaluate(data, method, videos=root, settings=settings, out=out, progress=progress, **options)
    _show(made.scores.model_dump_json(indent=2) if as_json else scores_view(made.scores))
    click.echo(f"Wrote {out / PREDICTIONS}", err=True)
    return EXIT_FAILURES if made.scores.n_missing else EXIT_OK


def print_licence(data: StepData) -> None:
    """Say under which licence released rows are."""
    from viddiff.eval.stepdiff.items import LICENCE

    if not data.has_user_clips:
        click.echo(LICENCE, err=True)


def check_flags(flags: Mapping[str, Any]) -> None:
    """Raise UsageError for a flag that says nothing to rows of StepDiff."""
    unfit = [f"--{name.replace('_', '-')}" for name in _OF_PAIRS if flags.get(name) is not None]
    unfit += ["--mode open"] if flags.get("mode") == "open" else []
    unfit += ["--first-frame"] if flags.get("control") == "first-frame" else []
    if flags.get("judge"):
        raise UsageError("Captions are judged when their file is scored: viddiff score PREDICTIONS --judge lm.")
    if unfit:
        raise UsageError(f"{', '.join(unfit)} is not for files of StepDiff: leave it out.")


def controls(path: Path, seed: int, as_json: bool) -> int:
    """``viddiff data controls``: what answers score that come from no clip."""
    import json

    from viddiff.eval.stepdiff.controls import CONTROLS
    from viddiff.eval.stepdiff.load import load_items
    from viddiff.eval.stepdiff.scores import score_predictions
    from viddiff.report.stepdiff.terminal_scores import controls_view

    data = load_items(path)
    scores = {name: score_predictions(data, CONTROLS[name](data, seed)) for name in CONTROLS}
    if as_json:
        _show(json.dumps({name: score.model_dump() for name, score in scores.items()}, indent=2))
    else:
        _show(controls_view(data.name, scores))
    return EXIT_OK


def table(paths: Sequence[Path], form: str) -> int:
    """``viddiff table``: scores beside the published figures."""
    from viddiff.cli.sheets import markdown_of, sheet_of
    from viddiff.eval.stepdiff.table import HEAD, cells
    from viddiff.report.stepdiff.terminal_scores import runs_view

    rows = [tuple(map(one_line, row)) for row in cells(paths)]
    forms = {"markdown": markdown_of, "csv": sheet_of}
    _show(forms[form](HEAD, rows) if form in forms else runs_view(HEAD, rows))
    return EXIT_OK


def _show(content: str | Iterable[RenderableType]) -> None:
    if isinstance(content, str):
        click.echo(content)
        return
    from viddiff.report.terminal.view import print_view

    print_view(content)
