"""``viddiff programs``: what a compiled program is, and how to give it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@click.group(short_help="Compiled programs: show, export.")
def programs() -> None:
    """Programs that viddiff compile made: one small file each, run with --program."""


@programs.command()
@click.argument("program", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def show(program: str, as_json: bool) -> int:
    """What was compiled, on what, with what, what it brought, and how the instructions changed."""
    import json
    from pathlib import Path

    from viddiff.programs.compiled.artifact import load
    from viddiff.report.terminal.program import instruction_diffs, render

    artifact = load(Path(program))
    if as_json:
        shown = artifact.model_dump(mode="json", exclude={"state", "frames"}, by_alias=True)
        state = {name: kept.model_dump(mode="json") for name, kept in artifact.state.items()}
        diffs = {name: "\n".join(lines) for name, lines in instruction_diffs(artifact)}
        click.echo(json.dumps({**shown, "state": state, "instructions_diff": diffs}, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console

    console = Console(highlight=False)
    for part in render(artifact):
        console.print(part)
    return 0


@programs.command()
@click.argument("program", metavar="FILE")
@click.option("--out", required=True, metavar="FILE", help="Where the copy goes.")
@click.option("--embed", "how", flag_value="embed", help="Put the frames of its examples into the file.")
@click.option("--strip-demos", "how", flag_value="strip", help="Leave the clips of its examples out.")
def export(program: str, out: str, how: str | None) -> int:
    """Write a copy for others: examples with clips work elsewhere only when their frames are in the file."""
    from pathlib import Path

    from viddiff.cli.output import writable_folder
    from viddiff.programs.compiled.artifact import embed, load, save, strip_demos

    writable_folder(str(Path(out).parent))
    artifact = load(Path(program))
    if how is not None:
        artifact = embed(artifact) if how == "embed" else strip_demos(artifact)
    path = save(artifact, Path(out))
    click.echo(f"Wrote {path} ({path.stat().st_size / 1000:,.0f} kB)", err=True)
    return 0


def warn_of(paths: Sequence[Path]) -> None:
    """Say on standard error what the cards of these programs warn of."""
    if not paths:
        return
    from viddiff.programs.compiled.artifact import load
    from viddiff.report.terminal.program import clean

    for path in paths:
        caution = load(path).card.caution
        if caution:
            click.echo(f"viddiff: {path}: {clean(caution)}", err=True)
