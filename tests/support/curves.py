"""Curves whose scores are known, as a data set of scored performances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.made_curves import make_curves


def write_curves(folder: Path, n: int = 12) -> Path:
    """Curves as a data set: performers, each with its expert, the last third for the test part."""
    made = make_curves(n, 5)
    folder.mkdir()
    rows: list[dict[str, Any]] = []
    for row, vectors in enumerate(made.vectors):
        np.save(folder / f"{row}.npy", vectors)
        rows.append({"id": str(row), "features": f"{row}.npy", "fps": 10, "group": f"school {row % n}"})
        if row < n:
            score = 100 * made.scores[row]
            part = "train" if row < 2 * n // 3 else "test"
            segments = [{"start_s": 0, "stop_s": 3.9, "deduction": 100 - score}] if row == 0 else []
            told = {"score": score, "max_score": 100, "split": part, "references": [str(row + n)], "segments": segments}
            rows[-1] |= told
    (folder / "items.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return folder
