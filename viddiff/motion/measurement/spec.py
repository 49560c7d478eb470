"""The measurement language: a closed, typed description of the number that a statement speaks of.

A text model or the statement grammar writes a ``MeasurementSpec``; ``viddiff.motion.measurement.evaluate`` reads the
number from a pose. Names of quantities are those of the registry (``viddiff.motion.quantities``).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from viddiff.core.record import Record

#: Which limb. "either": the one that shows more of it (the kicking leg, the bent knee), whichever it is; "both": the
#: mean of left and right; "near": the one on the camera's side; "trailing" is the other one of "either".
BodySide = Literal["left", "right", "both", "either", "trailing", "near"]
#: "whole": from the first to the last movement; "start", "end": the first or last moments of it; "extreme": where
#: ``of`` is at its ``which`` (once in each repetition); "rise", "fall": while ``of`` goes from its minimum to its
#: maximum, or back; "hold": the rest around that extreme; "stage": a named stage of the action.
MomentKind = Literal["whole", "start", "end", "extreme", "rise", "fall", "hold", "stage"]
#: What is made of the values within a moment or phase. "value": at the moment itself, the median within a phase.
Statistic = Literal["value", "min", "max", "mean", "range", "travel", "speed", "max_speed", "duration"]


class Moment(Record):
    """When in the action a quantity is read."""

    kind: MomentKind = "whole"
    of: str | None = Field(None, description="Name of the quantity whose extreme or change marks the moment.")
    """For "extreme", "rise", "fall" and "hold": the quantity that marks the moment."""
    which: Literal["min", "max"] = Field("max", description="Which extreme of it.")
    side: BodySide = "both"
    stage: str | None = Field(None, description="For kind 'stage': the name of the stage.")
    nth: int | None = Field(None, ge=1, le=99, description="Which repetition is meant, from 1; none: all of them.")


class MeasurementSpec(Record):
    """One number of a clip, and which way of it makes a statement more true."""

    quantity: str = Field(description="Name of a quantity in the registry.")
    side: BodySide = "both"
    at: Moment = Moment()
    statistic: Statistic = "value"
    more: Literal["higher", "lower"] = Field("higher", description="Which way the statement is more true of a video.")
    to: Moment | None = Field(
        None,
        description='For the quantity "delay": the second event, as ``at`` is the first; the value is how much later '
        "it comes.",
    )


class NotMeasurable(Record):
    """Why a statement is not measured from pose."""

    why: str
