"""``viddiff batch``: many comparisons as one resumable run, with one index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import OF_LABELLED_PAIRS, Command, settings_options_without
from viddiff.cli.output import json_option

if TYPE_CHECKING:
    from viddiff.batch.best import BestClip
    from viddiff.batch.pairs import Pair
    from viddiff.batch.run import BatchResult, EngineName
    from viddiff.core.settings import Settings

#: The most failures that are printed; the index lists all.
MAX_LISTED_FAILURES = 10


@click.command(cls=Command, short_help="Compare many pairs of videos; resumable.")
@click.argument("pairs", required=False)
@click.option("--reference", metavar="VIDEO", help="Compare this video, as A, with each video of --with.")
@click.option(
    "--best",
    metavar="SCORES",
    help="Compare the best video of --with, as A, with the others: SCORES is a table with the columns video and "
    "score, or a model of viddiff skill train.",
)
@click.option("--with", "folder", metavar="DIR", help="Folder of the videos to compare with --reference or --best.")
@click.option("--out", required=True, metavar="DIR", help="Run folder; the same command resumes where it stopped.")
@click.option("--action", metavar="TEXT", help="Name of the action, for pairs that have none.")
@click.option(
    "--difference",
    "differences",
    multiple=True,
    metavar="STATEMENT",
    help="A difference to judge, for pairs that have none; may be repeated.  [differences are proposed]",
)
@click.option("--no-report", is_flag=True, help="Write comparison.json only, no report.html.")
@click.option("--no-clips", is_flag=True, help="Leave the clips and the players out of the reports.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where clips are read and compared: this process or a Ray cluster.",
)
@click.option("--ray-address", metavar="ADDRESS", help="Address of the Ray cluster.  [a new one on this machine]")
@json_option
@click.option("--dry-run", is_flag=True, help="Read the clips, print the requests and their cost; send nothing.")
@settings_options_without(*OF_LABELLED_PAIRS, "--start-a", "--stop-a", "--start-b", "--stop-b")
def batch(
    pairs: str | None,
    reference: str | None,
    best: str | None,
    folder: str | None,
    out: str,
    action: str | None,
    differences: tuple[str, ...],
    no_report: bool,
    no_clips: bool,
    engine: EngineName,
    ray_address: str | None,
    as_json: bool,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Compare every pair of PAIRS, or one reference, or the best video of a folder, with every video of a folder.

    PAIRS is a CSV, JSON Lines, JSON or Parquet file with the columns video_a, video_b, action and, if wanted,
    differences (separated by semicolons in CSV) and person_a, date_a, person_b, date_b for trends; if these are empty,
    they are read from file names such as anna_2026-03-14.mp4. A pair that cannot be compared is a row of the index with
    the reason. The same command resumes a run that was killed.
    """
    from pathlib import Path

    from viddiff.batch.best import write_scores
    from viddiff.batch.compare import Pages
    from viddiff.batch.run import run
    from viddiff.cli.progress import show_progress
    from viddiff.core.settings import load_settings

    settings = load_settings(**flags)
    best_of_folder = best_clip(best, pairs or reference, folder, settings) if best is not None else None
    pair_list = pairs_of(pairs, str(best_of_folder.clip) if best_of_folder else reference, folder, action, differences)
    if dry_run:
        return estimate(pair_list, settings, as_json)
    if best_of_folder:
        write_scores(Path(out), best_of_folder)
    with show_progress() as progress:
        pages = Pages(not no_report, not no_clips)
        result = run(pair_list, Path(out), settings, pages, progress, engine=engine, ray_address=ray_address)
    show(result, as_json)
    return exit_code(result)


def best_clip(scores: str, other: str | None, folder: str | None, settings: Settings) -> BestClip:
    """The best clip of ``folder``, by a table or a folder with a trained model; ``other`` is what it replaces."""
    from pathlib import Path

    from viddiff import skill
    from viddiff.batch.best import scores_by, scores_of_table
    from viddiff.cli.progress import show_progress
    from viddiff.core.errors import UsageError
    from viddiff.video.files import video_files

    if folder is None or other is not None:
        raise UsageError(
            "--best chooses from the videos of --with DIR: give --with, and leave out PAIRS and --reference."
        )
    clips, source = video_files(Path(folder)), Path(scores)
    if len(clips) < 2:
        raise UsageError(f"--with {folder!r} holds {len(clips)} videos: at least two are needed.")
    if source.is_dir():
        with show_progress() as progress:
            best = scores_by(lambda clip: skill.score(clip, source, settings=settings).score, clips, progress)
    else:
        best = scores_of_table(source, clips)
    click.echo(f"viddiff: {best}", err=True)
    return best


def pairs_of(
    pairs: str | None, reference: str | None, folder: str | None, action: str | None, differences: tuple[str, ...]
) -> list[Pair]:
    """The pairs that the command line names."""
    from pathlib import Path

    from viddiff.batch.pairs import pairs_of_reference, pairs_of_table
    from viddiff.core.errors import UsageError

    if pairs is not None and reference is None and folder is None:
        return pairs_of_table(Path(pairs), action, differences)
    if pairs is None and reference is not None and folder is not None and action is not None:
        return pairs_of_reference(Path(reference), Path(folder), action, differences)
    raise UsageError(
        "Give a table of pairs, or --reference VIDEO (or --best SCORES) with --with DIR and --action TEXT."
    )


def estimate(pairs: list[Pair], settings: Settings, as_json: bool) -> int:
    """Read the clips, print what would be asked, send nothing."""
    from viddiff.batch.estimate import plan_batch
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.progress import show_progress

    with show_progress() as progress:
        planned, n_failed = plan_batch(pairs, settings, progress)
    print_estimate(planned, as_json)
    if n_failed:
        click.echo(f"viddiff: of {len(pairs)} pairs {n_failed} cannot be compared and are not counted here.", err=True)
    return 0


def show(result: BatchResult, as_json: bool) -> None:
    """How many pairs came to what; failures and files on standard error."""
    import json
    from collections import Counter

    if as_json:
        rows = [row.model_dump(mode="json") for row in result.rows]
        click.echo(json.dumps({"pairs": rows, "usage": result.usage.model_dump(mode="json")}, indent=2))
    else:
        counts = Counter(row.status for row in result.rows)
        summary = ", ".join(f"{counts[name]} {name}" for name in ("done", "incomplete", "failed") if counts[name])
        click.echo(f"{len(result.rows)} pairs: {summary}.")
    failed = [row for row in result.rows if row.status == "failed"]
    for row in failed[:MAX_LISTED_FAILURES]:
        click.echo(f"viddiff: {row.key}: {row.error}", err=True)
    if len(failed) > MAX_LISTED_FAILURES:
        click.echo(f"viddiff: and {len(failed) - MAX_LISTED_FAILURES} more, see the index.", err=True)
    for path in result.files:
        click.echo(f"Wrote {path}", err=True)


def exit_code(result: BatchResult) -> int:
    """0, or 1 where a pair could not be compared or a question failed."""
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK

    complete = all(row.status == "done" and not row.failed_questions for row in result.rows)
    return EXIT_OK if complete else EXIT_FAILURES
