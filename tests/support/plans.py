"""Plans for the statements of the real pairs, written by hand from the statements: as a good text model would plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.scripted import Asked, chat_reply
from viddiff.motion.measurement.spec import MeasurementSpec, NotMeasurable

PLANS = Path(__file__).resolve().parents[1] / "data" / "plans.json"


def plans_of(pair: str) -> dict[str, MeasurementSpec | NotMeasurable]:
    """Difference key -> its plan, for the pair of that key."""
    written = json.loads(PLANS.read_text(encoding="utf-8"))[pair]
    return {
        key: NotMeasurable(why=plan["why"]) if "why" in plan else MeasurementSpec.model_validate(plan)
        for key, plan in written.items()
    }


def planning(pair: str, statements: Mapping[str, str]) -> Callable[[Asked], str]:
    """A text model that plans the statements (by difference key) of a pair as it is written down."""
    plans = {" ".join(statements[key].split()): plan for key, plan in plans_of(pair).items() if key in statements}

    def answer(asked: Asked) -> str:
        entries: list[dict[str, Any]] = []
        for number, statement in statements_in(asked).items():
            plan = plans[" ".join(statement.split())]
            if isinstance(plan, NotMeasurable):
                entries.append({"key": number, "measurement": None, "why_not": plan.why})
            else:
                entries.append({"key": number, "measurement": plan.model_dump(mode="json")})
        return chat_reply(measurements=entries)

    return answer


def statements_in(asked: Asked) -> dict[str, str]:
    """Key -> statement, as the planner asks for them."""
    text = asked.prompt.rpartition("[[ ## statements ## ]]")[2].strip()
    found: dict[str, str] = json.JSONDecoder().raw_decode(text)[0]
    return found
