"""``viddiff cache``: what is kept on disk, and how to make room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from viddiff.core.cache_folder import PruneResult

GB, MB = 2**30, 2**20


def format_bytes(n_bytes: int) -> str:
    """A size for people."""
    return f"{n_bytes / GB:.1f} GB" if n_bytes >= GB else f"{n_bytes / MB:.1f} MB"


def ago(seconds: float | None) -> str:
    """How long ago, for people."""
    if seconds is None:
        return "–"
    for unit, length_s in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit} ago"
    return "just now"


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
@click.option("--cache-dir", metavar="DIR", help="Another cache folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def list_kinds(cache_dir: str | None, as_json: bool) -> int:
    """What the cache holds, by kind."""
    import json

    from viddiff.core.cache_folder import kinds

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
        table.add_row(kind.name, kind.what, f"{kind.n_files:,}", format_bytes(kind.n_bytes), ago(kind.oldest_use_s))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{format_bytes(sum(kind.n_bytes for kind in kind_list))} in {folder}", soft_wrap=True, markup=False)
    return 0


@cache.command()
@click.option("--max-gb", type=click.FloatRange(min=0), metavar="GB", help="How large it may stay.  [the setting]")
@click.option("--cache-dir", metavar="DIR", help="Another cache folder.")
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
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--cache-dir", metavar="DIR", help="Another cache folder.")
def clear(kinds: tuple[str, ...], yes: bool, cache_dir: str | None) -> int:
    """Remove VERDICT_ORDER (see viddiff cache list), or everything, answers that were paid for included."""
    from viddiff.core.cache_folder import clear as clear_folder

    folder = folder_of(cache_dir)
    if not yes:
        click.confirm(f"Remove {', '.join(kinds) or 'everything'} from {folder}?", abort=True)
    print_result(clear_folder(folder, kinds))
    return 0
