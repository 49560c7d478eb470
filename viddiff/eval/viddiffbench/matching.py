"""Open mode: which labelled differences did a method find, and did it get the video right?

A matcher maps each labelled statement (a, b and c) to at most one prediction and tells which matched statements are
opposite ("straighter", "more bent"); the label of an opposite prediction is turned round (paper, section 5). Strict
counting lets a method make N_diff predictions and uses each for one statement, the first in the order of the data.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from viddiff.core.errors import BackendError, BudgetError, InputError
from viddiff.core.parallel import in_parallel
from viddiff.core.record import Record
from viddiff.core.secrets import redact
from viddiff.core.types import SWAPPED, Answer, Progress
from viddiff.eval.viddiffbench.dataset import AnswerRow, Sample
from viddiff.eval.viddiffbench.matchers import StatementMatcher, StatementMatches
from viddiff.programs.statements import MAX_CHARS, unfit_reason

logger = logging.getLogger(__name__)

MatchOutcome = Literal["correct", "flipped", "said_c", "no_match", "failed"]


class Match(Record):
    """One labelled difference with the prediction that was matched to it, if any."""

    difference_key: str
    """Key of the difference."""
    label: Answer
    """Which video it is more true of."""
    prediction_key: str | None = None
    """Key and statement of the prediction; None: no match."""
    prediction: str | None = None
    """The prediction that says the same; None: none does."""
    answer: Answer | None = None
    """The prediction's answer as it was given."""
    opposite: bool = False
    """Whether the two statements are opposite, so that the answer was turned round."""
    outcome: MatchOutcome
    """What came of it."""


class Matching(Record):
    """The predictions for one pair, matched to its labels."""

    sample_key: str
    """Key of the pair."""
    judge: str
    """What matched predictions to labels."""
    comparable: bool
    """False: a smoke run, not to be put beside published scores."""
    n_allowed: int
    """N_diff."""
    n_predictions: int
    """Differences that were predicted."""
    n_cut: int
    """Predictions beyond N_diff, which are not looked at."""
    n_unanswered: int
    """Predictions among the first N_diff that cannot be used: no answer, or a statement unfit to be read."""
    rows: tuple[Match, ...]
    """One for each labelled difference (a, b and c), in the order of the data."""
    official_rows: tuple[Match, ...]
    """The same, as the official evaluator matches."""
    official_why: dict[str, str]
    """Why in that row the two may differ."""
    error: str | None = None
    """Why the matcher gave no answer; the rows that it should have matched are "failed"."""


def match(
    sample: Sample,
    predictions: Sequence[AnswerRow],
    matcher: StatementMatcher,
    official_opposites: bool = True,
    unpredicted: bool = False,
) -> Matching:
    """Match the predictions for one pair to its labels.

    Args:
        sample: the labels.
        predictions: the method's rows for this pair, in its order.
        matcher: is asked once, and once more where the official evaluator would show it other predictions.
        official_opposites: False: the official rows are counted without the opposite check, as the official
            evaluator does for the VidDiff method.
        unpredicted: the call that was to predict failed, which is not the same as "nothing predicted".

    Raises:
        BudgetError, BackendError: no further judging can succeed. Any other fault of a call fails this pair only.
    """
    allowed = predictions[: sample.n_differences_open]
    strict = [row for row in allowed if row.status == "answered" and row.answer is not None and is_usable(row)]
    loose = [row for row in predictions if row.status in ("answered", "failed", "refused") and is_usable(row)]
    matched, error = ask_matcher(matcher, sample, strict)
    matched_officially, official_error = matched, error
    if keys_of(strict) != keys_of(loose):
        matched_officially, official_error = ask_matcher(matcher, sample, loose)
    failed = matched is None or unpredicted or (not strict and any(row.answer is None for row in allowed))
    rows = match_strictly(sample, strict, matched, failed)
    official_rows = match_officially(sample, loose, matched_officially, official_opposites)
    return Matching(
        sample_key=sample.key,
        judge=matcher.name,
        comparable=matcher.comparable,
        n_allowed=sample.n_differences_open,
        n_predictions=len(predictions),
        n_cut=len(predictions) - len(allowed),
        n_unanswered=len(allowed) - len(strict),
        rows=rows,
        official_rows=official_rows,
        official_why=reasons(rows, official_rows, strict, allowed),
        error=error or official_error,
    )


class MatcherReply(NamedTuple):
    """What a matcher matched, or why it gave no answer."""

    matches: StatementMatches | None
    fault: str | None


def ask_matcher(matcher: StatementMatcher, sample: Sample, predictions: Sequence[AnswerRow]) -> MatcherReply:
    """The reply of the matcher; nothing matches where there is nothing to ask."""
    references = {d.key: statement_line(d.statement) for d in sample.differences if d.key in sample.labels}
    usable_references = {key: statement for key, statement in references.items() if not unfit_reason(statement)}
    if not usable_references or not predictions:
        return MatcherReply(StatementMatches({}), None)
    try:
        statements = {row.difference_key: statement_line(row.statement) for row in predictions}
        return MatcherReply(matcher(sample.action, usable_references, statements), None)
    except (BudgetError, BackendError):
        raise
    except Exception as fault:
        # Any other error fails this pair alone: the others are still matched.
        return MatcherReply(None, failure_message(fault, matcher.name))


def match_strictly(
    sample: Sample, predictions: Sequence[AnswerRow], matched: StatementMatches | None, failed: bool
) -> tuple[Match, ...]:
    """Strict: each prediction is used once, by the first statement that it was assigned to."""
    by_key = {row.difference_key: row for row in predictions}
    used: set[str] = set()
    rows = []
    for key, label in sample.labels.items():
        row = by_key.get(matched.assigned.get(key, "")) if matched else None
        if row is None or row.difference_key in used:
            rows.append(Match(difference_key=key, label=label, outcome="failed" if failed else "no_match"))
            continue
        used.add(row.difference_key)
        rows.append(match_of(key, label, row, row.answer, matched is not None and key in matched.opposites))
    return tuple(rows)


def match_officially(
    sample: Sample, predictions: Sequence[AnswerRow], matched: StatementMatches | None, opposites: bool
) -> tuple[Match, ...]:
    """As the official evaluator: a prediction may serve several statements, and an unreadable answer is an "a"."""
    by_key = {row.difference_key: row for row in predictions}
    rows = []
    for key, label in sample.labels.items():
        row = by_key.get(matched.assigned.get(key, "")) if matched else None
        if row is None or matched is None:
            rows.append(Match(difference_key=key, label=label, outcome="failed" if matched is None else "no_match"))
            continue
        answer = row.answer if row.status == "answered" else "a"
        rows.append(match_of(key, label, row, answer or "a", opposites and key in matched.opposites))
    return tuple(rows)


def match_of(key: str, label: Answer, row: AnswerRow, answer: Answer | None, opposite: bool) -> Match:
    """A labelled difference with its prediction."""
    turned = SWAPPED[answer] if opposite and answer else answer
    outcome: MatchOutcome = "said_c" if turned == "c" != label else "correct" if turned == label else "flipped"
    return Match(
        difference_key=key,
        label=label,
        prediction_key=row.difference_key,
        prediction=statement_line(row.statement),
        answer=answer,
        opposite=opposite,
        outcome=outcome,
    )


def reasons(
    rows: Sequence[Match], official_rows: Sequence[Match], strict: Sequence[AnswerRow], allowed: Sequence[AnswerRow]
) -> dict[str, str]:
    """For each labelled difference that ends differently in both ways of counting, the first fault that explains it."""
    first, strict_keys, used = set(keys_of(allowed)), set(keys_of(strict)), {row.prediction_key for row in rows}
    reason_of: dict[str, str] = {}
    for row, other in zip(rows, official_rows, strict=True):
        if row.outcome == other.outcome:
            continue
        if other.prediction_key is not None and other.prediction_key not in first:
            reason_of[row.difference_key] = "more predictions than N_diff are used"
        elif other.prediction_key is not None and other.prediction_key not in strict_keys:
            reason_of[row.difference_key] = "an unreadable answer counts as 'a'"
        elif row.prediction_key is None and other.prediction_key in used:
            reason_of[row.difference_key] = "one prediction is matched to several statements"
        elif row.prediction_key == other.prediction_key:
            reason_of[row.difference_key] = "the opposite check is skipped"
        else:
            reason_of[row.difference_key] = "the judge was shown other predictions"
    return reason_of


def match_all(
    samples: Sequence[Sample],
    rows: Sequence[AnswerRow],
    matcher: StatementMatcher,
    official_opposites: bool = True,
    threads: int = 1,
    progress: Progress | None = None,
    unpredicted: Collection[str] = (),
) -> tuple[Matching, ...]:
    """Match the predictions for every pair; see ``match``.

    Args:
        samples: what was to be answered.
        rows: open-mode rows; those of one pair in the method's order.
        threads: pairs matched at once.
        progress: called with how many are matched.
        unpredicted: keys of pairs whose predictions could not be had.

    Raises:
        InputError: rows that belong to no sample, or two with one key. BudgetError, BackendError: see ``match``.
    """
    by_sample: dict[str, dict[str, AnswerRow]] = {sample.key: {} for sample in samples}
    for row in rows:
        if row.sample_key not in by_sample:
            raise InputError(
                f"There are predictions for pair {row.sample_key!r}, which is not in the data: "
                "score predictions with the data that they were made on."
            )
        if row.difference_key in by_sample[row.sample_key]:
            raise InputError(f"Pair {row.sample_key!r} has two predictions {row.difference_key!r}: number them again.")
        by_sample[row.sample_key][row.difference_key] = row

    def match_sample(sample: Sample) -> Matching:
        predictions = list(by_sample[sample.key].values())
        return match(sample, predictions, matcher, official_opposites, sample.key in unpredicted)

    def on_done(n_done: int) -> None:
        if progress:
            progress("matching", n_done, len(samples))

    return tuple(in_parallel([functools.partial(match_sample, sample) for sample in samples], threads, on_done))


def keys_of(rows: Sequence[AnswerRow]) -> list[str]:
    """The keys of rows, in order."""
    return [row.difference_key for row in rows]


def is_usable(row: AnswerRow) -> bool:
    """Whether a prediction's statement may be shown to a matcher."""
    return not unfit_reason(statement_line(row.statement))


def statement_line(statement: str) -> str:
    """A statement on one line, cut to what a prompt takes."""
    return " ".join(statement.split())[:MAX_CHARS]


def failure_message(fault: Exception, name: str) -> str:
    """Why a matcher gave no answer, in a sentence; a fatal fault of a model ends the matching.

    Raises:
        BackendError: every further call would fail alike.
    """
    from viddiff.lms import failure_of

    failure = failure_of(fault, name)
    if failure is None:
        logger.debug("judging failed", exc_info=True)
        return redact(f"{type(fault).__name__}: {fault}")
    if failure.fatal:
        raise BackendError(failure.message) from fault
    return failure.message
