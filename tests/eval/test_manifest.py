"""What a run is: the prompts are part of it, to the last word."""

from __future__ import annotations

from typing import Any

import dspy
import pytest
from pydantic import Field, create_model

from viddiff.eval import manifest
from viddiff.eval.manifest import all_prompts_hash, prompts_hash, signatures
from viddiff.signatures.differencer import JudgeDifference


def signature(word: str) -> Any:
    entry = create_model("Entry", key=(str, Field(description=word)))
    return dspy.Signature({"found": (list[entry], dspy.OutputField())}, "Answer.")


def test_every_method_asks_with_signatures_that_are_part_of_a_run() -> None:
    names = {one.__name__ for one in signatures("viddiff")}
    assert names >= {"JudgeDifference", "JudgeAll", "FindMoments", "SeeDifferences", "JudgeTogether"}


def test_the_prompts_of_stored_runs_are_those_of_today() -> None:
    """After a wanted change of a prompt: the hash that the message shows. Runs of before are then other runs."""
    assert prompts_hash("viddiff") == "a4745282474fd906b7b0f8187fa27f0148145199ab696736b6d24bf94cbbc5b1"
    assert prompts_hash("stepdiff") == "e2055e8f80b36bcf4bb505f40782b89211f8df66443271f43b5463fb6075fe10"


def test_a_signature_that_tasks_share_is_part_of_the_runs_of_each() -> None:
    assert JudgeDifference in signatures("viddiff")
    assert JudgeDifference in signatures("skilldiff")
    assert JudgeDifference not in signatures("stepdiff")


def test_a_changed_word_of_a_field_of_an_entry_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = []
    for word in ("key", "the key"):
        monkeypatch.setattr(manifest, "signatures", lambda task, word=word: [signature(word)])
        hashes.append((prompts_hash("viddiff"), all_prompts_hash()))
    assert not set(hashes[0]) & set(hashes[1])
