"""The predictions file of the official evaluator, read and written.

A JSON list with one object for each pair, in the order of the data: ``{key: {"description": str, "prediction": "a"}}``;
in closed mode the keys are those of the labelled differences, and ``{key: "a"}`` will do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from viddiff.core.errors import InputError
from viddiff.core.files import MAX_TABLE_BYTES, read_bytes, write_document
from viddiff.core.types import Answer, Status
from viddiff.eval.json_lines import load_json
from viddiff.eval.viddiffbench.dataset import AnswerRow, Sample
from viddiff.eval.viddiffbench.manifest import Mode

_ANSWERS: dict[str, Answer] = {"a": "a", "b": "b", "c": "c"}


def read_predictions(path: Path, samples: Sequence[Sample], mode: Mode) -> tuple[AnswerRow, ...]:
    """The rows of a predictions file; an answer that is not "a", "b" or "c" is "failed".

    A labelled difference that the file leaves out has no row, which is scored as missing. Keys that are labelled only
    for other pairs of the action are passed over.

    Raises:
        InputError: no such file, not JSON, a key given twice, another length than the data, or unknown keys.
    """
    entries = parse_document(path)
    if not isinstance(entries, list) or len(entries) != len(samples):
        kind = f"{len(entries)} entries" if isinstance(entries, list) else f"a {type(entries).__name__}"
        raise InputError(
            f"{path.name!r} holds {kind}: a list with one object for each of the {len(samples)} pairs of the data, in "
            "their order, is expected."
        )
    keys = keys_by_action(samples)
    rows: list[AnswerRow] = []
    for index, (sample, entry) in enumerate(zip(samples, entries, strict=True)):
        if not isinstance(entry, dict):
            raise InputError(
                f"Entry {index} of {path.name!r} (pair {sample.key!r}) is not an object: write {{}} if there is "
                "no prediction."
            )
        if mode == "open":
            rows += [open_row(sample, str(number), value) for number, value in enumerate(entry.values())]
            continue
        unknown = sorted(entry.keys() - keys[sample.action_key])
        if unknown:
            raise InputError(
                f"Entry {index} of {path.name!r} (pair {sample.key!r}) answers {unknown[0]!r}, which is not a "
                f"difference of action {sample.action_key!r}: give the predictions in the order of the data."
            )
        rows += [closed_row(sample, key, value) for key, value in entry.items() if key in sample.labels]
    return tuple(rows)


def parse_document(path: Path) -> Any:
    """The document in a file, which must not say a key twice."""
    try:
        return load_json(read_bytes(path, MAX_TABLE_BYTES).decode("utf-8-sig"), allow="any")
    except OSError as error:
        raise InputError(f"The predictions {str(path)!r} cannot be read ({error.strerror}): check the path.") from None
    except ValueError as error:
        raise InputError(f"The predictions {path.name!r} are not a JSON document: {error}.") from None


def keys_by_action(samples: Sequence[Sample]) -> dict[str, set[str]]:
    """For each action the keys of its differences."""
    by_action: dict[str, set[str]] = {}
    for sample in samples:
        keys = by_action.setdefault(sample.action_key, set())
        keys.update(sample.labels, (difference.key for difference in sample.differences))
    return by_action


def closed_row(sample: Sample, key: str, value: Any) -> AnswerRow:
    """The answer to a labelled difference."""
    statements = {difference.key: difference.statement for difference in sample.differences}
    prediction = value.get("prediction") if isinstance(value, dict) else value
    return row_of(sample, key, statements.get(key, ""), sample.labels[key], prediction)


def open_row(sample: Sample, key: str, value: Any) -> AnswerRow:
    """A prediction of its own; what has no statement in words can be matched to nothing."""
    fields = value if isinstance(value, dict) else {}
    description = fields.get("description")
    statement = description if isinstance(description, str) else ""
    return row_of(sample, key, statement, None, fields.get("prediction") if statement else None)


def row_of(sample: Sample, key: str, statement: str, label: Answer | None, value: Any) -> AnswerRow:
    """A row with an answer, or a failed one."""
    answer = _ANSWERS.get(value) if isinstance(value, str) else None
    status: Status = "answered" if answer else "failed"
    return AnswerRow(
        sample_key=sample.key,
        action_key=sample.action_key,
        domain=sample.domain,
        split=sample.split,
        difference_key=key,
        statement=statement,
        label=label,
        answer=answer,
        status=status,
    )


def predictions_of(samples: Sequence[Sample], rows: Sequence[AnswerRow]) -> list[dict[str, dict[str, str]]]:
    """The official form of a run's rows; a row without an answer, or with an unsure one, is left out."""
    entries: dict[str, dict[str, dict[str, str]]] = {sample.key: {} for sample in samples}
    for row in rows:
        if row.sample_key in entries and row.status == "answered" and row.answer is not None:
            entries[row.sample_key][row.difference_key] = {"description": row.statement, "prediction": row.answer}
    return list(entries.values())


def write_predictions(path: Path, samples: Sequence[Sample], rows: Sequence[AnswerRow]) -> None:
    """Write a run's rows for the official evaluator, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    write_document(path, json.dumps(predictions_of(samples, rows), indent=1, ensure_ascii=False) + "\n")
