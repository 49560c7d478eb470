"""``viddiff compile``: prompts and examples chosen on a train split, scored on pairs that were never seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import (
    COMPONENTS,
    JUDGES,
    OF_ONE_PAIR,
    OPTIMIZERS,
    Command,
    NameIn,
    RenamedOption,
    settings_options_without,
)
from viddiff.cli.output import dry_run_option, json_option

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.settings import Settings
    from viddiff.programs.compiled.artifact import Artifact

#: What is learned without compiling a prompt.
WITHOUT_PROMPT = ("opinion-weights",)
#: What compiling has a word of its own for, or no use of.
_LEFT_OUT = (
    *OF_ONE_PAIR,
    *(
        "--method",
        "--without",
        "--proposer",
        "--opinion-weights",
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


@click.command("compile", cls=Command, short_help="Compile the prompts of a component on labelled data.")
@click.argument(
    "component",
    metavar="COMPONENT",
    type=NameIn(
        (*COMPONENTS, *WITHOUT_PROMPT),
        *("viddiff.optimize.components:COMPILABLE", "viddiff.cli.compile:WITHOUT_PROMPT"),
        former={"weights": "opinion-weights"},
    ),
)
@click.option("--data", required=True, metavar="DATA", help="A hub id, a folder, or a file; see viddiff data --help.")
@click.option("--videos", metavar="ROOT", help="Folder that video paths start from.  [the folder of DATA]")
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="File to write the compiled program to; .json is added. Programs of other components in it are kept.",
)
@click.option(
    "--optimizer",
    type=NameIn(OPTIMIZERS, "viddiff.optimize.optimizer_runner:OPTIMIZERS"),
    default="gepa",
    show_default=True,
    help="DSPy optimizer.",
)
@click.option(
    "--budget",
    type=click.Choice(["light", "medium", "heavy"]),
    default="light",
    show_default=True,
    help="How long the optimizer searches.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    callback=options_of,
    metavar="NAME=VALUE",
    help="An option of the optimizer, e.g. max_metric_calls=200; may be repeated.",
)
@click.option(
    "--split-by",
    "by",
    type=click.Choice(["action", "pair"]),
    default="action",
    show_default=True,
    help="action: hold out whole actions for val and test; pair: hold out pairs, no video is in two parts.",
)
@click.option(
    "--train-frames",
    "frames",
    cls=RenamedOption,
    former=("--frames",),
    type=click.Choice(["oracle", "localized"]),
    default="oracle",
    show_default=True,
    help="Differencer: frames at the key moments of the data, or those that the localizer finds.",
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
    help="Differencer: ask in both orders, to detect answers that depend on the order; doubles the calls.",
)
@click.option("--reflect-with-images", is_flag=True, help="Show the reflection model the frames (GEPA).")
@click.option(
    "--judge",
    type=click.Choice(JUDGES),
    default="lm",
    show_default=True,
    help="Proposer: what matches proposed statements to labels. Captioner: lm judges which captions agree with "
    "labelled ones; otherwise words are compared.",
)
@click.option(
    "--keep-anyway", is_flag=True, help="Keep the compiled program even if it is no better on val than the default."
)
@click.option("--train-limit", type=click.IntRange(1), metavar="N", help="Use only the first N training pairs.")
@dry_run_option
@json_option
@settings_options_without(*_LEFT_OUT)
def compile_(
    component: str, data: str, videos: str | None, out: str, dry_run: bool, as_json: bool, **flags: Any
) -> int:
    """Compile the prompts of COMPONENT on labelled data.

    \b
    COMPONENT, by kind of data:
      labelled pairs (VidDiffBench, your own):
          differencer, finder, judge, planner, proposer
      files of StepDiff (DiffCap, DiffMCQ, DiffRank), for viddiff steps:
          captioner, verifier, ranker, comparer
      labelled pairs, without a prompt:
          opinion-weights: how much each opinion of two_looks counts;
          writes a file for --opinion-weights

    The data are divided into train, val and test. The default program is scored on val and test, the optimizer works
    on train with val, and the compiled program is scored on both again; if it is no better on val, the default one is
    kept. Test pairs never reach the optimizer. The same command resumes where it stopped: paid answers are not
    requested again.
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
    if component == "opinion-weights":
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
    show_compiled(compiled.artifact, path, as_json)
    return BudgetError.exit_code if compiled.budget_reached else EXIT_OK


def show_compiled(artifact: Artifact, path: Path, as_json: bool) -> None:
    """Print what was just compiled and written to ``path``."""
    if as_json:
        click.echo(artifact.model_dump_json(indent=2, exclude={"state", "frames"}, by_alias=True))
        return
    from viddiff.report.terminal.program import compiled_view
    from viddiff.report.terminal.view import print_view

    print_view(compiled_view(artifact, path))


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
