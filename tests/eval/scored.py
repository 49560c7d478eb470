"""Small labelled pairs and answers for the tests of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from viddiff.core.types import Answer, Difference, Status
from viddiff.eval.viddiffbench.dataset import AnswerRow, DataSet, Sample, VideoRef
from viddiff.eval.viddiffbench.matchers import StatementMatches


def sample(
    key: str,
    labels: Mapping[str, Answer],
    split: str = "easy",
    action: str = "fitness_0",
    domain: str = "fitness",
    n_open: int = 10,
    statements: Mapping[str, str] | None = None,
) -> Sample:
    """A pair whose differences are named by their keys."""
    texts = {name: f"statement {name}" for name in labels} | dict(statements or {})
    return Sample(
        key=key,
        action_key=action,
        action_name=action,
        action="a squat",
        domain=domain,
        split=split,
        video_a=VideoRef(path=f"{key}_a.mp4"),
        video_b=VideoRef(path=f"{key}_b.mp4"),
        differences=tuple(Difference(key=name, name=name, statement=text) for name, text in texts.items()),
        labels=dict(labels),
        n_differences_open=n_open,
    )


def answer(
    of: Sample,
    key: str,
    said: Answer | None,
    status: Status = "answered",
    confidence: float | None = None,
    label: Answer | None = None,
) -> AnswerRow:
    """The row of a labelled difference."""
    return AnswerRow(
        sample_key=of.key,
        action_key=of.action_key,
        domain=of.domain,
        split=of.split,
        difference_key=key,
        statement=f"statement {key}",
        label=label or of.labels[key],
        answer=said,
        status=status,
        confidence=confidence,
    )


def predicted(of: Sample, statements: Sequence[tuple[str, Answer | None]]) -> list[AnswerRow]:
    """Open rows: statement and answer; without an answer the prediction failed."""
    return [
        AnswerRow(
            sample_key=of.key,
            action_key=of.action_key,
            domain=of.domain,
            split=of.split,
            difference_key=str(number),
            statement=statement,
            label=None,
            answer=said,
            status="answered" if said else "failed",
        )
        for number, (statement, said) in enumerate(statements)
    ]


def data_set(samples: Sequence[Sample]) -> DataSet:
    """A data set built by hand."""
    return DataSet(name="by hand", release="pairs", content_hash="0" * 64, samples=tuple(samples))


class TextJudge:
    """A judge by a table: reference statement -> predicted statement, whichever of them it is shown."""

    name = "table"
    comparable = True

    def __init__(self, table: Mapping[str, str | None], opposites: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.table, self.opposites = table, opposites
        self.n_asked = 0

    def __call__(self, action: str, references: Mapping[str, str], predictions: Mapping[str, str]) -> StatementMatches:
        self.n_asked += 1
        assigned = {
            key: next(other for other, text in predictions.items() if text == self.table[statement])
            for key, statement in references.items()
            if self.table.get(statement) in predictions.values()
        }
        opposite = {key for key, other in assigned.items() if (references[key], predictions[other]) in self.opposites}
        return StatementMatches(assigned, frozenset(opposite))
