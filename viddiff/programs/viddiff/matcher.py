"""The judge of open mode: an LM maps labelled statements to predicted ones and tells opposites (paper, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dspy

from viddiff.lms.retry import Retry
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.viddiff.matching import MatchStatements, RelateStatements, StatementPair

#: What references and predictions are called in a request, so that neither is mistaken for the other.
_REFERENCE, _PREDICTION, _PAIR = "R", "P", "Q"


class Matcher(AsyncModule):
    """Two predictors, each compiled and saved under its name: the assignment and the opposite check.

    Asks the LM in force (``dspy.settings.lm``). Text only; it sees no frame.

    Args:
        attempts: asks for each answer until it parses and has entries; what is still odd in it is repaired.
    """

    def __init__(self, attempts: int = 3) -> None:
        super().__init__()
        self.match = Retry(dspy.Predict(MatchStatements), attempts, check=without_matches)
        self.relate = Retry(dspy.Predict(RelateStatements), attempts, check=without_relations)

    def forward(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> dspy.Prediction:
        """A prediction with ``assigned``, reference key -> prediction key, and ``opposites``, a set of reference keys.

        Several references may come with the same prediction: the caller decides which of them keeps it.

        Raises:
            dspy.AdapterParseError: no answer parsed. dspy.utils.exceptions.LMError: a call failed.
        """
        assigned = self.assign(action, references, predictions) if references and predictions else {}
        pairs = [(references[key], predictions[other]) for key, other in assigned.items()]
        flags = self.opposites(action, pairs) if pairs else []
        opposites = {key for key, opposite in zip(assigned, flags, strict=True) if opposite}
        return dspy.Prediction(assigned=assigned, opposites=opposites)

    def assign(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> dict[str, str]:
        """Reference key -> prediction key, in the order of the references; keys that were not given are dropped."""
        reference_of, prediction_of = short_keys(_REFERENCE, references), short_keys(_PREDICTION, predictions)
        answer = self.match(
            action=action,
            references={number: references[key] for number, key in reference_of.items()},
            predictions={number: predictions[key] for number, key in prediction_of.items()},
        )
        assigned: dict[str, str] = {}
        for match in answer.matches:
            reference = reference_of.get(key_like(match.reference, _REFERENCE))
            prediction = prediction_of.get(key_like(match.prediction or "", _PREDICTION))
            if reference is not None and prediction is not None:
                assigned.setdefault(reference, prediction)
        return {key: assigned[key] for key in references if key in assigned}

    def opposites(self, action: str, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """For each pair of statements whether they are opposite; a pair that the model left out is not."""
        statement_pairs = [
            StatementPair(key=f"{_PAIR}{n}", first=one, second=other) for n, (one, other) in enumerate(pairs, 1)
        ]
        answer = self.relate(action=action, pairs=statement_pairs)
        opposite = {key_like(entry.key, _PAIR) for entry in answer.relations if entry.relation == "opposite"}
        return [pair.key in opposite for pair in statement_pairs]


def without_matches(prediction: dspy.Prediction) -> str | None:
    """What is wrong with an assignment: that it says nothing, which is not the same as "nothing matches"."""
    return None if prediction.matches else "no entry"


def without_relations(prediction: dspy.Prediction) -> str | None:
    """What is wrong with an opposite check: that it says nothing."""
    return None if prediction.relations else "no entry"


def short_keys(letter: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Short keys ("R1", "R2", ...) for keys that come from files and models."""
    return {f"{letter}{number}": key for number, key in enumerate(keys, 1)}


def key_like(text: str, letter: str) -> str:
    """The key that a model meant: "r1", "1" and " R1 " are "R1"."""
    key = text.strip().upper()
    return key if key.startswith(letter) else letter + key
