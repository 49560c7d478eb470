"""The planner: which measurement tells whether a statement is more true of a video. Text only; it sees no frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import dspy

from viddiff.core.record import Record
from viddiff.core.types import Difference
from viddiff.lms import failure_of
from viddiff.lms.retry import Retry
from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, NotMeasurable
from viddiff.programs.statements import fault_in, unfit
from viddiff.signatures.viddiff.planner import PlanMeasurements, PlannedMeasurement

Plan = MeasurementSpec | NotMeasurable


class Definition(Protocol):
    """What the planner tells a model of a quantity."""

    @property
    def name(self) -> str:
        """As in a ``MeasurementSpec``."""

    @property
    def unit(self) -> str:
        """Of its values; empty for shares and counts."""

    @property
    def definition(self) -> str:
        """One sentence, with its zero and its sign."""


class Measurable(Record):
    """A quantity as the planner keeps it: optimizers copy a program, and a registry is not to be copied with it."""

    name: str
    unit: str = ""
    definition: str

    def __str__(self) -> str:
        return f"{self.name} ({self.unit}): {self.definition}" if self.unit else f"{self.name}: {self.definition}"


class MeasurementPlanner(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Plans the measurements of all statements of an action in one call, which all pairs of the action share.

    Asks the LM in force (``dspy.settings.lm``); without one, and where its answer cannot be used, the statement grammar
    plans. One predictor, compiled and saved under its name.

    Args:
        quantities: everything that can be measured, e.g. the values of ``viddiff.motion.quantities.QUANTITIES``.
        attempts: asks until the answer parses and has a fit entry for a statement.
    """

    def __init__(self, quantities: Iterable[Definition], attempts: int = 3) -> None:
        super().__init__()
        self.plan = Retry(dspy.Predict(PlanMeasurements), attempts, check=without_entries)
        self.quantities = tuple(Measurable(name=q.name, unit=q.unit, definition=q.definition) for q in quantities)

    def forward(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> dspy.Prediction:
        """A prediction with ``plans``, difference key -> a measurement or why there is none, and ``notices``.

        Give all statements of an action at once: the same statements of another pair are then answered from the cache.

        Raises:
            BudgetError: the spending limit is reached. Any other fault of a call is told in a notice.
        """
        try:
            return dspy.Prediction(plans=self.plans(action, differences, stages), notices=())
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            fault = failure_of(error)
            if fault is None:
                raise
        told = f"No measurements were planned by the model, so the grammar planned them. {fault.message}"
        return dspy.Prediction(plans=self.filled({}, action, differences, stages), notices=(told,))

    def plans(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> dict[str, Plan]:
        """Difference key -> a measurement or why there is none; of the grammar where the model left a statement out.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
            BudgetError: the spending limit is reached.
        """
        asked = [difference for difference in differences if not fault_in(difference.statement)]
        return self.filled(self.entries(action, asked, stages), action, differences, stages)

    def filled(
        self,
        entries: Mapping[str, PlannedMeasurement],
        action: str,
        differences: Sequence[Difference],
        stages: Sequence[str],
    ) -> dict[str, Plan]:
        """What the model planned, checked, and the rest by the grammar."""
        plans: dict[str, Plan] = {}
        for difference in differences:
            fault = fault_in(difference.statement)
            if fault:
                plans[difference.key] = NotMeasurable(why=f"The statement {fault}.")
            elif difference.key in entries:
                plans[difference.key] = self.checked(entries[difference.key], stages)
            else:
                plans[difference.key] = self.by_grammar(difference.statement, action, stages)
        return plans

    async def aforward(
        self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()
    ) -> dspy.Prediction:
        """The same without blocking; the call runs in a thread, so that every engine serves."""
        return await dspy.asyncify(self)(action=action, differences=differences, stages=stages)

    def entries(
        self, action: str, differences: Sequence[Difference], stages: Sequence[str]
    ) -> dict[str, PlannedMeasurement]:
        """Difference key -> what the model planned; nothing where there is no model."""
        if dspy.settings.lm is None or not differences or unfit(action):
            return {}
        # In one order whatever pair they come from, and under keys that no caller can confuse.
        ordered = sorted(differences, key=lambda difference: (difference.statement, difference.key))
        keys = {str(number): difference.key for number, difference in enumerate(ordered, 1)}
        answer = self.plan(
            action=action,
            stages=[stage for stage in stages if not unfit(stage)],
            quantities=[str(quantity) for quantity in self.quantities],
            statements=dict(zip(keys, (difference.statement for difference in ordered), strict=True)),
        )
        return matched(keys, answer.measurements)

    def checked(self, entry: PlannedMeasurement, stages: Sequence[str]) -> Plan:
        """What the model planned, if the registry has what it names."""
        spec = entry.measurement
        if spec is None:
            return NotMeasurable(why=entry.why_not.strip() or "No quantity tells whether the statement is true.")
        known = {quantity.name for quantity in self.quantities}
        marks = [moment.of for moment in moments_of(spec) if moment.of is not None]
        missing = next((name for name in (spec.quantity, *marks) if name not in known), None)
        if missing is not None:
            return NotMeasurable(why=f"The quantity {missing[:60]!r} is not among those that are measured.")
        for moment in moments_of(spec):
            if moment.kind == "stage" and (moment.stage or "").casefold() not in {stage.casefold() for stage in stages}:
                return NotMeasurable(why=f"The action has no stage {(moment.stage or '')[:60]!r}.")
        return spec

    def by_grammar(self, statement: str, action: str, stages: Sequence[str]) -> Plan:
        """What the grammar plans, as far as the registry has it."""
        plan = measurement_of(statement, action, stages)
        if isinstance(plan, NotMeasurable):
            return plan
        return self.checked(PlannedMeasurement(key="", measurement=plan), stages)


def moments_of(spec: MeasurementSpec) -> list[Moment]:
    """All moments that a measurement names."""
    return [value for value in dict(spec).values() if isinstance(value, Moment)]


def matched(keys: Mapping[str, str], entries: Sequence[PlannedMeasurement]) -> dict[str, PlannedMeasurement]:
    """Difference key -> its entry, for statements with one entry that says something."""
    times = Counter(entry.key for entry in entries)
    return {keys[entry.key]: entry for entry in entries if entry.key in keys and times[entry.key] == 1}


def without_entries(prediction: dspy.Prediction) -> str | None:
    """What is wrong with planned measurements: that no entry can be used."""
    return None if any(entry.key for entry in prediction.measurements) else "no entry"
