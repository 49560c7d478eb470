"""Faults are told in one clean sentence."""

from __future__ import annotations

import dspy
import pytest
from dspy.utils import exceptions as dspy_errors

from viddiff.lms import failure_of
from viddiff.lms.failures import clean_text


@pytest.mark.parametrize(
    ("error", "kind", "fatal"),
    [
        (dspy_errors.LMAuthError("bad key"), "key", True),
        (dspy_errors.LMNotConfiguredError("no key"), "key", True),
        (dspy_errors.LMBillingError("quota"), "quota", True),
        (dspy_errors.LMUnsupportedModelError("no model"), "model", True),
        (dspy_errors.ContextWindowExceededError(), "context", False),
        (dspy_errors.LMInvalidRequestError("odd"), "request", False),
        (dspy_errors.LMRateLimitError("slow down"), "rate", False),
        (dspy_errors.LMTimeoutError("late"), "timeout", False),
        (dspy_errors.LMTransportError("reset"), "transport", False),
        (dspy_errors.LMTransportError("the read timed out"), "timeout", False),
        (dspy_errors.LMServerError("500"), "server", False),
        (dspy_errors.LMUnexpectedError("?"), "other", False),
    ],
)
def test_each_error_has_a_kind_and_a_sentence(error: Exception, kind: str, fatal: bool) -> None:
    failure = failure_of(error, "openai/x")
    assert failure is not None
    assert (failure.kind, failure.fatal) == (kind, fatal)
    assert failure.message.startswith("Model 'openai/x': ")
    assert failure.message.endswith(".")
    assert "\n" not in failure.message


def test_a_bug_of_ours_is_no_fault() -> None:
    assert failure_of(KeyError("x")) is None


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("I'm sorry, but I can't help with identifying people.", "refused"),
        ("I cannot assist with that request.", "refused"),
        ("I am unable to view videos.", "refused"),
        ("", "refused"),
        ("The answer is a.", "garbled"),
        ("Sorry state of the knees: they bend more.", "garbled"),
    ],
)
def test_refusals_are_told_from_garbage(raw: str, kind: str) -> None:
    signature = dspy.Signature("word -> answer")
    failure = failure_of(dspy.AdapterParseError(adapter_name="ChatAdapter", signature=signature, lm_response=raw))
    assert failure is not None
    assert failure.kind == kind
    assert not failure.fatal


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcdef123456.",
        "Authorization: Bearer abcdef123456",
        "key AIzaSyA1234567890abcdef is bad",
        "token opensesame-very-secret was refused",
    ],
)
def test_secrets_never_reach_a_message(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "opensesame-very-secret")
    said = clean_text(text)
    for secret in ("abcdef123456", "1234567890abcdef", "opensesame-very-secret"):
        assert secret not in said
    assert "[secret]" in said


def test_long_texts_are_cut_and_put_on_one_line() -> None:
    said = clean_text("x\n" * 1000)
    assert len(said) <= 301
    assert "\n" not in said
