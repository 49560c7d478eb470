"""``viddiff eval``: every pair of a data set through a method, resumable, scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli import steps_files
from viddiff.cli.options import LOCALIZER_HELP, METHODS, OF_ONE_PAIR, Command, NameIn, settings_options_without
from viddiff.cli.output import dry_run_option, json_option

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.settings import Settings
    from viddiff.eval.viddiffbench.evaluate import Evaluation


def shard_of(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """ "i/n" as two numbers."""
    if value is None:
        return None
    index, _, count = value.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise click.BadParameter(f"{value!r} is not i/n with 1 <= i <= n, e.g. 1/4")
    return int(index), int(count)


@click.command(cls=Command, name="eval", short_help="Run a method on labelled pairs and score it.")
@click.option("--data", required=True, metavar="DATA", help="A hub id, a folder, or a file; see viddiff data --help.")
@click.option("--videos", metavar="ROOT", help="Folder that video paths start from.  [the folder of DATA]")
@click.option("--out", required=True, metavar="DIR", help="Run folder; the same command resumes where it stopped.")
@click.option(
    "--mode",
    type=click.Choice(["closed", "open"]),
    default="closed",
    show_default=True,
    help="closed: judge the labelled differences; open: propose differences and match them to labels.",
)
@click.option("--split", metavar="NAME", help="Only pairs of this split, e.g. easy.")
@click.option(
    "--method",
    type=NameIn(METHODS, "viddiff.eval.viddiffbench.methods:METHODS", "viddiff.eval.stepdiff.methods:METHODS"),
    help="Method to run; those from contrast on are for files of StepDiff.  [two_looks; viddiff if one of its own "
    "flags is given, e.g. --localizer; StepDiff: contrast]",
)
@click.option(
    "--localizer",
    "strategy",
    metavar="NAME",
    help=f"{LOCALIZER_HELP}; oracle: the key moments of the data. Selects the method viddiff.  [viterbi]",
)
@click.option("--swap-videos", "control", flag_value="swap-videos", help="Control: swap the two videos.")
@click.option("--same-video", "control", flag_value="same-video", help="Control: show video A twice.")
@click.option("--first-frame", "control", flag_value="first-frame", help="Control: show the first frames only.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N pairs.")
@click.option("--per-action", type=click.IntRange(1), metavar="K", help="Only the first K pairs of each action.")
@click.option(
    "--shard",
    callback=shard_of,
    metavar="I/N",
    help="Only every N-th pair, starting at the I-th; join with viddiff merge.",
)
@click.option(
    "--allow-missing", is_flag=True, help="Count questions on missing videos as missing answers instead of stopping."
)
@click.option(
    "--judge",
    type=click.Choice(["lm", "lexical", "none"]),
    help="What matches open-mode statements to labels; only lm is comparable to published scores.  [lm]",
)
@click.option("--engine", type=click.Choice(["local", "ray"]), help="Where clips are read and embedded.  [local]")
@click.option("--ray-address", metavar="ADDRESS", help="Address of the Ray cluster.  [a new one on this machine]")
@click.option("--model", metavar="DIR", help="Projector, a folder of viddiff steps train, for --method projector.")
@click.option(
    "--features", metavar="DIR", help="Folder of features of the clips, for a projector trained on --features."
)
@click.option(
    "--keep-failed",
    is_flag=True,
    help="Score failed questions as failed; without this flag, running the same command again repeats them.",
)
@dry_run_option
@json_option
@settings_options_without(*OF_ONE_PAIR, "--method", "--localizer", "--reflection-lm")
def evaluate(
    data: str,
    videos: str | None,
    out: str,
    strategy: str | None,
    control: str | None,
    dry_run: bool,
    as_json: bool,
    **flags: Any,
) -> int:
    """Run a method on every labelled pair of DATA and score it.

    Every answer is written to the run folder at once: a run that was killed resumes with the same command.

    Where DATA is a file of StepDiff (DiffCap, DiffMCQ, DiffRank), every row of it is answered, and the run folder gets
    predictions.jsonl in the form of the release.
    """
    from pathlib import Path

    from viddiff import api
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.programs import print_cautions
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import UsageError
    from viddiff.core.settings import load_settings
    from viddiff.eval.formats import benchmark_of
    from viddiff.eval.viddiffbench.estimate import estimate_run
    from viddiff.eval.viddiffbench.options import EvalOptions

    names = (
        *("mode", "split", "method", "limit", "per_action", "shard", "allow_missing", "judge", "keep_failed"),
        *("engine", "ray_address", "model", "features"),
    )
    run_flags = {name: value for name in names if (value := flags.pop(name)) is not None}
    run_flags |= {"localizer": strategy, "control": control or "none"}
    settings = load_settings(**flags)
    if benchmark_of(data) == "stepdiff":
        root = Path(videos) if videos else None
        return steps_files.evaluate(Path(data), root, Path(out), run_flags, settings, dry_run, as_json)
    if "model" in run_flags or "features" in run_flags:
        raise UsageError("--model and --features are for files of StepDiff: leave them out.")
    options = EvalOptions.model_validate({"data": data, "videos": videos, **run_flags})
    if dry_run:
        return print_estimate(estimate_run(options, settings), as_json)
    print_cautions(settings.program)
    with show_progress() as progress:
        evaluation = api.evaluate(**dict(options), settings=settings, out=out, progress=progress)
    page = write_page(evaluation, settings, Path(out))
    if as_json:
        click.echo(evaluation.result.model_dump_json(indent=2))
    else:
        from viddiff.report.runs.terminal_scores import run_view
        from viddiff.report.terminal.view import print_view

        print_view(run_view(evaluation.result, evaluation.usage))
    click.echo(f"Wrote {page}", err=True)
    return exit_code(evaluation, options.keep_failed)


def exit_code(evaluation: Evaluation, keep_failed: bool) -> int:
    """0, or 1 where questions failed; says what the same command would do about them."""
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK

    if not evaluation.n_failed:
        return EXIT_OK
    asks_again = evaluation.n_passing and not keep_failed
    hint = f"; the same command asks them again in {evaluation.n_passing} pairs" if asks_again else ""
    click.echo(f"viddiff: failed: {evaluation.n_failed}{hint}.", err=True)
    return EXIT_FAILURES


def write_page(evaluation: Evaluation, settings: Settings, out: Path) -> Path:
    """run.html in the run folder and the reports of the pairs that it speaks of; frames come from the cache."""
    from viddiff.report.media import media_of
    from viddiff.report.runs.page import write_run_page
    from viddiff.report.runs.pairs import write_pair_reports

    media = media_of(settings)
    links = write_pair_reports(
        evaluation.result, evaluation.outcomes, evaluation.samples, evaluation.comparisons, out, media
    )
    return write_run_page(
        evaluation.result,
        evaluation.usage,
        evaluation.outcomes,
        evaluation.samples,
        out / "run.html",
        media.read_frame,
        links,
    )
