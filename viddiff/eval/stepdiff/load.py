"""The three released files, read from where the user put them; none is shipped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from viddiff.core.errors import InputError
from viddiff.core.files import open_regular
from viddiff.eval.json_lines import BadRow, parse_line, read_lines
from viddiff.eval.stepdiff.items import Item, StepClip, StepData, Task, has_own
from viddiff.eval.stepdiff.rows import item_of, task_of

#: Where released videos lie beside a file.
VIDEOS = "videos"
#: A first line that is longer is not a row.
_MAX_LINE = 1 << 20


def is_step_file(path: Path) -> bool:
    """Whether the first line of a file is a row of one of the three tasks."""
    with contextlib.suppress(OSError, ValueError), open_regular(path) as file:
        return task_of(parse_line(file.readline(_MAX_LINE))) is not None
    return False


def videos_root(path: Path, clips: Iterable[StepClip]) -> Path:
    """Where the videos of a file, or of a folder of files, lie: that folder for a user's own, else ``videos`` in it."""
    folder = path if path.is_dir() else path.parent
    return folder if has_own(clips) else folder / VIDEOS


class StepFile(NamedTuple):
    """The items of a file, and the lines that are none."""

    data: StepData
    bad: tuple[BadRow, ...]


def read_items(path: Path) -> StepFile:
    """Read a file line by line.

    Raises:
        InputError: it cannot be read, or holds no row of any task.
    """
    task: Task | None = None
    items: list[Item] = []
    bad: list[BadRow] = []
    for number, line in enumerate(read_lines(path), 1):
        try:
            row = parse_line(line)
            task = task or task_of(row)
            if task is None:
                raise ValueError("the row has none of the fields 'text', 'options' and 'targets'")
            items.append(item_of(row, task))
        except ValueError as error:
            bad.append(BadRow(line=number, reason=str(error)))
    if task is None:
        first = f": line 1: {bad[0].reason}" if bad else ": it is empty"
        raise InputError(f"{path.name!r} holds no row of DiffCap, DiffMCQ or DiffRank{first}.")
    return StepFile(StepData(name=path.name, task=task, items=tuple(items)), tuple(bad))


def load_items(path: Path) -> StepData:
    """The items of a file whose every line is right.

    Raises:
        InputError: it cannot be read, or a line is wrong: a row that is left out would shift all that follow.
    """
    data, bad = read_items(path)
    if bad:
        more = f" ({len(bad)} bad lines; viddiff data check names each)" if len(bad) > 1 else ""
        raise InputError(f"{path.name!r}, line {bad[0].line}: {bad[0].reason}{more}.")
    return data
