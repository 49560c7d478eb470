"""What would be measured for statements, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from viddiff.core.formatting import one_line
from viddiff.motion.measurement.pair import spec_words
from viddiff.motion.measurement.spec import NotMeasurable
from viddiff.report.terminal.view import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viddiff.core.types import Difference
    from viddiff.programs.viddiff.plans import MeasurementPlan


def plans_view(differences: Sequence[Difference], plans: Mapping[str, MeasurementPlan]) -> Iterator[RenderableType]:
    """A row for each statement: what is measured and which way is more, or why nothing is."""
    grid = table("statement", "measured", "more is", lines=True)
    for difference in differences:
        plan = plans[difference.key]
        found = (f"nothing: {plan.why}", "") if isinstance(plan, NotMeasurable) else (spec_words(plan), plan.more)
        grid.add_row(*map(one_line, (difference.statement, *found)))
    yield grid
