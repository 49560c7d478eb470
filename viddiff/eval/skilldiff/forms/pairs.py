"""BEST and EPIC-Skills: no scores, only which of two videos shows more skill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.eval.skilldiff.forms.registry import ConvertedData, FormOptions, find_files, form, text_rows
from viddiff.eval.skilldiff.items import Part, SkillPair

_PARTS: tuple[Part, Part] = ("train", "test")


@dataclass(frozen=True)
class _PairLine:
    """A line: of a task, in which part, who is better."""

    where: str
    task: str
    part: Part
    better: str
    worse: str


@form(
    "best",
    title="BEST (Doughty et al., The Pros and Cons, CVPR 2019)",
    link="https://github.com/hazeld/rank-aware-attention-network",
    licence="none stated",
    files="{activity}/{name}_rgb.npz",
)
def read_best(folder: Path, options: FormOptions) -> ConvertedData:
    """``splits/<task>/{train,test}.txt``: "<better> <worse>" a line."""
    return _convert(_of_lines(folder, {"train": "train.txt", "test": "test.txt"}), options)


@form(
    "epic-skills",
    title="EPIC-Skills (Doughty et al., Who's Better? Who's Best?, CVPR 2018)",
    link="https://github.com/hazeld/EPIC-Skills2018",
    licence="none stated",
    files="{activity}/{name}_rgb.npz",
)
def read_epic_skills(folder: Path, options: FormOptions) -> ConvertedData:
    """``<task>/{train,test}_split<fold>.txt`` as in BEST, or ``<task>_{train,val}_<fold>.csv`` with Better,Worse."""
    n = options.fold
    if any(folder.rglob(f"*_train_{n}.csv")):
        return _convert(_of_tables(folder, n), options)
    return _convert(_of_lines(folder, {"train": f"train_split{n}.txt", "test": f"test_split{n}.txt"}), options)


def _of_lines(folder: Path, names: dict[Part, str]) -> Iterator[_PairLine]:
    """Pairs of text files, whose folder is named after the task."""
    for part in _PARTS:
        for path in find_files(folder, names[part]):
            for where, fields in text_rows(path):
                yield _parse_line(f"{path.parent.name}: {where}", path.parent.name, part, fields)


def _of_tables(folder: Path, fold: int) -> Iterator[_PairLine]:
    """Pairs of tables, which are named after the task."""
    for part, end in (("train", f"_train_{fold}.csv"), ("test", f"_val_{fold}.csv")):
        for path in find_files(folder, f"*{end}"):
            for where, fields in text_rows(path, ","):
                if fields != ["Better", "Worse"]:
                    yield _parse_line(
                        where, path.name.removesuffix(end), "train" if part == "train" else "test", fields
                    )


def _parse_line(where: str, task: str, part: Part, fields: list[str]) -> _PairLine:
    if len(fields) != 2 or fields[0] == fields[1]:
        raise InputError(f"{where}: two names are expected, the better and the worse, and there are {len(fields)}.")
    return _PairLine(where, task, part, *fields)


def _convert(lines: Iterator[_PairLine], options: FormOptions) -> ConvertedData:
    by_pair = {(line.task, line.better, line.worse): line for line in lines}
    trained = {
        (line.task, name) for line in by_pair.values() if line.part == "train" for name in (line.better, line.worse)
    }
    where = {(line.task, name): line.where for line in by_pair.values() for name in (line.better, line.worse)}
    items = tuple(
        options.item(at, task, name, split="train" if (task, name) in trained else "test")
        for (task, name), at in where.items()
    )
    pairs = tuple(
        SkillPair(better=f"{line.task}/{line.better}", worse=f"{line.task}/{line.worse}", split=line.part)
        for line in by_pair.values()
    )
    return ConvertedData(items, pairs, tuple(_notices(by_pair, trained)))


def _notices(by_pair: dict[tuple[str, str, str], _PairLine], trained: set[tuple[str, str]]) -> Iterator[str]:
    both = sum((task, worse, better) in by_pair for task, better, worse in by_pair) // 2
    if both:
        yield f"{both} pairs are labelled both ways."
    mixed = sum(
        line.part == "test" and bool({(line.task, line.better), (line.task, line.worse)} & trained)
        for line in by_pair.values()
    )
    if mixed:
        yield f"{mixed} pairs of the test part show a performance of the training part."
