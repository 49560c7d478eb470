"""Prediction files of the released format: one object a line, in the order of the data.

DiffCap has ``{"generated_text": str}``, DiffMCQ and DiffRank ``{"scores": [four numbers]}``: larger is more likely, or
more similar. A line may carry the ``id`` of its item (``items.key_of``), which is then compared. ``null`` in place of
the answer says that there is none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from viddiff.core.errors import InputError
from viddiff.core.files import write_document
from viddiff.eval.json_lines import format_value, parse_line, read_lines
from viddiff.eval.stepdiff.items import N_OPTIONS, StepData, Task, key_of
from viddiff.eval.stepdiff.rows import finite_or_none

#: A caption, or four scores; None: there is no answer.
Prediction = str | tuple[float, ...] | None
FIELD: dict[Task, str] = {"diffcap": "generated_text", "diffmcq": "scores", "diffrank": "scores"}


def read_predictions(path: Path, data: StepData) -> tuple[Prediction, ...]:
    """One prediction for each item; None where the answer is null, or where a score is NaN.

    Raises:
        InputError: the file cannot be read, has another number of lines than the data, or a line is wrong.
    """
    lines = read_lines(path)
    if len(lines) != len(data.items):
        raise InputError(
            f"{path.name!r} has {len(lines)} lines and {data.name!r} {len(data.items)}: "
            "one prediction for each row of the data, in their order, is expected."
        )
    predictions: list[Prediction] = []
    for number, line in enumerate(lines, 1):
        try:
            row = parse_line(line, allow="any")
            if "id" in row and row["id"] != key_of(data.items[number - 1]):
                raise ValueError(f"the id {format_value(row['id'])} is not that of row {number} of {data.name!r}")
            predictions.append(prediction_of(row, data.task))
        except ValueError as error:
            raise InputError(f"{path.name!r}, line {number}: {error}.") from None
    return tuple(predictions)


def prediction_of(row: dict[str, Any], task: Task) -> Prediction:
    """The answer in a row.

    Raises:
        ValueError: it has none, or one of another kind.
    """
    field = FIELD[task]
    if field not in row:
        raise ValueError(f"the field {field!r} is missing, as {task} has it")
    value = row[field]
    if value is None:
        return None
    if task == "diffcap":
        if not isinstance(value, str):
            raise ValueError(f"the field {field!r} is {format_value(value)}, not a text")
        return value
    if not isinstance(value, list) or len(value) != N_OPTIONS or not all(map(_is_number, value)):
        raise ValueError(f"the field {field!r} is {format_value(value)}, not a list of {N_OPTIONS} numbers")
    return finite_or_none([float(score) for score in value])


def write_predictions(path: Path, data: StepData, predictions: Sequence[Prediction]) -> Path:
    """Write predictions with the ids of their items, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    field = FIELD[data.task]
    rows = (
        json.dumps({field: prediction, "id": key_of(item)}, ensure_ascii=False)
        for item, prediction in zip(data.items, predictions, strict=True)
    )
    return write_document(path, "".join(f"{row}\n" for row in rows))


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return True
    return isinstance(value, int) and not isinstance(value, bool) and math.fabs(value) < 2**1023
