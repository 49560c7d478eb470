"""``viddiff merge``: merge the shards of a run."""

from __future__ import annotations

import click


@click.command(short_help="Merge the shards of a run.")
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...")
@click.option("--out", required=True, metavar="DIR", help="Run folder to create.")
def merge(shards: tuple[str, ...], out: str) -> int:
    """Merge run folders of --shard 1/N ... N/N; then run the same viddiff eval without --shard to score them."""
    from pathlib import Path

    from viddiff.eval.merge import merge as merge_shards

    merge_shards([Path(shard) for shard in shards], Path(out))
    click.echo(f"Merged {len(shards)} shards; run the same viddiff eval without --shard and with --out {out} to score.")
    return 0
