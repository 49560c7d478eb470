"""Matchers of open mode (``--judge``): which predicted statement speaks of which labelled one, or says the opposite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from viddiff.build import models
from viddiff.core.errors import BackendError
from viddiff.core.settings import Settings
from viddiff.core.types import JudgeName

if TYPE_CHECKING:
    from viddiff.lms import LMs
    from viddiff.lms.adapters import AdapterName

#: Statements share a difference, for the lexical matcher, from this overlap of their words on (Jaccard).
_OVERLAP = 0.3
_FILLERS = re.compile(r"\b(?:an?|the|is|are|was|were|be|been|of|in|on|at|to|and|or|than|with|by|for|its?|more|less)\b")


@dataclass(frozen=True)
class StatementMatches:
    """What a matcher says: reference key -> prediction key, and the references whose prediction says the opposite.

    Several references may name the same prediction.
    """

    assigned: Mapping[str, str]
    opposites: frozenset[str] = frozenset()


class StatementMatcher(Protocol):
    """Says which predictions speak of which references. Called from several threads."""

    @property
    def name(self) -> str:
        """What stands in results: the model's name, or that of a matcher without one."""

    @property
    def comparable(self) -> bool:
        """Whether scores may be put beside published ones."""

    def __call__(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> StatementMatches:
        """Match the statements of one pair, by key; both are given in order and are never empty."""


class WordingMatcher:
    """No model: statements match only when they are the same but for case, spaces and the full stop."""

    name = "none"
    comparable = False

    def __call__(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> StatementMatches:
        """Match the same wording."""
        keys: dict[str, str] = {}
        for key, statement in predictions.items():
            keys.setdefault(plain(statement), key)
        assigned = {key: keys.get(plain(statement)) for key, statement in references.items()}
        return StatementMatches({key: other for key, other in assigned.items() if other is not None})


class LexicalMatcher:
    """Matches by shared words, the largest overlap first; knows no opposites. Deterministic, for smoke runs."""

    name = "lexical"
    comparable = False

    def __call__(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> StatementMatches:
        """Greedy one-to-one assignment; ties go to the earlier reference, then the earlier prediction."""
        others = [(key, words_of(statement)) for key, statement in predictions.items()]
        overlaps = [
            (-overlap(words, other), i, j)
            for i, words in enumerate(map(words_of, references.values()))
            for j, (_, other) in enumerate(others)
        ]
        names, assigned = list(references), dict[int, int]()
        for negative, i, j in sorted(overlaps):
            if -negative >= _OVERLAP and i not in assigned and j not in assigned.values():
                assigned[i] = j
        return StatementMatches({names[i]: others[j][0] for i, j in sorted(assigned.items())})


class LMMatcher:
    """The model of the role "judge", asked through ``viddiff.programs.viddiff.matcher.Matcher``.

    Args:
        lms: models by role.
        attempts: asks for one answer until it can be used.
        adapter: how requests are written and answers read.
    """

    comparable = True

    def __init__(self, lms: LMs, attempts: int = 3, adapter: AdapterName = "chat") -> None:
        from viddiff.lms import adapter_of
        from viddiff.programs.viddiff.matcher import Matcher

        self.lms, self.matcher, self.adapter = lms, Matcher(attempts), adapter_of(adapter)
        self.name: str = lms.lms["judge"].model

    def __call__(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> StatementMatches:
        """Two calls: the assignment, then the opposite check of what was assigned.

        Raises:
            BudgetError: the budget is spent. dspy.AdapterParseError, LMError: see ``viddiff.lms.failure_of``.
        """
        import dspy

        with self.lms.role("judge"), dspy.context(adapter=self.adapter, trace=[], disable_history=True):
            answer = self.matcher(action=action, references=references, predictions=predictions)
        return StatementMatches(answer.assigned, frozenset(answer.opposites))


def make_matcher(
    name: JudgeName, lms: LMs | None = None, attempts: int = 3, adapter: AdapterName = "chat"
) -> StatementMatcher:
    """The matcher that a user names (``--judge``).

    Raises:
        BackendError: "lm" without a model.
    """
    if name == "lm":
        if lms is None:
            raise BackendError("The judge 'lm' has no model: give --lm, e.g. --lm openai/gpt-4o, or --judge lexical.")
        return LMMatcher(lms, attempts, adapter)
    return WordingMatcher() if name == "none" else LexicalMatcher()


def matcher_of(name: JudgeName, settings: Settings, lms: LMs | None = None) -> StatementMatcher:
    """The matcher that a user names, with the models given or else those of the settings.

    Raises:
        BackendError: "lm" without a model.
    """
    if name == "lm" and lms is None and settings.has_lm:
        lms = models(None, settings)
    return make_matcher(name, lms, settings.attempts, settings.adapter)


def plain(statement: str) -> str:
    """A statement without case, superfluous spaces and the full stop."""
    return " ".join(statement.casefold().split()).rstrip(" .")


def words_of(statement: str) -> frozenset[str]:
    """The words that carry meaning."""
    return frozenset(re.findall(r"\w+", _FILLERS.sub(" ", statement.casefold())))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: shared words over all words."""
    return len(one & other) / len(one | other) if one or other else 0.0
