"""The planner: which measurement tells whether a statement is more true of a video. Text only; it sees no frame."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import dspy

from viddiff.core.record import Record
from viddiff.core.types import Difference
from viddiff.lms import Failure, LMs, failure_of
from viddiff.lms.retry import Retry
from viddiff.motion.grammar import measurement_of
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, NotMeasurable
from viddiff.motion.quantities import QUANTITIES
from viddiff.programs.caller import model_in_force
from viddiff.programs.entries import LEFT_OUT, entries_by_key, number_statements
from viddiff.programs.predict import AsyncModule
from viddiff.programs.statements import fault_in, unfit_reason
from viddiff.programs.viddiff.plans import MeasurementPlan, Planned, notices_of
from viddiff.signatures.measurements import quantity_text
from viddiff.signatures.viddiff.planner import PlanMeasurements, PlannedMeasurement

#: Action, stages and statement, as plans are found by them.
_Name = tuple[str, tuple[str, ...], str]


class CheckedEntries(NamedTuple):
    """What the model planned, and why there is nothing to use of it for the others, each by difference key."""

    plans: dict[str, MeasurementPlan]
    failures: dict[str, Failure]


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


class MeasurementPlanner(AsyncModule):
    """Plans the measurements of all statements of an action in one call, which all pairs of the action share.

    Asks the LM in force (``dspy.settings.lm``); without one, and where its answer cannot be used, the statement grammar
    plans. One predictor, compiled and saved under its name.

    Args:
        quantities: everything that can be measured; None: ``viddiff.motion.quantities.QUANTITIES``.
        attempts: asks until the answer parses and has an entry for each statement that names what is measured; another
            answer is not kept for later runs, but what can be used of the last one is.
    """

    def __init__(self, quantities: Iterable[Definition] | None = None, attempts: int = 3) -> None:
        super().__init__()
        self.plan = Retry(dspy.Predict(PlanMeasurements), attempts)
        if quantities is None:
            quantities = QUANTITIES.values()
        self.quantities = tuple(Measurable(name=q.name, unit=q.unit, definition=q.definition) for q in quantities)

    def forward(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> dspy.Prediction:
        """What is measured for each statement; of the grammar where the model gave nothing that can be used.

        Give all statements of an action at once: the same statements of another pair are then answered from the cache.

        Returns:
            A prediction with ``plans``, difference key -> a measurement or why there is none; ``failures``, difference
            key -> what the model failed at; ``fault``, why the call failed, or None; ``notices`` of both.

        Raises:
            BudgetError: the spending limit is reached. Any other fault of a call is returned.
        """
        fault = None
        try:
            plans, failures = self.ask(action, differences, stages)
        except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
            fault = failure_of(error)
            if fault is None:
                raise
            plans, failures = {}, {}
        statements = {difference.key: difference.statement for difference in differences}
        filled = {
            key: plans[key] if key in plans else self.by_grammar(statement, action, stages)
            for key, statement in statements.items()
        }
        notices = notices_of({statements[key]: failure for key, failure in failures.items()})
        if fault:
            notices = (f"No measurements were planned by the model, so the grammar planned them. {fault.message}",)
        return dspy.Prediction(plans=filled, failures=failures, fault=fault, notices=notices)

    def ask(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> CheckedEntries:
        """What the model planned and what it failed at; of the grammar only where no model is asked.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: the call failed.
            BudgetError: the spending limit is reached.
        """
        faults = {difference.key: fault for difference in differences if (fault := fault_in(difference.statement))}
        plans: dict[str, MeasurementPlan] = {
            key: NotMeasurable(why=f"The statement {fault}.") for key, fault in faults.items()
        }
        # In one order whatever pair they come from.
        to_plan = sorted(
            (difference for difference in differences if difference.key not in faults),
            key=lambda one: (one.statement, one.key),
        )
        if dspy.settings.lm is None or unfit_reason(action):
            by_grammar = {one.key: self.by_grammar(one.statement, action, stages) for one in to_plan}
            return CheckedEntries(plans | by_grammar, {})
        if not to_plan:
            return CheckedEntries(plans, {})
        keys, statements = number_statements({difference.key: difference.statement for difference in to_plan})
        answer = self.plan(
            check=lambda prediction: flaw(self.read(prediction.measurements, keys, stages)),
            action=action,
            stages=[stage for stage in stages if not unfit_reason(stage)],
            quantities=[quantity_text(q.name, q.unit, q.definition) for q in self.quantities],
            statements=statements,
        )
        planned, failures = self.read(answer.measurements, keys, stages)
        return CheckedEntries(plans | planned, failures)

    def read(
        self, entries: Sequence[PlannedMeasurement], keys: Mapping[str, str], stages: Sequence[str]
    ) -> CheckedEntries:
        """The entries of an answer, checked.

        Args:
            keys: number in the prompt -> difference key.
        """
        by_key = entries_by_key(entries, keys)
        plans: dict[str, MeasurementPlan] = {}
        failures: dict[str, Failure] = {}
        for number, key in keys.items():
            plan = self.check_entry(by_key[number], stages) if number in by_key else Failure("garbled", LEFT_OUT)
            if isinstance(plan, Failure):
                failures[key] = plan
            else:
                plans[key] = plan
        return CheckedEntries(plans, failures)

    def check_entry(self, entry: PlannedMeasurement, stages: Sequence[str]) -> MeasurementPlan | Failure:
        """What the model planned, if the registry and the action have what it names."""
        fault = entry.fault or self.unknown_in(entry.measurement, stages)
        if fault:
            return Failure("garbled", fault)
        none = entry.why_not.strip() or "No quantity tells whether the statement is true."
        return entry.measurement or NotMeasurable(why=none)

    def unknown_in(self, spec: MeasurementSpec | None, stages: Sequence[str]) -> str | None:
        """What a measurement names that the registry or the action does not have, in a sentence."""
        if spec is None:
            return None
        quantity_names = {quantity.name for quantity in self.quantities}
        moments = moments_of(spec)
        names = [spec.quantity, *(moment.of for moment in moments if moment.of is not None)]
        missing = next((name for name in names if name not in quantity_names), None)
        if missing is not None:
            return f"The quantity {missing[:60]!r} is not among those that are measured."
        for moment in moments:
            if moment.kind == "stage" and (moment.stage or "").casefold() not in {stage.casefold() for stage in stages}:
                return f"The action has no stage {(moment.stage or '')[:60]!r}."
        return None

    def by_grammar(self, statement: str, action: str, stages: Sequence[str]) -> MeasurementPlan:
        """What the grammar plans, as far as the registry has it."""
        fault = fault_in(statement)
        plan = NotMeasurable(why=f"The statement {fault}.") if fault else measurement_of(statement, action, stages)
        unknown = None if isinstance(plan, NotMeasurable) else self.unknown_in(plan, stages)
        return NotMeasurable(why=unknown) if unknown else plan


def moments_of(spec: MeasurementSpec) -> list[Moment]:
    """All moments that a measurement names."""
    return [value for value in dict(spec).values() if isinstance(value, Moment)]


def flaw(entries: CheckedEntries) -> str | None:
    """What is wrong with an answer: the first entry that cannot be used."""
    return next((failure.message for failure in entries.failures.values()), None)


class ModelPlans:
    """A text model plans all statements of an action in one call; what was planned is not asked again.

    Args:
        planner: the module that asks.
        lms: models by role; None: the LM in force.
    """

    def __init__(self, planner: MeasurementPlanner, lms: LMs | None = None) -> None:
        self.planner, self.lms = planner, lms
        self._planned: dict[_Name, MeasurementPlan] = {}
        self._failed: dict[_Name, Failure] = {}
        # Pairs of one action that are compared at once are to share its call.
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, object]) -> ModelPlans:
        """Shared by all copies of a program."""
        return self

    def plan(self, action: str, differences: Sequence[Difference], stages: Sequence[str] = ()) -> Planned:
        """See ``Plans.plan``; where the model gives no plan the grammar does.

        Raises:
            BudgetError: the spending limit is reached.
        """
        names: dict[str, _Name] = {
            difference.key: (action, tuple(stages), difference.statement) for difference in differences
        }
        with self._lock:
            new = [difference for difference in differences if names[difference.key] not in self._planned]
            fresh, notices = self._ask(action, new, stages) if new else ({}, ())
            plans = {key: fresh[key] if key in fresh else self._planned[name] for key, name in names.items()}
            failed = {name[-1]: self._failed[name] for name in names.values() if name in self._failed}
        return plans, (*notices, *notices_of(failed))

    def _ask(self, action: str, differences: Sequence[Difference], stages: Sequence[str]) -> Planned:
        """The plans of the model, with the notices of a call that failed."""
        with model_in_force(self.lms, "text", self.planner):
            prediction = self.planner(action=action, differences=differences, stages=stages)
        # A call that failed is made again for the next pair; a statement that every attempt failed at stays with the
        # grammar.
        if prediction.fault:
            return prediction.plans, prediction.notices
        for difference in differences:
            name = (action, tuple(stages), difference.statement)
            self._planned[name] = prediction.plans[difference.key]
            if difference.key in prediction.failures:
                self._failed[name] = prediction.failures[difference.key]
        return prediction.plans, ()
