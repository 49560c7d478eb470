"""A tiny language model that knows the words of rows of StepDiff and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.tiny_language import make_language
from viddiff.signatures.stepdiff.paired_qa import FIRST_VIDEO, PAIRED_SYSTEM, SECOND_VIDEO, main_difference, same_in


def language_of(data: Path, folder: Path) -> Path:
    """Write its checkpoint to ``folder``, with the words of the files in ``data``."""
    files = sorted(data.glob("diff*.jsonl"))
    rows = [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]
    texts = [PAIRED_SYSTEM, FIRST_VIDEO, SECOND_VIDEO, "YES NO ? ."]
    for row in rows:
        category = row["category"]
        texts += [main_difference(category), same_in(category), *row.get("text", ()), row.get("difference", "")]
    return make_language(folder, sorted({word for text in texts for word in text.split()}), layers=1)
