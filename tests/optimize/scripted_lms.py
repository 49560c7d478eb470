"""Scripted models for optimizers: one that judges, one that proposes, one that writes instructions."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support.models import proposer_reply
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.lms import LMs

BETTER = "Compare the two clips frame by frame."


def outputs_of(asked: Asked) -> list[str]:
    """The output fields that the system text names, in order."""
    told = asked.system.partition("Your output fields are:")[2].partition("All interactions")[0]
    return [line.split("`")[1] for line in told.splitlines() if line.count("`") >= 2]


def writing(asked: Asked) -> str:
    """Every output field of a request that writes instructions, as JSON where GEPA's proposer asks for it."""
    fields = dict.fromkeys(outputs_of(asked), BETTER)
    return json.dumps(fields) if "JSON object" in asked.system else chat_reply(**fields)


def scripted_lms(judge: Callable[[Asked], str]) -> LMs:
    """The three roles apart from each other, so that what reached each can be told."""
    text, vision, reflection = scripted_lm(proposer_reply), scripted_lm(judge), scripted_lm(writing)
    return LMs(text, vision, reflection=reflection)
