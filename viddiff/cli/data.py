"""``viddiff data``: check a data set, download its videos, split it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from viddiff.cli import steps_files
from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from viddiff.eval.viddiffbench.data import Splits

data_argument = click.argument("source", metavar="DATA")
videos_option = click.option(
    "--videos", metavar="ROOT", help="Folder that video paths start from.  [the folder of DATA]"
)


@click.group(short_help="Labelled pairs: check, controls, get, split.")
def data() -> None:
    """Data sets of labelled pairs: VidDiffBench, or your own.

    DATA is a hub id (jmhb/VidDiffBench), a folder saved from it, a Parquet, JSON or JSON Lines file, or a pairs.json
    with your own videos and labels.
    """


@data.command()
@data_argument
@videos_option
@json_option
def check(source: str, videos: str | None, as_json: bool) -> int:
    """Report the videos found and missing, the release and the label counts.

    DATA may also be a file of StepDiff; its videos are in a folder "videos" beside it, or in --videos.

    The exit code is 1 if a video is missing or cannot be read.
    """
    from viddiff import build
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK
    from viddiff.core.settings import load_settings
    from viddiff.eval.formats import benchmark_of
    from viddiff.eval.viddiffbench.data import check_data, load_data, videos_root
    from viddiff.report.runs.terminal_dataset import data_view
    from viddiff.report.terminal.view import print_view

    root = Path(videos) if videos else None
    if benchmark_of(source) == "stepdiff":
        return steps_files.check(Path(source), root, as_json)
    dataset = load_data(source, root)
    with show_progress() as progress:
        report = check_data(dataset, videos_root(source, root), build.video_limits(load_settings()), progress)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    else:
        print_view(data_view(report))
    return EXIT_OK if report.complete else EXIT_FAILURES


@data.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Random seed.")
@json_option
def controls(source: Path, seed: int, as_json: bool) -> int:
    """Score trivial answers to a file of StepDiff: by chance, the most common answer, the truth itself."""
    return steps_files.controls(source, seed, as_json)


@data.command()
@data_argument
@click.option(
    "--videos", required=True, metavar="ROOT", help="Folder to write the videos to; paths in the rows start there."
)
@json_option
def get(source: str, videos: str, as_json: bool) -> int:
    """Download the videos that the hub has, and print where to get the others.

    The exit code is 1 while videos are missing, and 4 if the hub cannot be reached.
    """
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, BackendError
    from viddiff.eval.viddiffbench.data import get_videos, load_data
    from viddiff.report.runs.terminal_dataset import download_view
    from viddiff.report.terminal.view import print_view

    dataset = load_data(source)
    writable_folder(videos)
    with show_progress() as progress:
        fetched = get_videos(dataset, Path(videos), on_progress=progress)
    if as_json:
        click.echo(fetched.model_dump_json(indent=2))
    else:
        print_view(download_view(fetched))
    if any(domain.problem for domain in fetched.domains):
        return BackendError.exit_code
    return EXIT_OK if fetched.complete else EXIT_FAILURES


@data.command()
@data_argument
@click.option(
    "--by", type=click.Choice(["pair", "action"]), required=True, help="What is never divided between two parts."
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Random seed.")
@click.option("--out", metavar="FILE", help="JSON file to write the parts to.")
@json_option
def split(source: str, by: Literal["pair", "action"], seed: int, out: str | None, as_json: bool) -> int:
    """Split into train, val and test: the benchmark itself has only a test set.

    --by pair: no video is in two parts, and every action is in all of them if possible. --by action: whole actions are
    held out. The same data, seed and --by give the same parts on every machine.
    """
    from viddiff.eval.viddiffbench.data import load_data, split_data
    from viddiff.report.runs.terminal_dataset import splits_view
    from viddiff.report.terminal.view import print_view

    dataset = load_data(source)
    splits = split_data(dataset, by, seed)
    if as_json:
        click.echo(splits.model_dump_json(indent=2))
    else:
        print_view(splits_view(splits, dataset))
    if out:
        _write(out, splits)
        click.echo(f"Wrote {out}", err=True)
    return 0


def _write(out: str, splits: Splits) -> None:
    from viddiff.cli.output import writable_folder
    from viddiff.core.files import write_document

    path = Path(out)
    writable_folder(str(path.parent))
    write_document(path, splits.model_dump_json(indent=2))
