"""``viddiff steps train``: the projector, trained on rows of StepDiff and on paired questions and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import (
    METHOD_OPTIONS,
    MODEL_OPTIONS,
    OF_ONE_PAIR,
    POSE_OPTIONS,
    Command,
    RenamedOption,
    settings_options_without,
)
from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from viddiff.eval.stepdiff.projector.train import TrainingPlan

_KEPT = ("--clip", "--clip-dtype")
_WITHOUT = tuple(name for name, _ in (*MODEL_OPTIONS, *METHOD_OPTIONS, *POSE_OPTIONS) if name not in _KEPT)
#: Flags that are fields of ``viddiff.programs.stepdiff.projector.options.ProjectorOptions``.
OF_PROJECTORS = (
    "steps", "batch", "learning_rate", "frames", "tokens", "width", "heads", "layers", "precision", "keep_every",
    "seed",
)  # fmt: skip


@click.command(cls=Command, short_help="Train a projector: clips as tokens of a language model.")
@click.argument("data")
@click.option(
    "--out", required=True, metavar="DIR", help="Folder of the projector; a run that was killed resumes there."
)
@click.option("--lm", required=True, metavar="MODEL", help="Language model: local/FOLDER or local/REPOSITORY.")
@click.option(
    "--size",
    type=click.Choice(["tiny", "full"]),
    default="tiny",
    show_default=True,
    help="Size of the projector: tiny for a CPU, full as in the paper.",
)
@click.option("--encoder", type=click.Choice(["grey", "clip"]), help="Frame encoder.  [tiny: grey; full: clip]")
@click.option("--features", metavar="DIR", help="Folder of precomputed features, <clip id>.npy, in place of videos.")
@click.option("--videos", metavar="ROOT", help="Folder of the videos.  [the folder of DATA]")
@click.option(
    "--test",
    "tests",
    multiple=True,
    metavar="FILE",
    help="File of rows whose videos are excluded from training; may be repeated.",
)
@click.option(
    "--held-out", type=float, default=0.2, show_default=True, help="Share of the rows that is held out and scored."
)
@click.option("--allow-missing", is_flag=True, help="Skip rows whose clips are missing instead of stopping.")
@click.option("--steps", type=int, metavar="N", help="Training steps.  [tiny: 1200; full: 5000]")
@click.option("--batch", type=int, metavar="N", help="Questions in a training step.  [tiny: 64; full: 128]")
@click.option("--learning-rate", type=float, metavar="X", help="Peak learning rate.  [tiny: 0.002; full: 0.0001]")
@click.option(
    "--n-frames",
    "frames",
    cls=RenamedOption,
    former=("--frames",),
    type=int,
    metavar="N",
    help="Frames per clip, evenly spaced.  [tiny: 16; full: 8]",
)
@click.option("--tokens", type=int, metavar="N", help="Tokens per clip.  [tiny: 4; full: 32]")
@click.option("--width", type=int, metavar="N", help="Width of the Perceiver.  [tiny: 64; full: 1024]")
@click.option("--heads", type=int, metavar="N", help="Attention heads of the Perceiver.  [tiny: 4; full: 8]")
@click.option("--layers", type=int, metavar="N", help="Layers of the Perceiver.  [2]")
@click.option(
    "--precision", type=click.Choice(["float32", "bfloat16"]), help="Precision of the language model.  [float32]"
)
@click.option("--keep-every", type=int, metavar="N", help="Training steps between two checkpoints.  [50]")
@click.option("--seed", type=int, metavar="N", help="Random seed.  [0]")
@click.option("--dry-run", is_flag=True, help="Print what would be trained; read no video.")
@json_option
@settings_options_without(*_WITHOUT, *OF_ONE_PAIR)
def train(data: str, out: str, dry_run: bool, as_json: bool, **flags: Any) -> int:
    """Train the pair-conditioned projector on DATA: a folder with data.jsonl of make-data, diffcap.jsonl,
    diffmcq.jsonl or diffrank.jsonl, or one such file.

    The encoder and the language model stay frozen. Held-out rows are scored, and written to DIR/held_out for viddiff
    eval; each score is printed beside that with the clips replaced by others, and that of the untrained projector.

    viddiff steps and viddiff eval take the projector as --lm local/DIR.
    """
    from viddiff import steps as on_steps
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress
    from viddiff.core.settings import load_settings
    from viddiff.report.stepdiff.terminal_projector import projector_view
    from viddiff.report.terminal.view import print_view
    from viddiff.steps.training import plan

    arguments = {name: flags.pop(name) for name in ("lm", "size", "encoder", "features", "tests", "held_out")}
    reading = {name: flags.pop(name) for name in ("videos", "allow_missing")}
    arguments |= {name: value for name in OF_PROJECTORS if (value := flags.pop(name)) is not None}
    settings = load_settings(**flags)
    if dry_run:
        planned = plan(data, **arguments)
        click.echo(planned.model_dump_json(indent=2) if as_json else "\n".join(plan_lines(planned)))
        return 0
    writable_folder(out)
    with show_progress() as progress:
        card = on_steps.train(data, out, **arguments, **reading, settings=settings, progress=progress)
    if as_json:
        click.echo(card.model_dump_json(indent=2))
    else:
        print_view(projector_view(card))
    return 0


def plan_lines(planned: TrainingPlan) -> list[str]:
    """What would be done, for a person."""
    files = [
        f"  {name}: {planned.n_rows.get(name, 0)} rows, {planned.n_held_out.get(name, 0)} held out"
        for name in sorted({*planned.n_rows, *planned.n_held_out})
    ]
    options = planned.options
    return [
        f"{planned.n_examples} questions of {planned.n_clips} clips, described by {planned.encoder}",
        *files,
        f"{options.steps} steps of {options.batch} questions; a clip is {options.frames} frames, {options.tokens} "
        f"tokens of {planned.language}",
    ]
