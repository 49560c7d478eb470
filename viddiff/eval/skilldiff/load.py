"""Scored performances read row by row; no row is taken that is not right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from viddiff.core.arrays import read_archive, read_array
from viddiff.core.errors import InputError
from viddiff.core.files import MAX_TABLE_BYTES, read_bytes
from viddiff.core.record import Record
from viddiff.eval.json_lines import BadRow, parse_line, read_lines, sentence
from viddiff.eval.skilldiff.items import SkillData, SkillItem, SkillPair

ITEMS, PAIRS = "items.jsonl", "pairs.jsonl"
R = TypeVar("R", bound=Record)


class BadSkillRow(BadRow):
    """A line that is not a row, its file, and why."""

    file: str
    """The file that the row stands in."""


class SkillFile(NamedTuple):
    """The performances of a file, and the lines that are none."""

    data: SkillData
    bad: tuple[BadSkillRow, ...]


def read_data(path: Path) -> SkillFile:
    """The performances of a folder with ``items.jsonl``, or of such a file.

    Raises:
        InputError: it cannot be read, or holds no right row.
    """
    file = path / ITEMS if path.is_dir() else path
    bad: list[BadSkillRow] = []
    items = _rows(file, SkillItem, bad)
    pairs_file = file.parent / PAIRS
    pairs = _rows(pairs_file, SkillPair, bad) if pairs_file.is_file() else {}
    by_id = _consistent_items(items, file, bad)
    valid = _valid_pairs(pairs, by_id, pairs_file, bad)
    if not by_id:
        first = f": line {bad[0].line}: {bad[0].reason}" if bad else ": it is empty"
        raise InputError(f"{file.name!r} holds no performance{first}.")
    data = SkillData(root=file.parent, items=tuple(by_id.values()), pairs=tuple(valid))
    return SkillFile(data, tuple(sorted(bad, key=lambda row: (row.file, row.line))))


def load_data(path: Path) -> SkillData:
    """The performances of a folder whose every line is right.

    Raises:
        InputError: it cannot be read, or a line is wrong.
    """
    data, bad = read_data(path)
    if bad:
        more = f" ({len(bad)} bad lines; viddiff skill data check names each)" if len(bad) > 1 else ""
        raise InputError(f"{bad[0].file!r}, line {bad[0].line}: {bad[0].reason}{more}.")
    return data


def load_features(path: Path) -> NDArray[np.float64]:
    """(T, d) features of a ``.npy`` file, or a ``.npz`` with one array; (T, K, d) are averaged over K.

    Raises:
        InputError: it cannot be read, or holds something else; pickled objects are never opened.
    """
    try:
        values = _array(path)
    except OSError as error:
        raise InputError(f"{path.name!r} cannot be read ({error.strerror}): check the path.") from None
    except ValueError:
        raise InputError(f"{path.name!r} holds no array of numbers: write it with numpy.save.") from None
    if values.dtype.kind not in "fiu":
        raise InputError(f"{path.name!r} holds no array of numbers: write it with numpy.save.")
    if values.ndim == 3:
        values = values.mean(axis=1)
    if values.ndim != 2 or len(values) < 2 or not values.shape[1]:
        raise InputError(f"{path.name!r} has the shape {values.shape}: give (frames, numbers), at least two frames.")
    if not np.isfinite(values).all():
        raise InputError(f"{path.name!r} holds NaN or infinite values: remove those frames.")
    features: NDArray[np.float64] = values.astype(np.float64)
    return features


def _array(path: Path) -> NDArray[Any]:
    data = read_bytes(path, MAX_TABLE_BYTES)
    if path.suffix != ".npz":
        return read_array(data)
    arrays = read_archive(data)
    if len(arrays) != 1:
        raise ValueError("it holds several arrays")
    return next(iter(arrays.values()))


def _rows(file: Path, kind: type[R], bad: list[BadSkillRow]) -> dict[int, R]:
    """The right rows by their line, counted from 1."""
    rows = {}
    for line, text in enumerate(read_lines(file), 1):
        try:
            rows[line] = kind.model_validate(parse_line(text))
        except ValidationError as error:
            bad.append(BadSkillRow(file=file.name, line=line, reason=sentence(error)))
        except ValueError as error:
            bad.append(BadSkillRow(file=file.name, line=line, reason=str(error)))
    return rows


def _consistent_items(items: dict[int, SkillItem], file: Path, bad: list[BadSkillRow]) -> dict[str, SkillItem]:
    """The items by id, without those that contradict others."""
    first: dict[str, int] = {}
    for line, item in items.items():
        first.setdefault(item.id, line)
    by_id = {items[line].id: items[line] for line in first.values()}
    consistent = {}
    for line, item in items.items():
        wrong = next(_conflicts(item, line, first, by_id), None)
        if wrong is None:
            consistent[item.id] = item
        else:
            bad.append(BadSkillRow(file=file.name, line=line, reason=wrong))
    return consistent


def _conflicts(item: SkillItem, line: int, first: dict[str, int], by_id: dict[str, SkillItem]) -> Iterator[str]:
    """What in other rows speaks against an item."""
    if first[item.id] != line:
        yield f"the id {item.id!r} stands in line {first[item.id]} already"
    for reference in item.references:
        if reference not in by_id:
            yield f"the reference {reference!r} is not an id of this file"
        elif by_id[reference].split == "test":
            yield f"the reference {reference!r} is in the test part: take references from the training part"
        elif by_id[reference].activity != item.activity:
            yield f"the reference {reference!r} is of another activity"


def _valid_pairs(
    pairs: dict[int, SkillPair], by_id: dict[str, SkillItem], file: Path, bad: list[BadSkillRow]
) -> Iterator[SkillPair]:
    """The pairs of two known performances of one activity."""
    for line, pair in pairs.items():
        unknown = next((name for name in (pair.better, pair.worse) if name not in by_id), None)
        if unknown is not None:
            reason = f"there is no right row with the id {unknown!r} in {ITEMS}"
        elif pair.better == pair.worse:
            reason = f"{pair.better!r} is better than itself"
        elif by_id[pair.better].activity != by_id[pair.worse].activity:
            reason = "the two are of different activities"
        else:
            yield pair
            continue
        bad.append(BadSkillRow(file=file.name, line=line, reason=reason))
