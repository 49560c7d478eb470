"""``viddiff skill data``: check, split and convert scored performances."""

from __future__ import annotations

from pathlib import Path

import click

from viddiff.cli.output import json_option

data_argument = click.argument("source", metavar="DATA", type=click.Path(path_type=Path))
#: Of ``viddiff.eval.skilldiff.forms``, held by a test.
FORM_NAMES = ("best", "epic-skills", "fis-v", "aqa-7", "mtl-aqa", "finediving")


@click.group(short_help="Scored performances: check, split, convert.")
def data() -> None:
    """Scored performances: a folder with items.jsonl, and pairs.jsonl where pairs are labelled (docs/skilldiff.md)."""


@data.command()
@data_argument
@json_option
def check(source: Path, as_json: bool) -> int:
    """Count the performances in DATA, and name each bad row and each missing file.

    The exit code is 3 if a row is wrong, 1 if a file is missing.
    """
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, InputError
    from viddiff.eval.skilldiff.check import check_data
    from viddiff.report.skilldiff.terminal_data import data_view
    from viddiff.report.terminal.view import print_view

    report = check_data(source)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    else:
        print_view(data_view(report))
    if report.bad_rows:
        return InputError.exit_code
    return EXIT_FAILURES if report.missing else EXIT_OK


@data.command()
@data_argument
@click.option(
    "--by",
    type=click.Choice(["group"]),
    required=True,
    help="Field whose items are never divided between both parts: group, the performer.",
)
@click.option(
    "--test-share", type=float, default=0.25, show_default=True, help="Share of the items in the test part, 0 to 1."
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Random seed.")
@click.option("--out", metavar="DIR", required=True, help="Folder to write the rows of both parts to.")
def split(source: Path, by: str, test_share: float, seed: int, out: str) -> int:
    """Split DATA into a training and a test part, with no performer in both.

    The paths in the rows are not changed: let DIR be the folder of the data, or copy the files to DIR.
    """
    from viddiff.cli.output import writable_folder
    from viddiff.core.files import write_document
    from viddiff.eval.skilldiff.load import load_data
    from viddiff.eval.skilldiff.split import split_by_group, to_lines

    divided = split_by_group(load_data(source), test_share, seed)
    folder = writable_folder(out)
    for name, text in to_lines(divided).items():
        click.echo(f"Wrote {write_document(folder / name, text)}", err=True)
    for part in ("train", "test"):
        of_part = [item for item in divided.items if item.split == part]
        click.echo(f"{part}: {len(of_part)} performances of {len({item.performer for item in of_part})} performers")
    return 0


@data.command()
@click.argument("source", metavar="SOURCE", type=click.Path(path_type=Path))
@click.option("--form", "name", required=True, metavar="NAME", help=f"Format of SOURCE: {', '.join(FORM_NAMES)}.")
@click.option(
    "--files",
    metavar="PATTERN",
    help="Pattern of file paths, e.g. 'i3d/{activity}/{name}.npy'.  [that of the format]",
)
@click.option("--target", metavar="NAME", help="Score to use, if there are several: tes or pcs, score or execution.")
@click.option("--fold", type=click.IntRange(min=1), default=1, show_default=True, help="Split of epic-skills to use.")
@click.option("--out", metavar="DIR", required=True, help="Folder to write the rows to; file paths are relative to it.")
def convert(source: Path, name: str, files: str | None, target: str | None, fold: int, out: str) -> int:
    """Convert the labels of a public data set, as its authors release them, to rows of items.jsonl and pairs.jsonl.

    SOURCE is the authors' folder. Features and videos are not touched. Of pickles only numbers are read.
    """
    from viddiff.cli.output import writable_folder
    from viddiff.core.files import write_document
    from viddiff.eval.skilldiff.forms import FORMS
    from viddiff.eval.skilldiff.forms import convert as converted
    from viddiff.eval.skilldiff.split import to_lines

    dataset, notices = converted(name, source, files, target, fold)
    folder = writable_folder(out)
    for file, text in to_lines(dataset).items():
        click.echo(f"Wrote {write_document(folder / file, text)}", err=True)
    form = FORMS[name]
    click.echo(f"{form.title}, {form.link}; licence: {form.licence}")
    click.echo(f"{len(dataset.items)} performances, {len(dataset.pairs)} pairs")
    for notice in notices:
        click.echo(notice)
    return 0
