"""The fakes do what they say, and what dspy makes of every fault of a provider."""

from __future__ import annotations

import base64
import io
import threading
import time
from typing import Any

import dspy
import pytest
from dspy.utils import exceptions as dspy_errors
from PIL import Image

from tests.support.scripted import Asked, chat_reply, scripted_lm
from tests.support.servers import (
    GARBAGE,
    NO_MODEL,
    NO_QUOTA,
    RESET,
    SERVER_ERROR,
    TRUNCATED,
    UNAUTHORIZED,
    Failure,
    OpenAIServer,
    WireRequest,
    completion,
    rate_limit,
    refusal,
    slow,
)


class Judge(dspy.Signature):  # type: ignore[misc]  # dspy ships no types
    """Say which image shows more."""

    first: dspy.Image = dspy.InputField()
    second: dspy.Image = dspy.InputField()
    statement: str = dspy.InputField()
    answer: str = dspy.OutputField()
    frames: list[int] = dspy.OutputField()


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def image(colour: str) -> dspy.Image:
    return dspy.Image("data:image/png;base64," + base64.b64encode(png(colour)).decode())


def judge(lm: dspy.LM, **config: Any) -> dspy.Prediction:
    with dspy.context(lm=lm, disable_history=True):
        return dspy.Predict(Judge)(first=image("red"), second=image("blue"), statement="it is red", config=config)


def good(_: object) -> str:
    return chat_reply(answer="a", frames=[0, 2])


def test_scripted_engine_records_the_request_and_its_reply_parses() -> None:
    lm = scripted_lm(good)
    prediction = judge(lm, temperature=0.5, max_tokens=9)
    assert (prediction.answer, prediction.frames) == ("a", [0, 2])
    [asked] = lm.engine.asked
    assert asked.images == [png("red"), png("blue")]
    assert [part[0] for part in asked.parts] == ["text", "image", "text", "image", "text"]
    assert asked.parts[1] == ("image", png("red"), "image/png")
    assert set(asked.roles) == {"user"}
    assert "it is red" in asked.prompt
    assert "Say which image shows more." in asked.system
    assert (asked.model, asked.temperature, asked.max_tokens, asked.seed) == ("scripted/x", 0.5, 9, None)


def test_a_request_is_known_by_its_output_fields() -> None:
    lm = scripted_lm(good)
    judge(lm)
    [asked] = lm.engine.asked
    assert asked.asks_for("answer")
    assert asked.asks_for("answer", "frames")
    assert not asked.asks_for("statement"), "an input field is no output field"
    assert not asked.asks_for("answer", "stages")


def test_scripted_engine_injects_faults() -> None:
    def answer(_: Asked) -> str:
        raise dspy.lm15.RateLimitError("too many")

    with pytest.raises(dspy_errors.LMRateLimitError, match="too many"):
        judge(scripted_lm(answer))


def test_scripted_engine_counts_every_thread() -> None:
    lm = scripted_lm(good)
    threads = [threading.Thread(target=judge, args=(lm,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lm.engine.asked) == 8


def ask_server(
    faults: list[Failure], retries: int = 1, **options: Any
) -> tuple[dspy.Prediction | Exception, list[WireRequest], float]:
    """What dspy returns or raises, the requests it made, and the seconds it took."""
    with OpenAIServer(good, faults) as server:
        lm = dspy.LM("openai/x", api_base=server.url, api_key="k-1", cache=False, num_retries=retries, **options)
        start_s = time.monotonic()
        outcome: dspy.Prediction | Exception
        try:
            outcome = judge(lm)
        except (dspy_errors.LMError, dspy.AdapterParseError) as error:
            outcome = error
        return outcome, server.requests, time.monotonic() - start_s


def test_server_records_what_goes_over_the_wire() -> None:
    outcome, [request], _ = ask_server([], temperature=0.25)
    assert isinstance(outcome, dspy.Prediction)
    assert outcome.frames == [0, 2]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer k-1"
    assert (request.body["model"], request.body["temperature"]) == ("x", 0.25)
    assert request.images == [png("red"), png("blue")]
    assert ("image", png("blue"), "image/png") in request.parts
    assert "it is red" in request.prompt


def test_server_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    ask_server([SERVER_ERROR])
    assert threading.active_count() == before


def test_a_server_that_stops_does_not_wait_for_a_slow_answer() -> None:
    start_s = time.monotonic()
    with OpenAIServer(good, lambda _: slow(60)) as server:
        lm = dspy.LM("openai/x", api_base=server.url, api_key="k", cache=False, num_retries=0, timeout=0.2)
        with pytest.raises(dspy_errors.LMTransportError):
            judge(lm)
    assert time.monotonic() - start_s < 10


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(rate_limit(0), id="429"),
        pytest.param(SERVER_ERROR, id="500"),
        pytest.param(Failure(503, b"<html>busy</html>", {"Retry-After": "0"}), id="503"),
    ],
)
def test_a_passing_fault_is_retried(fault: Failure) -> None:
    outcome, requests, took_s = ask_server([fault], retries=1)
    assert isinstance(outcome, dspy.Prediction)
    assert len(requests) == 2
    assert took_s < 5


def test_retry_after_is_waited_for() -> None:
    outcome, requests, took_s = ask_server([rate_limit(0.3)], retries=1)
    assert isinstance(outcome, dspy.Prediction)
    assert len(requests) == 2
    assert took_s >= 0.3


# Retries: how often a fault that lasts is tried with num_retries=2. Without a Retry-After dspy waits 1 s, 2 s, 4 s, ...
# between tries, so the faults of the connection are tried once here.
@pytest.mark.parametrize(
    ("fault", "retries", "raised", "n_requests"),
    [
        pytest.param(UNAUTHORIZED, 2, dspy_errors.LMAuthError, 1, id="401"),
        pytest.param(NO_MODEL, 2, dspy_errors.LMUnsupportedModelError, 1, id="404"),
        pytest.param(NO_QUOTA, 2, dspy_errors.LMBillingError, 1, id="quota"),
        pytest.param(rate_limit(0), 2, dspy_errors.LMRateLimitError, 3, id="429"),
        pytest.param(SERVER_ERROR, 2, dspy_errors.LMServerError, 3, id="500"),
        pytest.param(GARBAGE, 2, dspy_errors.LMProviderError, 1, id="garbage"),
        pytest.param(RESET, 0, dspy_errors.LMTransportError, 1, id="reset"),
        pytest.param(TRUNCATED, 0, dspy_errors.LMTransportError, 1, id="truncated"),
    ],
)
def test_a_lasting_fault(fault: Failure, retries: int, raised: type[Exception], n_requests: int) -> None:
    outcome, requests, took_s = ask_server([fault] * 9, retries=retries)
    assert type(outcome) is raised
    assert len(requests) == n_requests
    assert took_s < 5


def test_a_connection_fault_is_retried() -> None:
    outcome, requests, _ = ask_server([RESET], retries=1)
    assert isinstance(outcome, dspy.Prediction)
    assert len(requests) == 2


def test_a_late_answer_is_a_transport_error_not_a_timeout() -> None:
    outcome, requests, _ = ask_server([slow(5)], retries=0, timeout=0.2)
    assert type(outcome) is dspy_errors.LMTransportError
    assert "timed out" in str(outcome)
    assert len(requests) == 1


# A refusal is no LMError. The chat adapter finds nothing to parse, the JSON adapter asks once more, and the error that
# is left does not hold the words of the refusal.
@pytest.mark.parametrize(
    ("fault", "response"),
    [
        pytest.param(refusal(), "None", id="content_filter with message.refusal"),
        pytest.param(refusal(None), "", id="content_filter with nothing"),
        pytest.param(Failure(body=completion("x", None, refusal="I can't.")), "None", id="message.refusal, stop"),
    ],
)
def test_a_refusal_is_an_empty_answer_asked_twice(fault: Failure, response: str) -> None:
    outcome, requests, took_s = ask_server([fault] * 9, retries=2)
    assert isinstance(outcome, dspy.AdapterParseError)
    assert "empty or null response" in str(outcome)
    assert str(outcome.lm_response) == response
    assert "I can't" not in str(outcome)
    assert len(requests) == 2
    assert took_s < 5


def test_a_filtered_answer_that_parses_passes_for_an_answer() -> None:
    outcome, requests, _ = ask_server([refusal(None, good(None))])
    assert isinstance(outcome, dspy.Prediction)
    assert outcome.answer == "a"
    assert len(requests) == 1
