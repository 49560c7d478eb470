"""Which pairs a run compares: a table of them, or one reference clip against the clips of a folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from viddiff.core.errors import InputError, UsageError
from viddiff.core.record import Record
from viddiff.eval.viddiffbench.data.fields import Given, parse_row
from viddiff.eval.viddiffbench.data.tables import read_file
from viddiff.eval.viddiffbench.data.unpack import SUFFIXES

COLUMNS = ("video_a", "video_b", "action", "differences")
_Text = Annotated[str, Field(min_length=1, max_length=4096)]


class Pair(Record):
    """Two videos to compare.

    Attributes:
        video_a, video_b: as the table names them.
        folder: where relative paths start from.
        differences: statements to judge; None: they are proposed.
    """

    video_a: str
    video_b: str
    action: str
    differences: tuple[str, ...] | None = None
    folder: Path = Path()

    @property
    def key(self) -> str:
        """Its name in the run: words from its files, and a hash of the row, so that a longer table keeps the names."""
        row = json.dumps([self.video_a, self.video_b, self.action, self.differences])
        words = "-".join(re.sub(r"\W+", "_", Path(name).stem)[:24] for name in (self.video_a, self.video_b))
        return f"{words}-{hashlib.sha256(row.encode()).hexdigest()[:10]}"

    @property
    def paths(self) -> tuple[Path, Path]:
        """Where both videos lie."""
        return self.folder / self.video_a, self.folder / self.video_b


def statements_of(value: Any) -> Any:
    """A list of statements, or text with a semicolon between two; empty: none are given."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";") if part.strip()]
    return value or None


class _Row(Given):
    video_a: _Text
    video_b: _Text
    action: _Text
    differences: Annotated[tuple[str, ...] | None, BeforeValidator(statements_of)] = None


def pairs_of_table(path: Path, action: str | None = None, differences: Sequence[str] = ()) -> list[Pair]:
    """The pairs of a CSV, JSON Lines, JSON or Parquet file, each once; paths are relative to the file.

    Args:
        path: a table with the columns video_a, video_b, action and, if wanted, differences.
        action, differences: of the rows that have none.

    Raises:
        InputError: the table cannot be read, or a row lacks something. BackendError: Parquet without pyarrow.
    """
    given = {"action": action, "differences": tuple(differences)}
    pairs: dict[str, Pair] = {}
    for number, row in enumerate(read_file(path, COLUMNS), 1):
        if isinstance(row, dict):
            row = {**row, **{name: value for name, value in given.items() if value and not row.get(name)}}
        pair = Pair(**dict(parse_row(_Row, row, f"{path.name}, row {number}")), folder=path.parent)
        pairs.setdefault(pair.key, pair)
    if not pairs:
        raise InputError(f"{path.name!r} holds no rows: there is nothing to compare.")
    return list(pairs.values())


def pairs_of_reference(reference: Path, folder: Path, action: str, differences: Sequence[str] = ()) -> list[Pair]:
    """The reference, as A, with each clip of a folder, in the order of their names.

    Raises:
        UsageError: there is no such folder, or no other clip in it.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    except OSError as error:
        raise UsageError(f"--with {str(folder)!r} is no folder that can be read ({error.strerror}).") from None
    clips = [path for path in files if path.resolve() != reference.resolve()]
    if not clips:
        raise UsageError(f"--with {str(folder)!r} holds no video to compare with the reference: name another folder.")
    given = tuple(differences) or None
    return [Pair(video_a=str(reference), video_b=str(clip), action=action, differences=given) for clip in clips]
