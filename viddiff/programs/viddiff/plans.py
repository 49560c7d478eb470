"""What is measured for each statement, whoever says so: the statement grammar, a text model, or a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from viddiff.core.types import Difference
from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable

Plan = MeasurementSpec | NotMeasurable


class Plans(Protocol):
    """Says what is measured for statements."""

    def plan(
        self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()
    ) -> tuple[Mapping[str, Plan], tuple[str, ...]]:
        """(difference key -> a measurement or why there is none, notices), for every difference.

        Args:
            stages: names of the stages of the action, which a statement may name.
        """


class GrammarPlans:
    """The statement grammar; asks no model."""

    def plan(
        self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()
    ) -> tuple[Mapping[str, Plan], tuple[str, ...]]:
        """See ``Plans.plan``."""
        return {one.key: measurement_of(one.statement, action, stages) for one in differences}, ()
