"""``viddiff compare``: two videos in, differences with evidence out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import OF_LABELLED_PAIRS, settings_options_without

if TYPE_CHECKING:
    from viddiff.core.comparison import Comparison
    from viddiff.core.settings import Settings
    from viddiff.programs.estimate import CostEstimate


@click.command(short_help="Compare two videos of the same action.")
@click.argument("video_a")
@click.argument("video_b")
@click.option("--action", required=True, metavar="TEXT", help="What is done in both videos, e.g. 'bodyweight squat'.")
@click.option(
    "--difference",
    "differences",
    multiple=True,
    metavar="STATEMENT",
    help="A difference to judge, e.g. 'the squat is deeper'; may be repeated. Without any, they are proposed.",
)
@click.option("--out", metavar="DIR", help="Write comparison.json and report.html there.")
@click.option("--no-clips", is_flag=True, help="Leave both clips, and so the players, out of report.html.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.option("--dry-run", is_flag=True, help="Print what would be asked and what it may cost; send nothing.")
@settings_options_without(*OF_LABELLED_PAIRS)
def compare(
    video_a: str,
    video_b: str,
    action: str,
    differences: tuple[str, ...],
    out: str | None,
    no_clips: bool,
    as_json: bool,
    dry_run: bool,
    **flags: Any,
) -> int:
    """Compare two videos of the same action: which differences are there, where, in which frames.

    VIDEO_A and VIDEO_B are video files, or folders of images (then with --folder-fps). Without a model (--lm, or
    VIDDIFF_LM, or lm in viddiff.toml) the measured program answers what it can measure.
    """
    from viddiff.core.settings import load_settings

    settings = load_settings(**flags)
    statements = list(differences) or None
    if dry_run:
        return print_plan(video_a, video_b, action, statements, settings, as_json)
    return run(video_a, video_b, action, statements, settings, out, as_json, clips=not no_clips)


def run(
    video_a: str,
    video_b: str,
    action: str,
    differences: list[str] | None,
    settings: Settings,
    out: str | None,
    as_json: bool,
    clips: bool = True,
) -> int:
    """Compare, print and write; the exit code."""
    from viddiff.api import compare as compare_videos
    from viddiff.cli.output import writable_folder
    from viddiff.cli.progress import show_progress

    folder = writable_folder(out) if out else None
    configure_answers(settings)
    with show_progress() as progress:
        comparison = compare_videos(
            video_a, video_b, action=action, differences=differences, settings=settings, progress=progress
        )
    if as_json:
        click.echo(comparison.to_json())
    else:
        from viddiff.report.terminal.view import print_view
        from viddiff.report.viddiff.terminal_comparison import comparison_view

        print_view(comparison_view(comparison))
    if folder:
        from viddiff.cli.output import write_results

        for path in write_results(comparison, folder, clips):
            click.echo(f"Wrote {path}", err=True)
    return exit_code(comparison)


def configure_answers(settings: Settings) -> None:
    """Keep the answers of models where the settings say; dspy's cache is process-wide, so entry points set it.

    Once a day the cache is brought back to the size that the settings allow.
    """
    from viddiff.core.cache_folder import prune_daily

    if settings.cache:
        prune_daily(settings.cache_dir, int(settings.cache_max_gb * 2**30))
    if not settings.has_lm:
        return
    from viddiff.core.shared_store import of_settings
    from viddiff.lms.cache import configure, folder_of

    folder = folder_of(settings.cache_dir, settings.api_base) if settings.cache else None
    notice = configure(folder, of_settings(settings.store))
    if notice:
        click.echo(f"viddiff: {notice}", err=True)


def exit_code(comparison: Comparison) -> int:
    """0, or 5 where the budget ended the asking, or 1 where questions failed."""
    from viddiff.core.errors import EXIT_FAILURES, EXIT_OK, BudgetError

    if comparison.budget_reached:
        return BudgetError.exit_code
    return EXIT_FAILURES if comparison.n_failed else EXIT_OK


def print_plan(
    video_a: str, video_b: str, action: str, differences: list[str] | None, settings: Settings, as_json: bool
) -> int:
    """Read the videos, print what would be asked, send nothing."""
    from viddiff import build
    from viddiff.build import read_pair
    from viddiff.cli.progress import show_progress
    from viddiff.programs.statements import check_action, parse_differences
    from viddiff.programs.viddiff.estimate import estimate_comparison

    check_action(action)
    statements = parse_differences(differences) if differences else None
    store = build.frame_store(settings)
    if settings.has_vision:
        compiled = build.compiled_programs(settings, has_lm=True)
        settings = settings.model_copy(update={"method": build.method(settings, compiled)})
    with show_progress() as progress:
        planned = estimate_comparison(settings, *read_pair(video_a, video_b, settings, store, progress), statements)
    click.echo(planned.model_dump_json(indent=2) if as_json else plan_text(planned))
    return 0


def plan_text(planned: CostEstimate) -> str:
    """A plan in lines."""
    if not planned.roles:
        return "No model is configured: the measured program asks nothing and costs nothing."
    lines = ["At most this would be asked (nothing was sent):"]
    for role in planned.roles:
        price = "no price known" if role.cost_usd is None else f"about ${role.cost_usd:.4f}"
        lines.append(
            f"  {role.role:7} {role.model}: {role.calls} calls, {role.images} images, "
            f"about {role.input_tokens + role.output_tokens:,} tokens, {price}"
        )
        if role.least:
            least = f"{role.least.calls} calls, {role.least.images} images"
            lines.append(f"          at the least {least}, where all statements that may share frames do")
    total = planned.cost_usd
    lines.append("Total: " + ("no price known" if total is None else f"about ${total:.4f}"))
    if planned.max_cost_usd is not None:
        lines.append(f"Asking stops when ${planned.max_cost_usd:g} are spent (--max-cost).")
    if planned.max_calls is not None:
        lines.append(f"Asking stops after {planned.max_calls} calls (--max-calls).")
    return "\n".join(lines)
