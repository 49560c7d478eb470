"""Findings and measurements as CSV for spreadsheets.

A spreadsheet takes a cell that begins with one of ``= + - @``, a tab or a line break for a formula, quoted or not, and
the text here comes from models, files and names. Such cells get a ``'`` before them, and every cell is quoted, as the
OWASP page on CSV injection says (https://owasp.org/www-community/attacks/CSV_Injection). Numbers of our own stay
numbers. The byte order mark tells spreadsheets that it is UTF-8.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Sequence

from viddiff.core.formatting import plain
from viddiff.core.types import Finding, Measurement, Side
from viddiff.programs.skilldiff.explanation import ExplainedPart, SkillExplanationRecord
from viddiff.report import formatting
from viddiff.report.clip_views import PairDocument
from viddiff.report.key_frames import key_frames, numbered_findings
from viddiff.signatures.measurements import measurement_text

FINDING_HEAD = (
    "number", "name", "statement", "verdict", "answer", "status", "confidence", "reason", "stages",
    "times in A (s)", "times in B (s)", "measurements", "error",
)  # fmt: skip
MEASUREMENT_HEAD = (
    "name", "quantity", "side", "statistic", "moment", "stage", "unit", "A", "A ±", "B", "B ±", "resolution", "differs",
    "read in A (s)", "read in B (s)", "decided differences",
)  # fmt: skip

PART_HEAD = (
    "part", "query from (s)", "query to (s)", "reference from (s)", "reference to (s)", "cost", "±",
    "between repetitions of the reference", "share", "explained", "doubt",
)  # fmt: skip

#: The full-width forms are formulas where the locale writes them so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | float | int | None


def findings_csv(comparison: PairDocument) -> str:
    """A row for each difference in reading order; times are seconds from the start of each file."""
    return csv_of(FINDING_HEAD, itertools.starmap(_finding_row, numbered_findings(comparison)))


def parts_csv(explanation: SkillExplanationRecord) -> str:
    """A row for each part of the query: where it lies in both clips, and what it cost."""
    return csv_of(PART_HEAD, map(_part_row, explanation.parts))


def _part_row(part: ExplainedPart) -> Sequence[Cell]:
    reference_s = (None, None) if part.reason_unknown else (part.reference_start_s, part.reference_stop_s)
    return (
        part.name,
        *_round((part.start_s, part.stop_s, *reference_s)),
        *(part.cost, part.spread, part.within_reference, part.share),
        "yes" if part.shown else "no",
        part.reason_unknown,
    )


def _round(times_s: Sequence[float | None]) -> list[Cell]:
    return [None if time_s is None else round(time_s, 3) for time_s in times_s]


def measurements_csv(comparison: PairDocument) -> str:
    """A row for each measurement; the last column names the numbers of the differences that it decided."""
    decided: dict[Measurement, list[int]] = {measurement: [] for measurement in comparison.measurements}
    for number, finding in numbered_findings(comparison):
        for measurement in finding.measurements:
            decided.setdefault(measurement, []).append(number)
    return csv_of(MEASUREMENT_HEAD, (_measurement_row(measurement, by) for measurement, by in decided.items()))


def safe_cell(cell: Cell) -> Cell:
    """Text that no spreadsheet takes for a formula; numbers as they are."""
    if not isinstance(cell, str):
        return cell
    text = plain(cell)
    # Some programs drop leading spaces before they look.
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _finding_row(number: int, finding: Finding) -> Sequence[Cell]:
    difference, verdict = finding.difference, finding.verdict
    return (
        number,
        difference.name,
        difference.statement,
        formatting.verdict_text(verdict),
        verdict.answer,
        verdict.status,
        verdict.confidence,
        verdict.reason,
        "; ".join(finding.stages),
        _times(finding, "a"),
        _times(finding, "b"),
        "; ".join(map(measurement_text, finding.measurements)),
        verdict.error,
    )


def _times(finding: Finding, side: Side) -> Cell:
    return _seconds([frame.time_s for frame in key_frames(finding, side)])


def _measurement_row(measurement: Measurement, decided: Sequence[int]) -> Sequence[Cell]:
    row = measurement
    differs = {True: "yes", False: "no", None: None}[row.differs]
    return (
        *(row.name, row.quantity, row.side, row.statistic, row.moment, row.stage, row.unit),
        *(row.a, row.error_a, row.b, row.error_b, row.resolution or None, differs),
        *(_seconds(row.times_a), _seconds(row.times_b), "; ".join(map(str, decided))),
    )


def _seconds(times_s: Sequence[float]) -> Cell:
    # One number stays one that can be reckoned with.
    return round(times_s[0], 3) if len(times_s) == 1 else "; ".join(f"{time_s:.3f}" for time_s in times_s)


def csv_of(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV whose cells no spreadsheet takes for formulas."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + target.getvalue()
