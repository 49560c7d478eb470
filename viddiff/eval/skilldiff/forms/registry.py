"""The registry of forms: each reads a folder of its authors' files as scored performances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from viddiff.core.errors import InputError, UsageError
from viddiff.core.notices import WithNotices
from viddiff.core.registry import Registry
from viddiff.eval.json_lines import read_lines, sentence
from viddiff.eval.skilldiff.items import SkillData, SkillItem, SkillPair


@dataclass(frozen=True)
class FormOptions:
    """What is asked of a form.

    Attributes:
        files: where a performance's file lies, with {activity} and {name}; ``.npy`` and ``.npz`` are features, all else
            videos.
        target: which number is the score, where there are several.
        fold: which split, where there are several.
    """

    files: str
    target: str = ""
    fold: int = 1

    def item(self, where: str, activity: str, name: str, **fields: Any) -> SkillItem:
        """A performance.

        Raises:
            InputError: a field that cannot be; ``where`` says which row.
        """
        try:
            path = self.files.format(activity=activity, name=name)
            kind = "features" if path.endswith((".npy", ".npz")) else "video"
            return SkillItem(id=f"{activity}/{name}", activity=activity, **{kind: path}, **fields)
        except ValidationError as error:
            raise InputError(f"{where}: {sentence(error)}.") from None


@dataclass(frozen=True)
class ConvertedData:
    """Scored performances as their authors released them, and what was left out or should be known."""

    items: tuple[SkillItem, ...]
    pairs: tuple[SkillPair, ...] = ()
    notices: tuple[str, ...] = ()


Read = Callable[[Path, FormOptions], ConvertedData]


@dataclass(frozen=True)
class Form:
    """A form.

    Attributes:
        read: a folder to its performances; raises InputError.
        title: name and paper.
        link: where the authors have it; none of it comes with the package.
        licence: as stated there.
        files: where files lie by default, see ``FormOptions``.
        targets: numbers that may be the score, the default first.
    """

    read: Read
    title: str
    link: str
    licence: str
    files: str
    targets: tuple[str, ...] = ()


FORMS: Registry[Form] = Registry("form of skill data")


def form(
    name: str, title: str, link: str, licence: str, files: str, targets: tuple[str, ...] = ()
) -> Callable[[Read], Read]:
    """Register a function from a folder to its performances as the form ``name``."""

    def register(read: Read) -> Read:
        FORMS.add(name, Form(read, title, link, licence, files, targets))
        return read

    return register


def convert(
    name: str, folder: Path, files: str | None = None, target: str | None = None, fold: int = 1
) -> WithNotices[SkillData]:
    """The performances of a folder in the neutral form, and notices.

    Args:
        name: of the form.
        folder: of the authors' files, or one above it.
        files, target, fold: see ``FormOptions``; None: the form's own.

    Raises:
        UsageError: no such form or target. InputError: a file is missing, or holds something else.
    """
    form = FORMS[name]
    target = target or next(iter(form.targets), "")
    if target and target not in form.targets:
        raise UsageError(f"{name} has no target {target!r}: choose one of {', '.join(form.targets) or 'none'}.")
    pattern = files or form.files
    try:
        pattern.format(activity="a", name="n")
    except (KeyError, IndexError, ValueError):
        raise UsageError(f"--files {pattern!r} is not a pattern: it may hold {{activity}} and {{name}}.") from None
    converted = form.read(folder, FormOptions(pattern, target, fold))
    return WithNotices(SkillData(root=folder, items=converted.items, pairs=converted.pairs), converted.notices)


def find_files(folder: Path, pattern: str) -> list[Path]:
    """The files of that name in a folder and below, in order.

    Raises:
        InputError: there is none.
    """
    paths = sorted(path for path in folder.rglob(pattern) if path.is_file())
    if not paths:
        raise InputError(f"There is no {pattern!r} in {str(folder)!r}: name the folder of the authors' files.")
    return paths


def single_file(folder: Path, pattern: str) -> Path:
    """The one file of that name in a folder and below.

    Raises:
        InputError: there is none, or several.
    """
    paths = find_files(folder, pattern)
    if len(paths) > 1:
        raise InputError(f"There are {len(paths)} {pattern!r} in {str(folder)!r}: name the folder of one of them.")
    return paths[0]


def text_rows(path: Path, separator: str | None = None) -> Iterator[tuple[str, list[str]]]:
    """For each line that is not empty where it stands, and its fields without the empty ones at its end.

    Raises:
        InputError: the file cannot be read, or is no text.
    """
    for number, line in enumerate(read_lines(path), 1):
        where = f"{path.name!r}, line {number}"
        try:
            fields = [field.strip() for field in line.decode("utf-8").strip().split(separator)]
        except UnicodeDecodeError:
            raise InputError(f"{where}: not text in UTF-8.") from None
        while fields and not fields[-1]:
            fields.pop()
        if fields:
            yield where, fields


def numbers(where: str, fields: Iterable[str]) -> list[float]:
    """The numbers in fields.

    Raises:
        InputError: a field is none.
    """
    try:
        return [float(field) for field in fields]
    except ValueError as error:
        raise InputError(f"{where}: {error}.") from None


def without_repeats(items: Iterable[SkillItem]) -> WithNotices[tuple[SkillItem, ...]]:
    """The items, each id once, and a notice of how many rows were left out.

    Raises:
        InputError: two rows of one id differ.
    """
    unique: dict[str, SkillItem] = {}
    n_left_out = 0
    for item in items:
        if item.id in unique:
            if unique[item.id] != item:
                raise InputError(f"{item.id!r} is in two rows that differ: correct the files.")
            n_left_out += 1
        unique[item.id] = item
    notice = (f"{n_left_out} duplicate rows were used once.",) if n_left_out else ()
    return WithNotices(tuple(unique.values()), notice)
