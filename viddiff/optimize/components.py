"""What compiling knows of each component beside its program."""

from __future__ import annotations

from collections.abc import Mapping

from viddiff.lms.roles import Role
from viddiff.programs.compiled.registry import ComponentName

#: Component -> whose model it asks.
ROLES: Mapping[ComponentName, Role] = {
    "proposer": "text",
    "differencer": "vision",
    "finder": "vision",
    "judge": "vision",
    "planner": "text",
    "captioner": "vision",
    "comparer": "vision",
    "ranker": "vision",
    "verifier": "vision",
}
#: Components whose answers stand in the data, so that examples can be shown as they are.
LABELLED: frozenset[ComponentName] = frozenset({"proposer", "differencer"})
#: What the scores of a component are.
SCORES: Mapping[ComponentName, str] = {
    "differencer": "closed accuracy",
    "finder": "moments named",
    "judge": "right of a, b and c",
    "planner": "measured rightly",
    "captioner": "ROUGE-L",
    "comparer": "(1 + tau-b) / 2",
    "ranker": "(1 + tau-b) / 2",
    "verifier": "accuracy of choices",
}
