"""``viddiff score``: a predictions file of the official format, scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli import steps_files
from viddiff.cli.options import MODEL_OPTIONS, F
from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.eval.viddiffbench.manifest import Mode
    from viddiff.eval.viddiffbench.matchers import MatcherName
    from viddiff.eval.viddiffbench.metrics import ClosedScores, OpenScores


def model_options(function: F) -> F:
    """The flags that are settings of models."""
    cache = click.option("--cache/--no-cache", default=None, help="Cache answers on disk.  [on]")
    for name, keywords in reversed(MODEL_OPTIONS):
        function = click.option(name, **keywords)(function)
    return cache(function)


@click.command(short_help="Score a predictions file of the official format.")
@click.argument("predictions")
@click.option(
    "--data", required=True, metavar="DATA", help="Data set that the predictions are for; see viddiff data --help."
)
@click.option(
    "--mode",
    type=click.Choice(["closed", "open"]),
    help="closed: labelled differences were judged; open: differences were proposed. Not for files of StepDiff.",
)
@click.option(
    "--judge",
    type=click.Choice(["lm", "lexical", "none"]),
    help="What matches open predictions to labels; only lm is comparable to published scores. DiffCap: lm judges which "
    "captions agree with labelled ones.  [lm; files of StepDiff: none]",
)
@click.option("--official", is_flag=True, help="Show the counts of the official evaluator first.")
@click.option(
    "--official-opposites/--no-official-opposites",
    default=True,
    help="Whether the official counts check for opposites; they do not for the VidDiff method.  [on]",
)
@click.option("--out", metavar="FILE", help="JSON file to write the scores to.")
@json_option
@model_options
def score(
    predictions: str,
    data: str,
    mode: Mode | None,
    judge: MatcherName | None,
    official: bool,
    official_opposites: bool,
    out: str | None,
    as_json: bool,
    **flags: Any,
) -> int:
    """Score PREDICTIONS, a JSON list with one object for each pair, in the order of the data.

    Closed: {key: "a"} or {key: {"description": ..., "prediction": "a"}}. Open: {any: {"description": ..., "prediction":
    "a"}}, matched to the labels by a judge (--judge lm asks the model of --lm). Counting is strict; what the official
    evaluator would count stands beside it.

    Where DATA is a file of StepDiff (DiffCap, DiffMCQ, DiffRank), PREDICTIONS has a line for each of its rows.
    """
    from pathlib import Path

    from viddiff import build
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import UsageError
    from viddiff.core.settings import load_settings
    from viddiff.eval.formats import benchmark_of
    from viddiff.eval.viddiffbench.data import load_data
    from viddiff.eval.viddiffbench.scoring import score_file

    if benchmark_of(data) == "stepdiff":
        target = Path(out) if out else None
        return steps_files.score(Path(predictions), Path(data), target, as_json, judge, flags)
    if mode is None:
        raise UsageError("The mode is missing: give --mode closed or --mode open.")
    settings, matcher = load_settings(**flags), judge or "lm"
    is_asked = mode == "open" and matcher == "lm" and settings.has_lm
    with build.answer_cache(settings, is_asked), show_progress() as progress:
        scores = score_file(Path(predictions), load_data(data), mode, matcher, official_opposites, settings, progress)
    if out:
        write(Path(out), scores.model_dump_json(indent=2))
    if as_json:
        click.echo(scores.model_dump_json(indent=2))
    else:
        from viddiff.report.runs.terminal_scores import scores_view
        from viddiff.report.terminal.view import print_view

        print_view(scores_view(scores, official))
    return exit_code(scores)


def write(path: Path, document: str) -> None:
    """Write the scores, whole or not at all."""
    from viddiff.cli.output import writable_folder
    from viddiff.core.files import write_document

    writable_folder(str(path.parent))
    write_document(path, document)


def exit_code(scores: ClosedScores | OpenScores) -> int:
    """0, or 1 where rows have no answer because something failed."""
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK

    return EXIT_FAILURES if any(row.outcome in ("failed", "refused") for row in scores.failures) else EXIT_OK
