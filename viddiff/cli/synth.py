"""``viddiff synth``: render a benchmark whose labels are known."""

from __future__ import annotations

import click


@click.command(short_help="Render a benchmark with known labels.")
@click.option(
    "--task",
    type=click.Choice(["pair", "step", "skill"]),
    default="pair",
    show_default=True,
    help="pair: rows like those of VidDiffBench; step: the three files of StepDiff, four candidates for each "
    "reference; skill: scored performers with known faults.",
)
@click.option(
    "--pairs",
    "n_pairs",
    default=60,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of pairs of videos, with --task pair or step.",
)
@click.option(
    "--performers",
    "n_performers",
    default=260,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of performers, with --task skill.",
)
@click.option(
    "--squats",
    "n_squats",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of squats of each performer, with --task skill.",
)
@click.option("--videos", is_flag=True, help="Render videos in place of exact poses, with --task skill.")
@click.option(
    "--out", default="synth", show_default=True, metavar="DIR", help="Folder to write the videos and rows to."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Random seed.")
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Number of worker processes.  [one per core, at most 2]"
)
def synth(
    task: str, n_pairs: int, n_performers: int, n_squats: int, videos: bool, out: str, seed: int, workers: int | None
) -> int:
    """Render videos of human-like figures, with exact labels, in the format of VidDiffBench, StepDiff or skill data.

    `viddiff eval --data DIR/rows.jsonl` runs a method on pairs; `viddiff score` scores answers to steps; `viddiff skill
    train DIR` learns from performers. No download is needed.
    """
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.skill.performers import exact_pose
    from viddiff.synthetic.bench import render_bench
    from viddiff.synthetic.skill.bench import render_performers
    from viddiff.synthetic.steps.bench import render_steps

    folder = writable_folder(out)
    of_skill = task == "skill"
    with show_progress() as progress:

        def report(done: int, total: int) -> None:
            progress("rendering performers" if of_skill else "rendering pairs", done, total)

        if of_skill:
            describe = None if videos else exact_pose
            paths = [render_performers(folder, describe, n_performers, seed, n_squats, workers, report)]
        elif task == "step":
            paths = [*render_steps(folder, n_pairs, seed, workers, report)]
        else:
            paths = [render_bench(folder, n_pairs, seed, workers, report)]
    count = f"{n_performers} performers" if of_skill else f"{n_pairs} pairs"
    click.echo(f"Wrote {count}: {', '.join(map(str, paths))}")
    return 0
