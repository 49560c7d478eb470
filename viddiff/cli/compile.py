"""``viddiff compile``: prompts and examples chosen on a train split, scored on pairs that were never seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import COMPONENTS, JUDGES, OF_ONE_PAIR, OPTIMIZERS, Command, NameIn, settings_options_without
from viddiff.cli.output import dry_run_option, json_option

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.settings import Settings

#: What is learned without compiling a prompt.
WITHOUT_PROMPT = ("weights",)
#: What compiling has a word of its own for, or no use of.
_LEFT_OUT = (
    *OF_ONE_PAIR,
    *(
        "--method",
        "--without",
        "--proposer",
        "--weights",
        "--frames",
        "--program",
        "--preset",
        "--swap/--no-swap",
        "--adapter",
    ),
)


def options_of(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """ "name=value" pairs; a value is read as JSON, or taken as it is."""
    options: dict[str, Any] = {}
    for pair in values:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{pair!r} is not name=value, e.g. max_metric_calls=200")
        from viddiff.core.files import parse_json

        try:
            options[name] = parse_json(value)
        except ValueError:
            options[name] = value
    return options


@click.command("compile", cls=Command, short_help="Compile the prompts of a component on labelled pairs.")
@click.argument(
    "component",
    type=NameIn(
        (*COMPONENTS, *WITHOUT_PROMPT),
        *("viddiff.optimize.components:COMPILABLE", "viddiff.cli.compile:WITHOUT_PROMPT"),
    ),
)
@click.option("--data", required=True, metavar="DATA", help="A hub id, a folder, or a file; see viddiff data --help.")
@click.option("--videos", metavar="ROOT", help="Folder that video paths start from.  [where DATA lies]")
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="The compiled program, .json is added; programs for other components in it stay.",
)
@click.option(
    "--optimizer",
    type=NameIn(OPTIMIZERS, "viddiff.optimize.optimizer_runner:OPTIMIZERS"),
    default="gepa",
    show_default=True,
)
@click.option("--budget", type=click.Choice(["light", "medium", "heavy"]), default="light", show_default=True)
@click.option(
    "--option", "options", multiple=True, callback=options_of, metavar="NAME=VALUE", help="An option of the optimizer."
)
@click.option(
    "--split-by",
    "by",
    type=click.Choice(["action", "pair"]),
    default="action",
    show_default=True,
    help="action: whole actions are held out for val and test; pair: videos are.",
)
@click.option(
    "--frames",
    type=click.Choice(["oracle", "localized"]),
    default="oracle",
    show_default=True,
    help="Differencer: frames at the data's key points, or those that the localizer finds.",
)
@click.option(
    "--labels",
    type=click.Choice(["ab", "abc"]),
    default="ab",
    show_default=True,
    help="Differencer, planner: learn from rows with label a or b, or also from those without a difference.",
)
@click.option(
    "--swap-feedback/--no-swap-feedback",
    default=True,
    show_default=True,
    help="Differencer: ask in both orders, so that following the order is found out; doubles the calls.",
)
@click.option("--reflect-with-images", is_flag=True, help="Show the reflection model the frames (GEPA).")
@click.option(
    "--judge",
    type=click.Choice(JUDGES),
    default="lm",
    show_default=True,
    help="Proposer: who matches proposed statements to labels. Captioner: lm tells which captions agree with "
    "labelled ones; else words are compared.",
)
@click.option(
    "--keep-anyway", is_flag=True, help="Keep the compiled program also where it is no better on val than the default."
)
@click.option("--train-limit", type=click.IntRange(1), metavar="N", help="Only the first N pairs of train.")
@dry_run_option
@json_option
@settings_options_without(*_LEFT_OUT)
def compile_(
    component: str, data: str, videos: str | None, out: str, dry_run: bool, as_json: bool, **flags: Any
) -> int:
    """Compile the prompts of COMPONENT (differencer, finder, judge, planner or proposer) on labelled pairs.

    A captioner, a verifier, a ranker and a comparer learn from files of StepDiff (DiffCap, DiffMCQ, DiffRank): viddiff
    steps runs them.

    For weights no prompt is compiled: how much each opinion of two_looks counts is learned from the labels, and written
    as a file for --weights.

    The data are divided into train, val and test. The default program is scored on val and test, the optimizer works
    on train with val, and the compiled program is scored on both again; where it is no better on val, the default one
    is kept. Test pairs never reach the optimizer. The same command resumes where it stopped: answers that were paid for
    are not asked again.
    """
    from pathlib import Path

    from viddiff import build
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_OK, BudgetError
    from viddiff.core.settings import load_settings
    from viddiff.optimize.compiler import source_of
    from viddiff.optimize.estimate import estimate_compilation
    from viddiff.optimize.protocol import Compilation
    from viddiff.optimize.request import request_of
    from viddiff.programs.compiled.artifact import add, with_suffix

    names = ("optimizer", "budget", "options", "by", "frames", "labels", "swap_feedback", "reflect_with_images")
    request_flags = {name: flags.pop(name) for name in (*names, "judge", "train_limit", "keep_anyway")}
    settings = load_settings(**flags)
    if component == "weights":
        split = {name: request_flags[name] for name in ("by", "train_limit", "keep_anyway")}
        return compile_weights(data, videos, Path(out), settings, split, dry_run, as_json)
    request = request_of(component=component, seed=settings.seed, **request_flags)
    lms = build.models(None, settings)
    root = Path(videos) if videos else None
    path = with_suffix(Path(out))
    if not dry_run:
        writable_folder(str(path.parent))
    with build.answer_cache(settings, is_asked=not dry_run), show_progress() as progress:
        source = source_of(request, data, root, settings, lms)
        compilation = Compilation(request, source, settings, lms, progress)
        if dry_run:
            return print_estimate(estimate_compilation(compilation), as_json)
        compiled = compilation.run()
    add(compiled.artifact, path)
    if as_json:
        click.echo(compiled.artifact.model_dump_json(indent=2, exclude={"state", "frames"}, by_alias=True))
    else:
        from viddiff.report.terminal.program import compiled_view
        from viddiff.report.terminal.view import print_view

        print_view(compiled_view(compiled.artifact, path))
    return BudgetError.exit_code if compiled.budget_reached else EXIT_OK


def compile_weights(
    data: str, videos: str | None, out: Path, settings: Settings, split: dict[str, Any], dry_run: bool, as_json: bool
) -> int:
    """Learn the weights of two_looks; ``split``: which pairs for what, see ``WeightsLearner``."""
    from pathlib import Path

    from viddiff import build
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.eval.viddiffbench.data import load_data, videos_root
    from viddiff.optimize.viddiff.weights import WeightsLearner
    from viddiff.programs.compiled.artifact import with_suffix
    from viddiff.programs.viddiff.weights import write_weights
    from viddiff.report.terminal.view import print_view
    from viddiff.report.viddiff.terminal_weights import weights_view

    root = Path(videos) if videos else None
    lms = build.models(None, settings)
    path = with_suffix(out)
    with show_progress() as progress:
        learner = WeightsLearner(load_data(data, root), videos_root(data, root), settings, lms, progress, **split)
        if dry_run:
            return print_estimate(learner.estimate(), as_json)
        writable_folder(str(path.parent))
        with build.answer_cache(settings):
            learned = learner.run()
    write_weights(learned, path)
    if as_json:
        click.echo(learned.model_dump_json(indent=2))
    else:
        print_view(weights_view(learned, path))
    return 0
