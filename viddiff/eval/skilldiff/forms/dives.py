"""MTL-AQA and FineDiving: scores of dives and their difficulty, in pickles, which are read as numbers alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from viddiff.core.errors import InputError
from viddiff.eval.skilldiff.forms.pickles import read_numbers
from viddiff.eval.skilldiff.forms.registry import ConvertedData, FormOptions, form, single_file, without_repeats
from viddiff.eval.skilldiff.items import Part, SkillItem

#: The final score, or without its factor of difficulty.
_TARGETS = ("score", "execution")
_PARTS: tuple[Part, Part] = ("train", "test")


@form(
    "mtl-aqa",
    title="MTL-AQA (Parmar and Morris, What and How Well You Performed?, CVPR 2019)",
    link="https://github.com/ParitoshParmar/MTL-AQA",
    licence="none stated",
    files="{name}.npy",
    targets=_TARGETS,
)
def read_mtl_aqa(folder: Path, options: FormOptions) -> ConvertedData:
    """``final_annotations_dict.pkl``: (competition, dive) -> fields; ``{train,test}_split_0.pkl``: those keys."""

    def numbers_of(fields: Any) -> tuple[Any, Any]:
        return fields["final_score"], fields["difficulty"]

    table = single_file(folder, "final_annotations_dict.pkl")
    return _convert(table, {part: single_file(folder, f"{part}_split_0.pkl") for part in _PARTS}, numbers_of, options)


@form(
    "finediving",
    title="FineDiving (Xu et al., CVPR 2022)",
    link="https://github.com/xujinglin/FineDiving",
    licence="by agreement with the authors",
    files="{name}.npy",
    targets=_TARGETS,
)
def read_finediving(folder: Path, options: FormOptions) -> ConvertedData:
    """``fine-grained_annotation_aqa.pkl``: (competition, dive) -> [action, score, difficulty, ...]; two lists of keys.

    The borders of its steps are left out, since nobody says what a step cost.
    """

    def numbers_of(fields: Any) -> tuple[Any, Any]:
        return fields[1], fields[2]

    table = single_file(folder, "fine-grained_annotation_aqa.pkl")
    return _convert(table, {part: single_file(folder, f"{part}_split.pkl") for part in _PARTS}, numbers_of, options)


def _convert(table: Path, splits: dict[Part, Path], numbers_of: Any, options: FormOptions) -> ConvertedData:
    annotations = read_numbers(table)
    if not isinstance(annotations, dict):
        raise InputError(f"{table.name!r} holds no table of dives.")

    def items() -> Iterator[SkillItem]:
        for part, path in splits.items():
            for key in _keys(path):
                where = f"{table.name!r}, {key!r}"
                try:
                    score, difficulty = (float(value) for value in numbers_of(annotations[key]))
                    score = score / difficulty if options.target == "execution" else score
                except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError):
                    raise InputError(f"{where} of {path.name!r}: the score or the difficulty is missing.") from None
                name = "_".join(map(str, key))
                yield options.item(where, f"diving, {options.target}", name, score=score, split=part)

    unique, notices = without_repeats(items())
    left = len(annotations) - len(unique)
    return ConvertedData(
        unique, notices=(*notices, *((f"{left} dives are in no part, and were left out.",) if left else ()))
    )


def _keys(path: Path) -> Iterable[tuple[Any, ...]]:
    """(competition, dive) of each dive of a part."""
    rows = read_numbers(path)
    if not isinstance(rows, list | tuple) or not all(isinstance(row, list | tuple) and len(row) == 2 for row in rows):
        raise InputError(f"{path.name!r} holds no list of (competition, dive).")
    return [tuple(row) for row in rows]
