"""One pair of a run: compared, and written into its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from viddiff.api import Comparer
from viddiff.batch.pairs import Pair
from viddiff.batch.rows import Row, row_of
from viddiff.core.files import write_document
from viddiff.programs.questions import check_all_asked
from viddiff.programs.statements import check_action, parse_differences


@dataclass(frozen=True)
class Pages:
    """Whether a report is written for each pair, and whether it holds both clips."""

    report: bool = True
    clips: bool = True


def compare_pair(comparer: Comparer, pair: Pair, out: Path, pages: Pages) -> Row:
    """Compare a pair whose clips are in the cache and write its folder; the document last, which says it is whole.

    Raises:
        InputError: the pair cannot be compared. UsageError: the folder cannot be written. BackendError, BudgetError:
            what the next pair would meet, too.
    """
    differences = parse_differences(pair.differences) if pair.differences is not None else None
    comparison = comparer(pair.paths.a, pair.paths.b, check_action(pair.action), differences)
    check_all_asked(comparison, comparer.lms)
    folder = out / pair.key
    folder.mkdir(exist_ok=True)
    if pages.report:
        comparison.report(folder / "report.html", clips=pages.clips)
    write_document(folder / "comparison.json", comparison.to_json())
    return row_of(pair, comparison)
