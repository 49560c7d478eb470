"""``viddiff plan``: what would be measured for statements, as a file to correct and use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from viddiff.cli.options import (
    METHOD_OPTIONS,
    OF_LABELLED_PAIRS,
    POSE_OPTIONS,
    VIDEO_OPTIONS,
    Command,
    settings_options_without,
)

_WITHOUT = tuple(name for name, _ in (*METHOD_OPTIONS, *POSE_OPTIONS, *VIDEO_OPTIONS)) + OF_LABELLED_PAIRS


@click.command(cls=Command, short_help="Print what is measured for statements; write it to a file.")
@click.argument("statements", nargs=-1, required=True)
@click.option("--action", required=True, metavar="TEXT", help="Name of the action, e.g. 'bodyweight squat'.")
@click.option("--out", metavar="FILE", help="File to write the plans to, for --plans FILE of other commands.")
@settings_options_without(*_WITHOUT)
def plan(statements: tuple[str, ...], action: str, out: str | None, **flags: Any) -> int:
    """Print what is measured for each of STATEMENTS, or why nothing is.

    A model (--lm or --text-lm) plans all of them in one call; without one the statement grammar does. The file is a
    JSON object, statement -> measurement, that can be corrected by hand; docs/quantities.md lists what can be measured.
    """
    from viddiff import build
    from viddiff.core.files import write_document
    from viddiff.core.settings import load_settings
    from viddiff.programs.statements import check_action, parse_differences
    from viddiff.programs.viddiff.plans import WrittenPlans
    from viddiff.report.terminal.view import print_view
    from viddiff.report.viddiff.terminal_plans import plans_view

    settings = load_settings(**flags, plans="model")
    if not settings.has_lm:
        settings = settings.model_copy(update={"plans": "grammar"})
    checked = parse_differences(list(statements))
    lms = build.models(None, settings) if settings.plans == "model" else None
    planned, notices = build.plans(settings, lms).plan(check_action(action), checked)
    print_view(plans_view(checked, planned))
    for notice in notices:
        click.echo(f"viddiff: {notice}", err=True)
    if out:
        plans = WrittenPlans({one.statement: planned[one.key] for one in checked})
        click.echo(f"Wrote {write_document(Path(out), plans.to_json())}", err=True)
    return 0
