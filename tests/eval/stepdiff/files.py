"""Rows of our own in the schema of the released files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REFERENCE, CANDIDATE = "-knead_dough_4.0_12.5", "bread_00001_0.0_9.0"
OTHERS = [f"other_{place:05d}_1.0_8.25" for place in range(6)]


def caption_row(**changes: Any) -> dict[str, Any]:
    row = {"reference": REFERENCE, "candidate": CANDIDATE, "category": "Technique", "text": ["folds it, not rolls it"]}
    return {**row, **changes}


def choice_row(**changes: Any) -> dict[str, Any]:
    answer = [REFERENCE, CANDIDATE]
    options = [[OTHERS[0], OTHERS[1]], answer, [OTHERS[2], OTHERS[3]], [OTHERS[4], OTHERS[5]]]
    row = {"difference": "folds it instead of rolling it", "category": "Technique", "options": options}
    return {**row, "answer": answer, **changes}


def rank_row(**changes: Any) -> dict[str, Any]:
    return {"reference": REFERENCE, "targets": OTHERS[:4], "category": "Visuals", "scores": [0, 0, 3, 2], **changes}


def write(path: Path, *rows: object) -> Path:
    """JSON lines; a text or bytes is a line as it is."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
