"""Fis-V: short programs of figure skating, with two scores that are never mixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.eval.skilldiff.forms.registry import (
    ConvertedData,
    FormOptions,
    form,
    numbers,
    single_file,
    text_rows,
    without_repeats,
)
from viddiff.eval.skilldiff.items import Part, SkillItem

_TES, _PCS = "tes", "pcs"
#: Of both, as papers scale them.
_BEST = 45.0
_NAME_COLUMN = 5


@form(
    "fis-v",
    title="Fis-V (Xu et al., Learning to Score Figure Skating Sport Videos, 2018)",
    link="https://github.com/chmxu/MS_LSTM",
    licence="none stated",
    files="{name}.npy",
    targets=(_TES, _PCS),
)
def read_fis_v(folder: Path, options: FormOptions) -> ConvertedData:
    """``{train,test}_dataset.txt``: "<id> <TES> <PCS> <deductions>" a line; names in ``fs_dataset.csv``.

    TES is technical elements, PCS the components of the program. Without the table nobody is named.
    """
    skaters = dict(_skaters(folder))
    items = (item for part in ("train", "test") for item in _items(folder, part, options, skaters))
    unique, notices = without_repeats(items)
    return ConvertedData(unique, notices=notices)


def _items(folder: Path, part: str, options: FormOptions, skaters: dict[str, str]) -> Iterator[SkillItem]:
    split: Part = "train" if part == "train" else "test"
    for where, fields in text_rows(single_file(folder, f"{part}_dataset.txt")):
        if len(fields) != 4:
            raise InputError(f"{where}: <id> <TES> <PCS> <deductions> is expected, and there are {len(fields)} fields.")
        name = fields[0]
        tes, pcs, _ = numbers(where, fields[1:])
        score = tes if options.target == _TES else pcs
        yield options.item(
            where,
            f"skating, {options.target}",
            name,
            score=score,
            max_score=_BEST,
            split=split,
            group=skaters.get(name),
        )


def _skaters(folder: Path) -> Iterator[tuple[str, str]]:
    if any(folder.rglob("fs_dataset.csv")):
        for _, fields in text_rows(single_file(folder, "fs_dataset.csv"), ","):
            if len(fields) > _NAME_COLUMN:
                yield fields[0], fields[_NAME_COLUMN]
