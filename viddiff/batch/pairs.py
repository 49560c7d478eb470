"""Which pairs a run compares: a table of them, or one clip, a reference or the best, against the clips of a folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from viddiff.batch.people import MAX_NAME, day_of, people_of
from viddiff.core.errors import InputError, UsageError
from viddiff.core.record import Record
from viddiff.eval.tables import read_file
from viddiff.eval.viddiffbench.data.fields import RowModel, parse_row
from viddiff.video.files import video_files

#: Who is seen on a side, and on which day.
PEOPLE = ("person_a", "date_a", "person_b", "date_b")
COLUMNS = ("video_a", "video_b", "action", "differences", *PEOPLE)
_Text = Annotated[str, Field(min_length=1, max_length=4096)]
_Person = Annotated[str, Field(max_length=MAX_NAME), BeforeValidator(lambda cell: cell or "")]
_Day = Annotated[str, BeforeValidator(day_of)]


class Pair(Record):
    """Two videos to compare.

    Attributes:
        video_a, video_b: as the table names them.
        folder: where relative paths start from.
        differences: statements to judge; None: they are proposed.
        person_a, date_a, person_b, date_b: who is seen, and the day as YYYY-MM-DD; empty where that is not known.
    """

    video_a: str
    """Video A."""
    video_b: str
    """Video B."""
    action: str
    """Name of the action."""
    differences: tuple[str, ...] | None = None
    """Statements to ask about; None: the program finds them."""
    folder: Path = Path()
    """Where its document goes."""
    person_a: str = ""
    """Who is seen in video A; empty: unknown."""
    date_a: str = ""
    """Day of video A, ISO 8601; empty: unknown."""
    person_b: str = ""
    """Who is seen in video B; empty: unknown."""
    date_b: str = ""
    """Day of video B, ISO 8601; empty: unknown."""

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


class _Row(RowModel):
    video_a: _Text
    video_b: _Text
    action: _Text
    differences: Annotated[tuple[str, ...] | None, BeforeValidator(statements_of)] = None
    person_a: _Person = ""
    date_a: _Day = ""
    person_b: _Person = ""
    date_b: _Day = ""


def pairs_of_table(path: Path, action: str | None = None, differences: Sequence[str] = ()) -> list[Pair]:
    """The pairs of a CSV, JSON Lines, JSON or Parquet file, each once; paths are relative to the file.

    Args:
        path: a table with the columns video_a, video_b, action and, if wanted, differences and ``PEOPLE``; who is
            seen and when is read from the names of the files where these are empty.
        action, differences: of the rows that have none.

    Raises:
        InputError: the table cannot be read, or a row lacks something. BackendError: Parquet without pyarrow.
    """
    defaults = {"action": action, "differences": tuple(differences)}
    pairs: dict[str, Pair] = {}
    for number, row in enumerate(read_file(path, COLUMNS), 1):
        if isinstance(row, dict):
            row = {**row, **{name: value for name, value in defaults.items() if value and not row.get(name)}}
        fields = dict(parse_row(_Row, row, f"{path.name}, row {number}"))
        pair = Pair(**{**fields, **people_of(fields)}, folder=path.parent)
        pairs.setdefault(pair.key, pair)
    if not pairs:
        raise InputError(f"{path.name!r} holds no rows to compare.")
    return list(pairs.values())


def pairs_of_reference(reference: Path, folder: Path, action: str, differences: Sequence[str] = ()) -> list[Pair]:
    """The reference, as A, with each other clip of a folder, in the order of their names.

    Raises:
        InputError: the folder cannot be read. UsageError: there is no other clip in it.
    """
    clips = [path for path in video_files(folder) if path.resolve() != reference.resolve()]
    if not clips:
        raise UsageError(f"--with {str(folder)!r} holds no video to compare with the reference: name another folder.")
    statements = tuple(differences) or None
    videos = ({"video_a": str(reference), "video_b": str(clip)} for clip in clips)
    return [Pair(**names, **people_of(names), action=action, differences=statements) for names in videos]
