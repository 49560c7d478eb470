"""``viddiff programs``: show, merge and export compiled programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@click.group(short_help="Compiled programs: show, merge, export.")
def programs() -> None:
    """Programs written by viddiff compile: small files of one or several components, used with --program."""


@programs.command()
@click.argument("program", metavar="FILE")
@json_option
def show(program: str, as_json: bool) -> int:
    """Show the component, data, optimizer, models, scores before and after, and the diff of the instructions."""
    import json
    from pathlib import Path

    from viddiff.programs.compiled.artifact import load_all
    from viddiff.report.terminal.program import as_document, program_view
    from viddiff.report.terminal.view import print_view

    artifacts = load_all(Path(program))
    if as_json:
        documents = [as_document(artifact) for artifact in artifacts]
        click.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=False))
        return 0
    for number, artifact in enumerate(artifacts):
        print_view((*([""] if number else []), *program_view(artifact)))
    return 0


@programs.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--out", required=True, metavar="FILE", help="File to write all of them to.")
def merge(files: tuple[str, ...], out: str) -> int:
    """Merge programs of different components into one file for --program."""
    from pathlib import Path

    from viddiff.cli.output import writable_folder
    from viddiff.core.errors import UsageError
    from viddiff.programs.compiled.artifact import load_all, save

    artifacts = [artifact for file in files for artifact in load_all(Path(file))]
    components = [artifact.component for artifact in artifacts]
    twice = next((component for component in components if components.count(component) > 1), None)
    if twice:
        raise UsageError(f"Two of these programs are for the {twice}: give one program for each component.")
    writable_folder(str(Path(out).parent))
    path = save(artifacts, Path(out))
    click.echo(f"Wrote {path}: {', '.join(components)}", err=True)
    return 0


@programs.command()
@click.argument("program", metavar="FILE")
@click.option("--out", required=True, metavar="FILE", help="File to write the copy to.")
@click.option("--embed", "how", flag_value="embed", help="Include the frames of its examples in the file.")
@click.option("--strip-demos", "how", flag_value="strip", help="Leave out the clips of its examples.")
def export(program: str, out: str, how: str | None) -> int:
    """Write a copy to share: examples with clips work on other machines only if their frames are in the file."""
    from pathlib import Path

    from viddiff.cli.output import writable_folder
    from viddiff.core.settings import load_settings
    from viddiff.programs.compiled.artifact import embed, load_all, save, strip_demos

    writable_folder(str(Path(out).parent))
    artifacts = load_all(Path(program))
    if how is not None:
        artifacts = tuple(
            embed(artifact, load_settings().cache_dir) if how == "embed" else strip_demos(artifact)
            for artifact in artifacts
        )
    path = save(artifacts, Path(out))
    click.echo(f"Wrote {path} ({path.stat().st_size / 1000:,.0f} kB)", err=True)
    return 0


def print_cautions(paths: Sequence[Path]) -> None:
    """Say on standard error what the cards of these programs warn of."""
    if not paths:
        return
    from viddiff.core.formatting import one_line
    from viddiff.programs.compiled.artifact import load_all

    for path in paths:
        for artifact in load_all(path):
            if artifact.card.caution:
                click.echo(f"viddiff: {path}: {one_line(artifact.card.caution)}", err=True)
