"""BEST and EPIC-Skills: no scores, only which of two videos shows more skill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.eval.skilldiff.forms.registry import Converted, Wanted, files_named, form, text_rows
from viddiff.eval.skilldiff.items import Part, SkillPair

_PARTS: tuple[Part, Part] = ("train", "test")


@dataclass(frozen=True)
class _Told:
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
def read_best(folder: Path, wanted: Wanted) -> Converted:
    """``splits/<task>/{train,test}.txt``: "<better> <worse>" a line."""
    return _converted(_of_lines(folder, {"train": "train.txt", "test": "test.txt"}), wanted)


@form(
    "epic-skills",
    title="EPIC-Skills (Doughty et al., Who's Better? Who's Best?, CVPR 2018)",
    link="https://github.com/hazeld/EPIC-Skills2018",
    licence="none stated",
    files="{activity}/{name}_rgb.npz",
)
def read_epic_skills(folder: Path, wanted: Wanted) -> Converted:
    """``<task>/{train,test}_split<fold>.txt`` as in BEST, or ``<task>_{train,val}_<fold>.csv`` with Better,Worse."""
    n = wanted.fold
    if any(folder.rglob(f"*_train_{n}.csv")):
        return _converted(_of_tables(folder, n), wanted)
    return _converted(_of_lines(folder, {"train": f"train_split{n}.txt", "test": f"test_split{n}.txt"}), wanted)


def _of_lines(folder: Path, names: dict[Part, str]) -> Iterator[_Told]:
    """Pairs of text files, whose folder is named after the task."""
    for part in _PARTS:
        for path in files_named(folder, names[part]):
            for where, fields in text_rows(path):
                yield _told(f"{path.parent.name}: {where}", path.parent.name, part, fields)


def _of_tables(folder: Path, fold: int) -> Iterator[_Told]:
    """Pairs of tables, which are named after the task."""
    for part, end in (("train", f"_train_{fold}.csv"), ("test", f"_val_{fold}.csv")):
        for path in files_named(folder, f"*{end}"):
            for where, fields in text_rows(path, ","):
                if fields != ["Better", "Worse"]:
                    yield _told(where, path.name.removesuffix(end), "train" if part == "train" else "test", fields)


def _told(where: str, task: str, part: Part, fields: list[str]) -> _Told:
    if len(fields) != 2 or fields[0] == fields[1]:
        raise InputError(f"{where}: it takes two names, the better and the worse, and has {len(fields)}.")
    return _Told(where, task, part, *fields)


def _converted(lines: Iterator[_Told], wanted: Wanted) -> Converted:
    told = {(line.task, line.better, line.worse): line for line in lines}
    trained = {
        (line.task, name) for line in told.values() if line.part == "train" for name in (line.better, line.worse)
    }
    where = {(line.task, name): line.where for line in told.values() for name in (line.better, line.worse)}
    items = tuple(
        wanted.item(at, task, name, split="train" if (task, name) in trained else "test")
        for (task, name), at in where.items()
    )
    pairs = tuple(
        SkillPair(better=f"{line.task}/{line.better}", worse=f"{line.task}/{line.worse}", split=line.part)
        for line in told.values()
    )
    return Converted(items, pairs, tuple(_notices(told, trained)))


def _notices(told: dict[tuple[str, str, str], _Told], trained: set[tuple[str, str]]) -> Iterator[str]:
    both = sum((task, worse, better) in told for task, better, worse in told) // 2
    if both:
        yield f"{both} pairs are labelled both ways."
    mixed = sum(
        line.part == "test" and bool({(line.task, line.better), (line.task, line.worse)} & trained)
        for line in told.values()
    )
    if mixed:
        yield f"{mixed} pairs of the test part show a performance of the training part."
