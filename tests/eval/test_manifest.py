"""What a run is: the prompts are part of it, to the last word."""

from __future__ import annotations

from typing import Any

import dspy
import pytest
from pydantic import Field, create_model

from viddiff.eval import manifest
from viddiff.eval.manifest import prompts_hash, signatures


def signature(word: str) -> Any:
    entry = create_model("Entry", key=(str, Field(description=word)))
    return dspy.Signature({"found": (list[entry], dspy.OutputField())}, "Answer.")


def test_every_method_asks_with_signatures_that_are_part_of_a_run() -> None:
    names = {one.__name__ for one in signatures("viddiff")}
    assert names >= {"JudgeDifference", "JudgeAll", "FindMoments", "SeeDifferences", "JudgeTogether"}


def test_a_changed_word_of_a_field_of_an_entry_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = []
    for word in ("key", "the key"):
        monkeypatch.setattr(manifest, "signatures", lambda task, word=word: [signature(word)])
        hashes.append(prompts_hash())
    assert hashes[0] != hashes[1]
