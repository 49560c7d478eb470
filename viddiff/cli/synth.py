"""``viddiff synth``: render a benchmark whose labels are known."""

from __future__ import annotations

import click


@click.command(short_help="Render a benchmark with known labels.")
@click.option(
    "--task",
    type=click.Choice(["pair", "step"]),
    default="pair",
    show_default=True,
    help="pair: rows as of VidDiffBench; step: the three files of StepDiff, four candidates for each reference.",
)
@click.option("--pairs", "n_pairs", default=60, show_default=True, type=click.IntRange(min=1), help="Pairs of videos.")
@click.option("--out", default="synth", show_default=True, metavar="DIR", help="Where videos and rows go.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Another seed, other pairs.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: one a core, at most 2]")
def synth(task: str, n_pairs: int, out: str, seed: int, workers: int | None) -> int:
    """Render pairs of videos of human-like figures, with exact labels, in the layout of VidDiffBench or StepDiff.

    `viddiff eval --data DIR/rows.jsonl` runs a method on pairs; `viddiff score` scores answers to steps. No download
    is needed.
    """
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.synthetic.bench import render_bench
    from viddiff.synthetic.steps.bench import render_steps

    folder = writable_folder(out)
    with show_progress() as progress:

        def tell(done: int, total: int) -> None:
            progress("rendering pairs", done, total)

        if task == "step":
            paths = render_steps(folder, n_pairs, seed, workers, tell)
        else:
            paths = (render_bench(folder, n_pairs, seed, workers, tell),)
    click.echo(f"Wrote {n_pairs} pairs: {', '.join(map(str, paths))}")
    return 0
