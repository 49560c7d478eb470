"""``viddiff synth``: render a benchmark whose labels are known."""

from __future__ import annotations

import click


@click.command(short_help="Render a benchmark with known labels.")
@click.option("--pairs", "n_pairs", default=60, show_default=True, type=click.IntRange(min=1), help="Pairs of videos.")
@click.option("--out", default="synth", show_default=True, metavar="DIR", help="Where videos and rows go.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed, other pairs.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: one a core, at most 2]")
def synth(n_pairs: int, out: str, seed: int, workers: int | None) -> int:
    """Render pairs of videos of human-like figures, with exact labels, in the layout of VidDiffBench.

    `viddiff eval --data DIR/rows.jsonl` runs a method on them. No download is needed.
    """
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.synthetic.bench import render_bench

    folder = writable_folder(out)
    with show_progress() as progress:
        rows = render_bench(
            folder, n_pairs, seed, workers, lambda done, total: progress("rendering pairs", done, total)
        )
    click.echo(f"Wrote {n_pairs} pairs: {rows}")
    return 0
