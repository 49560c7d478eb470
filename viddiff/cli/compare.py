"""``viddiff compare``: the differences of two videos, with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import OF_LABELLED_PAIRS, Command, settings_options_without
from viddiff.cli.output import Output, dry_run_option, output_options

if TYPE_CHECKING:
    from viddiff.core.comparison import ComparisonRecord
    from viddiff.core.settings import Settings


@click.command(cls=Command, short_help="Compare two videos of the same action.")
@click.argument("video_a")
@click.argument("video_b")
@click.option(
    "--action", required=True, metavar="TEXT", help="Name of the action in both videos, e.g. 'bodyweight squat'."
)
@click.option(
    "--difference",
    "differences",
    multiple=True,
    metavar="STATEMENT",
    help="A difference to judge, e.g. 'the squat is deeper'; may be repeated.  [differences are proposed]",
)
@output_options("Folder to write comparison.json and report.html to.", clips=True)
@dry_run_option
@settings_options_without(*OF_LABELLED_PAIRS)
def compare(
    video_a: str,
    video_b: str,
    action: str,
    differences: tuple[str, ...],
    output: Output,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Compare two videos of the same action: which differences there are, and in which frames they show.

    VIDEO_A and VIDEO_B are video files, or folders of images (then with --folder-fps). Without a model (--lm, or
    VIDDIFF_LM, or lm in viddiff.toml) the differences that can be measured are.
    """
    from viddiff.core.settings import load_settings

    settings = load_settings(**flags)
    statements = list(differences) or None
    if dry_run:
        return estimate(video_a, video_b, action, statements, settings, output.as_json)
    return run(video_a, video_b, action, statements, settings, output)


def run(
    video_a: str,
    video_b: str,
    action: str,
    differences: list[str] | None,
    settings: Settings,
    output: Output,
) -> int:
    """Compare, print and write; the exit code."""
    from viddiff.api import compare as compare_videos
    from viddiff.cli.progress import show_progress
    from viddiff.report.viddiff.terminal_comparison import comparison_view

    output.check()
    with show_progress() as progress:
        comparison = compare_videos(
            video_a, video_b, action=action, differences=differences, settings=settings, progress=progress
        )
    output.show(comparison, comparison_view, "comparison.json", page=True)
    return exit_code(comparison)


def exit_code(comparison: ComparisonRecord) -> int:
    """0, or 5 where the budget ended the asking, or 1 where questions failed."""
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, BudgetError

    if comparison.budget_reached:
        return BudgetError.exit_code
    return EXIT_FAILURES if comparison.n_failed else EXIT_OK


def estimate(
    video_a: str, video_b: str, action: str, differences: list[str] | None, settings: Settings, as_json: bool
) -> int:
    """Read the videos, print what would be asked, send nothing."""
    from viddiff import build
    from viddiff.cli.estimates import print_estimate
    from viddiff.cli.progress import show_progress
    from viddiff.programs.statements import check_action, parse_differences

    check_action(action)
    statements = parse_differences(differences) if differences else None
    store = build.frame_store(settings)
    if settings.has_vision:
        compiled = build.compiled_programs(settings, has_lm=True)
        settings = settings.model_copy(update={"method": build.method_name(settings, compiled)})
    with show_progress() as progress:
        videos = build.read_pair(video_a, video_b, settings, store, progress)
    return print_estimate(build.estimate_comparison(settings, videos.a, videos.b, statements), as_json)
