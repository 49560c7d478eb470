"""Rows of training data in chat form, with a place for each video."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from viddiff.eval.stepdiff.items import StepPair
from viddiff.programs.stepdiff.projector.chat import paired_chat

Row = dict[str, Any]


def chat_row(pair: StepPair, question: str, answer: str, kind: str) -> Row:
    """One question and one answer; the id follows from clips and words."""
    messages = paired_chat(pair.reference.id, pair.candidate.id, question)
    return {
        "id": id_of(pair, question, answer),
        "reference": pair.reference.id,
        "candidate": pair.candidate.id,
        "kind": kind,
        "messages": [*messages, {"role": "assistant", "content": answer}],
    }


def id_of(pair: StepPair, question: str, answer: str) -> str:
    """16 hexadecimal digits by content."""
    content = json.dumps([pair.reference.id, pair.candidate.id, question, answer], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
