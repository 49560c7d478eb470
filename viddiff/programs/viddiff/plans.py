"""What is measured for each statement, as planned by one of three: the statement grammar, a text model, or a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import TypeAdapter, ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes
from viddiff.core.types import Difference
from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable
from viddiff.motion.quantities import QUANTITIES

if TYPE_CHECKING:
    from viddiff.lms import Failure

MeasurementPlan = MeasurementSpec | NotMeasurable
#: Difference key -> its plan, and what a user should know of how they were made.
Planned = tuple[Mapping[str, MeasurementPlan], tuple[str, ...]]

MAX_PLANS_BYTES = 16 * 2**20
_PLANS = TypeAdapter(dict[str, MeasurementPlan])


class Plans(Protocol):
    """Says what is measured for statements."""

    def plan(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> Planned:
        """A measurement for every difference, or why there is none.

        Args:
            stages: names of the stages of the action, which a statement may name.
        """


class GrammarPlans:
    """The statement grammar; asks no model."""

    def plan(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> Planned:
        """See ``Plans.plan``."""
        return {difference.key: measurement_of(difference.statement, action, stages) for difference in differences}, ()


class WrittenPlans:
    """Plans that somebody wrote, or had written and read, by statement; what is not among them the grammar plans.

    >>> from viddiff.motion.measurement.spec import MeasurementSpec
    >>> plans = WrittenPlans({"the stance is wider": MeasurementSpec(quantity="stance_width")})
    """

    def __init__(self, plans: Mapping[str, MeasurementPlan]) -> None:
        self.plans = {as_one_line(statement): plan for statement, plan in plans.items()}

    @classmethod
    def read(cls, path: Path) -> WrittenPlans:
        """Those of a file: a JSON object, statement -> measurement, or statement -> {"why": why there is none}.

        Raises:
            InputError: the file cannot be read, or names what cannot be measured.
        """
        try:
            plans = _PLANS.validate_json(read_bytes(path, MAX_PLANS_BYTES))
        except OSError as error:
            raise InputError(f"The plans {str(path)!r} cannot be read: {error.strerror or error}.") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = " ".join(map(str, first["loc"][:1])) or "the file"
            raise InputError(
                f"{str(path)!r} is not a file of plans: at {where[:80]!r}: {first['msg']}. See `viddiff plan --help`."
            ) from None
        for statement, plan in plans.items():
            unknown = unknown_quantity(plan)
            if unknown:
                raise InputError(
                    f"{str(path)!r}: the plan of {statement[:80]!r} names {unknown[:60]!r}, which is not a quantity. "
                    "docs/quantities.md lists them."
                )
        return cls(plans)

    def to_json(self) -> str:
        """The plans as the text of such a file."""
        return _PLANS.dump_json(self.plans, indent=2, exclude_defaults=True).decode()

    def plan(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> Planned:
        """See ``Plans.plan``."""
        by_grammar, _ = GrammarPlans().plan(action, differences, stages)
        return {
            difference.key: self.plans.get(as_one_line(difference.statement), by_grammar[difference.key])
            for difference in differences
        }, ()


def as_one_line(statement: str) -> str:
    """A statement with single spaces, as plans are found by it."""
    return " ".join(statement.split())


def notices_of(failed: Mapping[str, Failure]) -> tuple[str, ...]:
    """What a user should know of statements that the model gave no plan for: statement -> why."""
    return tuple(
        f"The model gave no plan that can be used for {statement!r}, so the grammar planned it. {failure.message}"
        for statement, failure in failed.items()
    )


def unknown_quantity(plan: MeasurementPlan) -> str | None:
    """The name of a quantity in a plan that the registry does not have; None where it has all."""
    if isinstance(plan, NotMeasurable):
        return None
    names = [plan.quantity, plan.at.of, plan.to.of if plan.to else None]
    return next((name for name in names if name is not None and name not in QUANTITIES), None)
