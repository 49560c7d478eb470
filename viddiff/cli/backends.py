"""``viddiff backends``: the same labelled pairs through several models."""

from __future__ import annotations

from typing import Any

import click

from viddiff.cli.options import (
    LOCALIZER_HELP,
    OF_LABELLED_PAIRS,
    OF_ONE_PAIR,
    OF_TWO_LOOKS,
    Command,
    settings_options_without,
)
from viddiff.cli.output import json_option

_LEFT_OUT = (*OF_ONE_PAIR, *OF_TWO_LOOKS, *OF_LABELLED_PAIRS, "--lm", "--vision-lm", "--localizer", "--swap/--no-swap")


@click.command(cls=Command, short_help="Compare models on the same labelled pairs.")
@click.option("--data", required=True, metavar="DATA", help="A hub id, a folder, or a file; see viddiff data --help.")
@click.option("--videos", metavar="ROOT", help="Folder that video paths start from.  [the folder of DATA]")
@click.option(
    "--lm", "models", multiple=True, required=True, metavar="MODEL", help="Model to compare; may be repeated."
)
@click.option("--out", default="backends", show_default=True, metavar="DIR", help="Folder of the run folders.")
@click.option("--split", metavar="NAME", help="Only pairs of this split, e.g. easy.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N pairs.")
@click.option("--per-action", type=click.IntRange(1), metavar="K", help="Only the first K pairs of each action.")
@click.option(
    "--allow-missing", is_flag=True, help="Count questions on missing videos as missing answers instead of stopping."
)
@click.option(
    "--keep-failed",
    is_flag=True,
    help="Score failed questions as failed; without this flag, running the same command again repeats them.",
)
@click.option(
    "--localizer",
    "strategy",
    metavar="NAME",
    help=f"{LOCALIZER_HELP}; oracle: the key moments of the data.  [viterbi]",
)
@json_option
@settings_options_without(*_LEFT_OUT)
def backends(
    data: str, videos: str | None, models: tuple[str, ...], out: str, strategy: str | None, as_json: bool, **flags: Any
) -> int:
    """Judge the labelled differences of DATA with every MODEL, in both orders, and print a table of the models.

    With --text-lm one model proposes the stages for all, so that all see the same frames. A model that cannot be
    reached is a row with the reason. The same command resumes where it stopped. --max-cost applies to all models
    together.
    """
    from pathlib import Path

    from viddiff import build
    from viddiff.cli.progress import show_progress
    from viddiff.core.settings import load_settings
    from viddiff.eval.viddiffbench.backends import compare_backends
    from viddiff.eval.viddiffbench.options import EvalOptions
    from viddiff.report.runs.terminal_backends import backends_view
    from viddiff.report.terminal.view import print_view

    run_flags = {name: flags.pop(name) for name in ("split", "limit", "per_action", "allow_missing", "keep_failed")}
    options = EvalOptions.model_validate({"data": data, "videos": videos, "localizer": strategy, **run_flags})
    settings = load_settings(lm=models[0], **flags)
    with build.answer_cache(settings), show_progress() as progress:
        compared = compare_backends(options, settings, models, Path(out), progress)
    if as_json:
        click.echo(compared.model_dump_json(indent=2))
    else:
        print_view(backends_view(compared))
    return compared.exit_code
