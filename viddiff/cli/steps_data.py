"""``viddiff steps make-data``: paired questions and answers from clips of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import (
    METHOD_OPTIONS,
    OF_LABELLED_PAIRS,
    OF_ONE_PAIR,
    POSE_OPTIONS,
    Command,
    RenamedOption,
    settings_options_without,
)
from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from viddiff.eval.stepdiff.qa.make import QAReport

_WITHOUT = tuple(name for name, _ in (*METHOD_OPTIONS, *POSE_OPTIONS) if name != "--effort")
_CHOICES = ("min_object", "min_caption", "min_similarity", "max_similarity", "pairs_per_clip", "questions", "seed")


@click.command(cls=Command, name="make-data", short_help="Paired questions and answers from clips of steps.")
@click.argument("clips")
@click.option(
    "--out", required=True, metavar="DIR", help="Folder to write the data to; the same command resumes there."
)
@click.option(
    "--videos",
    metavar="ROOT",
    help="Folder of the videos: clips without captions are captioned, and answers are checked.",
)
@click.option(
    "--test",
    "tests",
    multiple=True,
    metavar="FILE",
    help="File of DiffCap, DiffMCQ or DiffRank whose videos are excluded; may be repeated.",
)
@click.option("--min-object", type=float, metavar="X", help="Minimum detection score of an object that is used.  [0.3]")
@click.option("--min-caption", type=float, metavar="X", help="Minimum score of a caption that is used.  [0.25]")
@click.option(
    "--min-similarity",
    cls=RenamedOption,
    former=("--least-alike",),
    type=float,
    metavar="X",
    help="Minimum cosine similarity of two descriptions that are paired.  [0.15]",
)
@click.option(
    "--max-similarity",
    cls=RenamedOption,
    former=("--most-alike",),
    type=float,
    metavar="X",
    help="Maximum cosine similarity of two descriptions that are paired.  [0.95]",
)
@click.option("--pairs-per-clip", type=int, metavar="N", help="Maximum number of pairs that a clip is in.  [4]")
@click.option("--questions", type=int, metavar="N", help="Questions per pair.  [3]")
@click.option("--seed", type=int, metavar="N", help="Random seed.  [0]")
@json_option
@settings_options_without(*_WITHOUT, *OF_ONE_PAIR, *OF_LABELLED_PAIRS, "--seed")
def make_data(clips: str, out: str, videos: str | None, tests: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Make questions and answers that take two videos, from what is known of CLIPS, for training.

    CLIPS has a line of JSON for each clip: clip, keystep, and as far as known narration, objects and captions. Clips of
    one keystep with similar descriptions are paired; the text model asks and answers; what the descriptions do not
    support, what one clip alone tells and what the clips do not show is dropped, each with its reason.
    """
    from pathlib import Path

    from viddiff import build
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK
    from viddiff.core.settings import load_settings
    from viddiff.eval.stepdiff.load import load_items
    from viddiff.eval.stepdiff.qa.make import DATA, QAInputs, make, qa_options_of
    from viddiff.eval.stepdiff.qa.sources import read_sources

    choices = qa_options_of({name: value for name in _CHOICES if (value := flags.pop(name)) is not None})
    settings = load_settings(**flags)
    inputs = QAInputs(
        read_sources(Path(clips)), [load_items(Path(test)) for test in tests], Path(videos) if videos else None
    )
    with build.answer_cache(settings), show_progress() as progress:
        report = make(inputs, choices, settings, Path(out), progress)
    click.echo(report.model_dump_json(indent=2) if as_json else "\n".join(lines_of(report)))
    click.echo(f"Wrote {Path(out) / DATA}", err=True)
    return EXIT_FAILURES if report.n_failed else EXIT_OK


def lines_of(report: QAReport) -> list[str]:
    """The counts for a person."""
    lost = ", ".join(f"{n} {reason}" for reason, n in report.clips_dropped.items()) or "none"
    hint = "No two clips of one keystep are similar but not the same: lower --min-similarity or raise --max-similarity."
    dropped = [f"  {n:6} {reason}" for reason, n in report.dropped.items()]
    return [
        f"{report.n_clips} clips ({lost} left out), {report.n_pairs} pairs ({report.pairs_failed} failed)",
        f"{report.n_made} questions: {report.n_kept} kept, {report.n_made - report.n_kept} dropped",
        *dropped,
        *([] if report.n_pairs else [hint]),
    ]
