"""``viddiff plan``: what would be measured for statements, to be read, corrected and handed in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viddiff.cli.options import (
    METHOD_OPTIONS,
    OF_LABELLED_PAIRS,
    POSE_OPTIONS,
    VIDEO_OPTIONS,
    Command,
    settings_options_without,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from viddiff.core.types import Difference
    from viddiff.programs.viddiff.plans import MeasurementPlan

_WITHOUT = tuple(name for name, _ in (*METHOD_OPTIONS, *POSE_OPTIONS, *VIDEO_OPTIONS)) + OF_LABELLED_PAIRS


@click.command(cls=Command, short_help="Print what is measured for statements; write it to a file.")
@click.argument("statements", nargs=-1, required=True)
@click.option("--action", required=True, metavar="TEXT", help="Name of the action, e.g. 'bodyweight squat'.")
@click.option("--out", metavar="FILE", help="Write the plans there, for --plans FILE of the other commands.")
@settings_options_without(*_WITHOUT)
def plan(statements: tuple[str, ...], action: str, out: str | None, **flags: Any) -> int:
    """Print what is measured for STATEMENTS, and why nothing is for others.

    With a model (--lm) it plans them in one call; without one the statement grammar does. A file of plans is a JSON
    object, statement -> measurement, to be read and corrected by hand; docs/quantities.md lists what can be measured.
    """
    from rich.console import Console

    from viddiff import build
    from viddiff.core.files import write_document
    from viddiff.core.settings import load_settings
    from viddiff.programs.statements import check_action, parse_differences
    from viddiff.programs.viddiff.plans import WrittenPlans

    settings = load_settings(**flags, plans="model")
    if not settings.has_lm:
        settings = settings.model_copy(update={"plans": "grammar"})
    checked = parse_differences(list(statements))
    lms = build.models(None, settings) if settings.plans == "model" else None
    planned, notices = build.plans(settings, lms).plan(check_action(action), checked)
    Console(highlight=False).print(plans_table(checked, planned))
    for notice in notices:
        click.echo(f"viddiff: {notice}", err=True)
    if out:
        plans = WrittenPlans({one.statement: planned[one.key] for one in checked})
        click.echo(f"Wrote {write_document(Path(out), plans.to_json())}", err=True)
    return 0


def plans_table(differences: Sequence[Difference], plans: Mapping[str, MeasurementPlan]) -> Table:
    """A row for each statement: what is measured and which way is more, or why nothing is."""
    from rich import box
    from rich.table import Table

    from viddiff.motion.measurement.pair import spec_words
    from viddiff.motion.measurement.spec import NotMeasurable

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for head in ("statement", "measured", "more is"):
        table.add_column(head, overflow="fold")
    for difference in differences:
        plan = plans[difference.key]
        if isinstance(plan, NotMeasurable):
            table.add_row(difference.statement, f"nothing: {plan.why}", "")
        else:
            table.add_row(difference.statement, spec_words(plan), plan.more)
    return table
