"""The plans for the real pairs, written by hand: sound, complete, and what the planner makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.support.plans import PLANS, planning, plans_of
from tests.support.scripted import scripted_lm
from viddiff.core.types import Difference
from viddiff.motion.measurement.spec import MeasurementSpec
from viddiff.programs.statements import given_differences
from viddiff.programs.viddiff.planner import Measurable, MeasurementPlanner

VIDEOS = Path(__file__).resolve().parents[2] / ".." / "shared" / "videos"
KEYS = list(json.loads(PLANS.read_text(encoding="utf-8")))


def pairs() -> list[dict[str, Any]]:
    if not VIDEOS.is_dir():
        pytest.skip("the real videos are not at hand (shared/videos)")
    found: list[dict[str, Any]] = json.loads((VIDEOS / "pairs.json").read_text(encoding="utf-8"))
    return found


def test_thirty_five_of_forty_five_are_measured() -> None:
    plans = [plan for key in KEYS for plan in plans_of(key).values()]
    assert len(plans) == 45
    assert sum(isinstance(plan, MeasurementSpec) for plan in plans) == 35


def test_there_is_a_plan_for_every_statement_of_the_real_pairs() -> None:
    assert {pair["key"]: list(pair["differences"]) for pair in pairs()} == {key: list(plans_of(key)) for key in KEYS}


@pytest.mark.parametrize("key", KEYS)
def test_the_planner_hands_the_plans_on(key: str) -> None:
    pair = next(pair for pair in pairs() if pair["key"] == key)
    statements = {name: difference["description"] for name, difference in pair["differences"].items()}
    given = given_differences(
        [Difference(key=name, name=name, statement=statement) for name, statement in statements.items()]
    )
    plans = plans_of(key)
    named = {plan.quantity for plan in plans.values() if isinstance(plan, MeasurementSpec)}
    marks = {plan.at.of for plan in plans.values() if isinstance(plan, MeasurementSpec) and plan.at.of}
    catalogue = [Measurable(name=name, definition="A quantity.") for name in sorted(named | marks)]
    lm = scripted_lm(planning(key, statements))
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        found = MeasurementPlanner(catalogue)(action=pair["action_description"], differences=given)
    assert found.plans == plans
    assert found.notices == ()
    assert len(lm.engine.asked) == 1
