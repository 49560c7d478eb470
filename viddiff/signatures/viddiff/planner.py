"""From statements to measurements: what number of a body in motion tells whether a statement is more true."""

from __future__ import annotations

from typing import Any

import dspy
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from viddiff.motion.measurement.spec import MeasurementSpec

#: Semantics of the measurement language: not the optimizer's to rewrite.
LANGUAGE = """one entry for each statement, in the order given.
side: 'left' and 'right' are the person's own; 'both' is the mean; 'either' the limb that shows more of it (the \
kicking leg, the more bent knee), 'trailing' the other one of 'either'; 'near' the one on the camera's side.
at.kind: 'whole' the whole action; 'start' and 'end' its first and last moment; 'extreme' where the quantity 'of' is \
at its 'which' in each repetition (the bottom of a squat: of hip_height, which min); 'rise' and 'fall' while 'of' \
goes up or down; 'hold' the rest around that extreme; 'stage' a named stage.
statistic: 'value' at a moment, or the median within a phase; 'range' largest minus smallest; 'speed', 'max_speed' \
change in a second; 'travel' the way gone; 'duration' how long the phase lasts, in seconds.
more: whether the statement is more true of the video with the higher or the lower number."""


class PlannedMeasurement(BaseModel):
    """What a statement asks to measure."""

    # One that does not validate says so in ``fault``, so that the others stand. (The docstring is told to the model.)
    # Models like to write the number of a key alone.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    key: str = Field(description="key of the statement")
    measurement: MeasurementSpec | None = Field(None, description="null where no quantity tells the statement's truth")
    why_not: str = Field("", description="where it is null: why it cannot be measured, one sentence")
    _fault: str | None = PrivateAttr(None)

    @property
    def fault(self) -> str | None:
        """What is wrong with the entry, in a sentence."""
        return self._fault

    @model_validator(mode="wrap")
    @classmethod
    def _or_with_fault(cls, value: Any, handler: ModelWrapValidatorHandler[PlannedMeasurement]) -> PlannedMeasurement:
        try:
            return handler(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = value.get("key", "") if isinstance(value, dict) else ""
            entry = cls.model_construct(key=str(key), measurement=None, why_not="")
            where = ".".join(map(str, first["loc"]))
            entry._fault = f"No measurement: {where or 'entry'} is {str(first['input'])[:60]!r}: {first['msg']}."
            return entry


class PlanMeasurements(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Say for each statement about how an action is done which one number of the body would tell where it is more true.

    The numbers are read from the landmarks of one body in each of two videos; then the two are compared. Choose the
    quantity that speaks of exactly what the statement is about, at the moment that it speaks of. Statements about
    balls, tools, tables, other people, fingers, gaze, force or looks are not measurable. Where no quantity fits, say
    why instead: a measurement of something else is worse than none.
    """

    action: str = dspy.InputField()
    stages: list[str] = dspy.InputField(desc="names of the stages of the action in the order of time; may be empty")
    quantities: list[str] = dspy.InputField(desc="name (unit): definition of everything that can be measured")
    statements: dict[str, str] = dspy.InputField(desc="key and text of each statement")
    measurements: list[PlannedMeasurement] = dspy.OutputField(desc=LANGUAGE)
