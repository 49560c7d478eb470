"""``viddiff steps make-data``: paired questions and answers from clips of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import METHOD_OPTIONS, OF_LABELLED_PAIRS, OF_ONE_PAIR, POSE_OPTIONS, settings_options_without

if TYPE_CHECKING:
    from viddiff.eval.stepdiff.qa.make import QAReport

_WITHOUT = tuple(name for name, _ in (*METHOD_OPTIONS, *POSE_OPTIONS) if name != "--effort")
_CHOICES = ("min_object", "min_caption", "least_alike", "most_alike", "pairs_per_clip", "questions", "seed")


@click.command(name="make-data", short_help="Paired questions and answers from clips of steps.")
@click.argument("clips")
@click.option("--out", required=True, metavar="DIR", help="Where the data go; the same command goes on there.")
@click.option(
    "--videos", metavar="ROOT", help="Folder of the videos: clips without captions, and answers, are looked at."
)
@click.option(
    "--test", "tests", multiple=True, metavar="FILE", help="Rows of DiffCap, DiffMCQ or DiffRank to stay clear of."
)
@click.option("--min-object", type=float, metavar="X", help="Score from which on an object counts.  [0.3]")
@click.option("--min-caption", type=float, metavar="X", help="Score from which on a caption counts.  [0.25]")
@click.option("--least-alike", type=float, metavar="X", help="Cosine of descriptions that are paired.  [0.15]")
@click.option("--most-alike", type=float, metavar="X", help="The same, at the most.  [0.95]")
@click.option("--pairs-per-clip", type=int, metavar="N", help="Pairs that a clip is in, at the most.  [4]")
@click.option("--questions", type=int, metavar="N", help="Of a pair.  [3]")
@click.option("--seed", type=int, metavar="N", help="Another seed, other pairs.  [0]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@settings_options_without(*_WITHOUT, *OF_ONE_PAIR, *OF_LABELLED_PAIRS, "--seed")
def make_data(clips: str, out: str, videos: str | None, tests: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Make questions and answers that take two videos, from what is known of CLIPS, for training.

    CLIPS has a line of JSON for each clip: clip, keystep, and as far as known narration, objects and captions. Clips of
    one keystep with similar descriptions are paired; the text model asks and answers; what the descriptions do not
    support, what one clip alone tells and what the clips do not show is dropped, each with its reason.
    """
    from pathlib import Path

    from viddiff.cli.compare import configure_answers
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
    configure_answers(settings)
    with show_progress() as progress:
        report = make(inputs, choices, settings, Path(out), progress)
    click.echo(report.model_dump_json(indent=2) if as_json else "\n".join(lines_of(report)))
    click.echo(f"Wrote {Path(out) / DATA}", err=True)
    return EXIT_FAILURES if report.n_failed else EXIT_OK


def lines_of(report: QAReport) -> list[str]:
    """The counts for a person."""
    lost = ", ".join(f"{n} {reason}" for reason, n in report.clips_dropped.items()) or "none"
    hint = "No two clips of one keystep are alike, and not the same: widen --least-alike or --most-alike."
    dropped = [f"  {n:6} {reason}" for reason, n in report.dropped.items()]
    return [
        f"{report.n_clips} clips ({lost} left out), {report.n_pairs} pairs ({report.pairs_failed} failed)",
        f"{report.n_made} questions: {report.n_kept} kept, {report.n_made - report.n_kept} dropped",
        *dropped,
        *([] if report.n_pairs else [hint]),
    ]
