"""``viddiff cache``: list and remove what is cached on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from viddiff.cli.output import json_option
from viddiff.core.formatting import format_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.cache_folder import PruneResult

GB = 2**30


def print_result(pruned: PruneResult) -> None:
    """Print what was removed."""
    removed, left = format_bytes(pruned.n_bytes), format_bytes(pruned.n_bytes_left)
    click.echo(f"Removed {pruned.n_files:,} files, {removed}; {left} are left.")


def folder_of(cache_dir: str | None) -> Path:
    """The cache folder in force."""
    from viddiff.core.settings import load_settings

    return load_settings(cache_dir=cache_dir).cache_dir


@click.group(short_help="The cache on disk: list, prune, clear.")
def cache() -> None:
    """The cache of frames, embeddings, answers and clips: nothing is decoded, embedded or paid for twice."""


@cache.command("list")
@click.option("--cache-dir", metavar="DIR", help="Cache folder.  [the setting cache_dir]")
@json_option
def list_kinds(cache_dir: str | None, as_json: bool) -> int:
    """List the number and size of cached files by kind."""
    import json

    from viddiff.core.cache_folder import kinds
    from viddiff.report.terminal.cache import cache_view
    from viddiff.report.terminal.view import print_view

    folder = folder_of(cache_dir)
    kind_list = kinds(folder)
    if as_json:
        click.echo(json.dumps([kind.model_dump() for kind in kind_list], indent=2))
        return 0
    print_view(cache_view(kind_list))
    click.echo(f"{format_bytes(sum(kind.n_bytes for kind in kind_list))} in {folder}")
    return 0


@cache.command()
@click.option(
    "--max-gb", type=click.FloatRange(min=0), metavar="GB", help="Size to prune to, in GB.  [the setting cache_max_gb]"
)
@click.option("--cache-dir", metavar="DIR", help="Cache folder.  [the setting cache_dir]")
def prune(max_gb: float | None, cache_dir: str | None) -> int:
    """Remove the least recently used files until the cache is small enough.

    Answers of models, unfinished compilations and files used in the last hour are kept.
    """
    from viddiff.core.cache_folder import prune as prune_folder
    from viddiff.core.settings import load_settings

    settings = load_settings(cache_dir=cache_dir)
    print_result(prune_folder(settings.cache_dir, int((settings.cache_max_gb if max_gb is None else max_gb) * GB)))
    return 0


@cache.command()
@click.argument("kinds", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--cache-dir", metavar="DIR", help="Cache folder.  [the setting cache_dir]")
def clear(kinds: tuple[str, ...], yes: bool, cache_dir: str | None) -> int:
    """Remove KINDS (see viddiff cache list), or everything, including paid answers."""
    from viddiff.core.cache_folder import clear as clear_folder

    folder = folder_of(cache_dir)
    if not yes:
        click.confirm(f"Remove {', '.join(kinds) or 'everything'} from {folder}?", abort=True)
    print_result(clear_folder(folder, kinds))
    return 0
