"""``viddiff demo``: render two clips of the same action, compare them, write the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import Command, settings_options
from viddiff.cli.output import Output, json_option, writable_folder

if TYPE_CHECKING:
    from viddiff.core.settings import Settings


@click.command(cls=Command, short_help="Render two clips, compare them and write a report.")
@click.option(
    "--out", default="out/demo", show_default=True, metavar="DIR", help="Folder to write clips and results to."
)
@click.option("--no-clips", is_flag=True, help="Leave the clips and the players out of the page.")
@json_option
@settings_options
def demo(out: str, no_clips: bool, as_json: bool, **flags: Any) -> int:
    """Render two clips of a figure doing a squat, with known differences, and compare them.

    Needs no key and no network: without a model the differences are measured. The pose weights are downloaded if
    possible (see viddiff weights); without them fewer differences can be measured.
    """
    from viddiff.cli.compare import run
    from viddiff.core.settings import load_settings
    from viddiff.synthetic import render_demo

    settings = load_settings(**flags)
    get_weights(settings)
    folder: Path = writable_folder(out)
    pair = render_demo(folder)
    output = Output(as_json, out, no_clips=no_clips)
    return run(str(pair.path_a), str(pair.path_b), pair.action, None, settings, output)


def get_weights(settings: Settings) -> None:
    """Fetch the weights for pose, or say why they are not there; the demonstration continues either way."""
    from viddiff.core.errors import BackendError
    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.weights import get_pose

    if settings.pose != "blazepose" or settings.pose_model is not None:
        return
    try:
        get_pose(choice_of(settings), lambda doing: click.echo(doing, err=True))
    except BackendError as error:
        click.echo(f"viddiff: {error} Continuing without pose.", err=True)
