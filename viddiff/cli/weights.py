"""``viddiff weights``: downloads the networks for pose estimation."""

from __future__ import annotations

import click


@click.group(short_help="Download the networks for pose estimation.")
def weights() -> None:
    """Networks for pose estimation: downloaded once, run locally."""


@weights.command("get")
@click.argument("name", type=click.Choice(["pose", "rtmpose"]))
@click.option("--cache-dir", metavar="DIR", help="Cache folder.  [the setting cache_dir]")
def get(name: str, cache_dir: str | None) -> int:
    """Download the networks of one pose estimator.

    `pose`, for --pose blazepose, comes from the package index that pip uses (36 MB, of which 9 MB are kept) and is
    checked by its hash.
    `rtmpose` comes from its publisher, for --pose rtmpose.
    """
    from viddiff.core.settings import load_settings
    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.rtmpose import get_rtmpose
    from viddiff.motion.pose.weights import get_pose

    choice = choice_of(load_settings(cache_dir=cache_dir))
    fetch = get_pose if name == "pose" else get_rtmpose
    path = fetch(choice, lambda doing: click.echo(doing, err=True))
    click.echo(f"The weights are in {path}")
    return 0
