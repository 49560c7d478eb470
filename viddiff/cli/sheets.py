"""Tables as text: Markdown and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence


def markdown_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of clean cells; what Markdown reads as more than text is escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(re.sub(r"[\\|`<\[]", r"\\\g<0>", cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def sheet_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """CSV of clean cells that no spreadsheet takes for formulas."""
    from viddiff.report.exports.tables import safe_cell

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    # The dash stands for no figure.
    writer.writerows([cell if cell == "-" else safe_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue().rstrip("\n")
