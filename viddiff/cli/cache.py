"""``viddiff cache``: what is kept on disk, listed and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.cache_folder import PruneResult

GB, MB = 2**30, 2**20


def format_bytes(n_bytes: int) -> str:
    """A size for people."""
    return f"{n_bytes / GB:.1f} GB" if n_bytes >= GB else f"{n_bytes / MB:.1f} MB"


def print_result(pruned: PruneResult) -> None:
    """Print what was removed."""
    removed, left = format_bytes(pruned.n_bytes), format_bytes(pruned.n_bytes_left)
    click.echo(f"Removed {pruned.n_files:,} files, {removed}; {left} are left.")


def folder_of(cache_dir: str | None) -> Path:
    """The cache folder in force."""
    from viddiff.core.settings import load_settings

    return load_settings(cache_dir=cache_dir).cache_dir


@click.group(short_help="What is kept on disk: list, prune, clear.")
def cache() -> None:
    """Frames, embeddings, answers and clips are kept, so that nothing is decoded, embedded or paid for twice."""


@cache.command("list")
@click.option("--cache-dir", metavar="DIR", help="Cache folder, in place of the one of the settings.")
@json_option
def list_kinds(cache_dir: str | None, as_json: bool) -> int:
    """What the cache holds, by kind."""
    import json

    from viddiff.core.cache_folder import kinds
    from viddiff.core.formatting import ago

    folder = folder_of(cache_dir)
    kind_list = kinds(folder)
    if as_json:
        click.echo(json.dumps([kind.model_dump() for kind in kind_list], indent=2))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", "what", box=None, pad_edge=False)
    for heading in ("files", "size", "oldest use"):
        table.add_column(heading, justify="right")
    for kind in kind_list:
        table.add_row(
            kind.name,
            kind.what,
            f"{kind.n_files:,}",
            format_bytes(kind.n_bytes),
            "–" if kind.oldest_use_s is None else ago(kind.oldest_use_s),
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{format_bytes(sum(kind.n_bytes for kind in kind_list))} in {folder}", soft_wrap=True, markup=False)
    return 0


@cache.command()
@click.option(
    "--max-gb", type=click.FloatRange(min=0), metavar="GB", help="Size to prune to, in GB.  [the setting cache_max_gb]"
)
@click.option("--cache-dir", metavar="DIR", help="Cache folder, in place of the one of the settings.")
def prune(max_gb: float | None, cache_dir: str | None) -> int:
    """Remove the least recently used files until the cache is small enough.

    Answers of models and unfinished compiling stay, and what was used in the last hour.
    """
    from viddiff.core.cache_folder import prune as prune_folder
    from viddiff.core.settings import load_settings

    settings = load_settings(cache_dir=cache_dir)
    print_result(prune_folder(settings.cache_dir, int((settings.cache_max_gb if max_gb is None else max_gb) * GB)))
    return 0


@cache.command()
@click.argument("kinds", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--cache-dir", metavar="DIR", help="Cache folder, in place of the one of the settings.")
def clear(kinds: tuple[str, ...], yes: bool, cache_dir: str | None) -> int:
    """Remove KINDS (see viddiff cache list), or everything, answers that were paid for included."""
    from viddiff.core.cache_folder import clear as clear_folder

    folder = folder_of(cache_dir)
    if not yes:
        click.confirm(f"Remove {', '.join(kinds) or 'everything'} from {folder}?", abort=True)
    print_result(clear_folder(folder, kinds))
    return 0
