"""The index of a run: one row a pair, as CSV and, with pyarrow, as Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from viddiff.api import Comparison
from viddiff.batch.pairs import PEOPLE, Pair
from viddiff.core.files import document, write_document
from viddiff.core.record import Record
from viddiff.report import formatting
from viddiff.report.exports.tables import csv_of

CSV, PARQUET = "index.csv", "index.parquet"


class Row(Record):
    """What became of a pair."""

    key: str
    """The folder with its comparison."""
    video_a: str
    """Video A."""
    video_b: str
    """Video B."""
    action: str
    """Name of the action."""
    status: Literal["done", "incomplete", "failed"]
    """"incomplete": a question failed for a reason that passes, and is asked again; "failed": no comparison."""
    differences: int = 0
    """Differences that were asked about."""
    more_in_a: int = 0
    """Those more true of video A."""
    more_in_b: int = 0
    """Those more true of video B."""
    same: int = 0
    """Those without a clear difference."""
    no_answer: int = 0
    """Unsure, not measurable, refused or failed."""
    failed_questions: int = 0
    """Those without an answer."""
    first_difference: str = ""
    """The statement that a report shows first."""
    first_answer: str = ""
    """Answer of the first difference in reading order; empty: there is none."""
    calls: int = 0
    """Requests, those answered from the cache included."""
    cost_usd: float | None = None
    """US dollars; None where no price is known for the model."""
    person_a: str = ""
    """Who is seen in video A; empty: unknown."""
    date_a: str = ""
    """Day of video A, ISO 8601; empty: unknown."""
    person_b: str = ""
    """Who is seen in video B; empty: unknown."""
    date_b: str = ""
    """Day of video B, ISO 8601; empty: unknown."""
    error: str = ""
    """Why the pair has no document; empty where it has one."""


def row_of(pair: Pair, comparison: Comparison) -> Row:
    """The row of a comparison."""
    answers = [finding.verdict.answer for finding in comparison.differences]
    first = next(iter(formatting.reading_order(comparison.differences)), None)
    return Row(
        **_pair_columns(pair),
        status="incomplete" if comparison.retryable else "done",
        differences=len(answers),
        more_in_a=answers.count("a"),
        more_in_b=answers.count("b"),
        same=answers.count("c"),
        no_answer=answers.count(None),
        failed_questions=comparison.n_failed,
        first_difference=first.difference.statement if first else "",
        first_answer=first.verdict.answer or "" if first else "",
        calls=sum(usage.calls - usage.cached_calls for usage in comparison.usage),
        cost_usd=comparison.cost_usd,
    )


def row_with_people(row: Row, pair: Pair) -> Row:
    """A row of an earlier session, with who is seen as the table has it now."""
    return row.model_copy(update=_pair_columns(pair))


def failed_row(pair: Pair, error: str) -> Row:
    """The row of a pair that cannot be compared."""
    return Row(**_pair_columns(pair), status="failed", error=error)


def _pair_columns(pair: Pair) -> dict[str, str]:
    columns = ("key", "video_a", "video_b", "action", *PEOPLE)
    return {name: getattr(pair, name) for name in columns}


def write_index(out: Path, rows: Sequence[Row]) -> list[Path]:
    """Write the index, whole or not at all; the files that were written.

    Raises:
        UsageError: the folder cannot be written.
    """
    head = tuple(Row.model_fields)
    paths = [write_document(out / CSV, csv_of(head, (tuple(dict(row).values()) for row in rows)))]
    try:
        import pyarrow.json
        import pyarrow.parquet
    except ImportError:
        return paths
    types = {"int": pyarrow.int64(), "float | None": pyarrow.float64()}
    schema = pyarrow.schema(
        [(name, types.get(str(annotation), pyarrow.string())) for name, annotation in Row.__annotations__.items()]
    )
    table = schema.empty_table()
    if rows:
        # As JSON Lines: from Python's objects pyarrow makes no column without importing pandas.
        lines = "\n".join(row.model_dump_json() for row in rows).encode()
        reading = pyarrow.json.ReadOptions(block_size=len(lines))
        table = pyarrow.json.read_json(io.BytesIO(lines), reading, pyarrow.json.ParseOptions(schema))
    with document(out / PARQUET) as temporary:
        pyarrow.parquet.write_table(table, temporary)
    return [*paths, out / PARQUET]
