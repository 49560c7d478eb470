"""The same question over the wires of three providers: order, labels, bytes, keys, rate limits, refusals."""

from __future__ import annotations

import base64
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.support.frames import frames_of, jpegs_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked
from tests.support.servers import Failure, OpenAIServer, WireRequest, api_error, completion, rate_limit, refusal
from tests.support.wires import (
    AnthropicServer,
    GeminiServer,
    anthropic_error,
    block_prompt,
    gemini_answer,
    gemini_error,
    message,
)
from viddiff.build import models
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.types import Difference, Verdict
from viddiff.lms import LMs, adapter_of
from viddiff.localizer.localizer import Localizer
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import Question, QuestionRunner
from viddiff.programs.viddiff.program import VidDiff

KEY = "the-key-of-this-test"
FOOTAGE, OTHER = noise_footage(8, seed=3), noise_footage(8, seed=4)
frames = frames_of(FOOTAGE, OTHER)


@dataclass(frozen=True)
class Wire:
    """A provider's form: its server, a model string, the header of its key, and its ways to say no."""

    server: type[OpenAIServer]
    model: str
    key_header: tuple[str, str]
    limited: Failure
    refusals: tuple[Failure, ...]


WIRES = {
    "openai": Wire(
        OpenAIServer,
        "openai/gpt-x",
        ("authorization", f"Bearer {KEY}"),
        rate_limit(0.3),
        (
            refusal(),
            refusal(None),
            Failure(body=completion("x", None, refusal="I can't.")),
            api_error(400, "The response was filtered due to our content management policy.", "content_filter"),
        ),
    ),
    "anthropic": Wire(
        AnthropicServer,
        "anthropic/claude-x",
        ("x-api-key", KEY),
        anthropic_error(429, "Number of requests has exceeded your rate limit.", "rate_limit_error", Retry_After="0.3"),
        (
            Failure(body=message(None, "refusal")),
            Failure(body=message("I'm sorry, I can't help with that.", "refusal")),
        ),
    ),
    "gemini": Wire(
        GeminiServer,
        "gemini/gemini-x",
        ("x-goog-api-key", KEY),
        gemini_error(429, "Resource has been exhausted.", "RESOURCE_EXHAUSTED", Retry_After="0.3"),
        (
            Failure(body=gemini_answer(None, "SAFETY")),
            Failure(body=gemini_answer(None, "PROHIBITED_CONTENT")),
            Failure(body=block_prompt()),
        ),
    ),
}

each_wire = pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)


def lm_of(wire: Wire, server: OpenAIServer, retries: int = 1) -> dspy.LM:
    return dspy.LM(wire.model, api_base=server.url, api_key=KEY, cache=False, num_retries=retries)


def question(index: int = 0) -> Question:
    frames = [FOOTAGE.sequence.frame(i) for i in range(8)]
    return Question(f"{index}", f"the squat is deeper, number {index}", tuple(frames[:3]), tuple(frames[3:]), ())


def ask(lm: dspy.LM | LMs, questions: list[Question], threads: int = 1) -> list[Verdict]:
    lms = lm if isinstance(lm, LMs) else LMs(lm)
    with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
        return QuestionRunner(Differencer(1), lms, threads, lambda done: None).ask_all("squat", questions)


def answer(request: WireRequest) -> str:
    return judge_reply("b")


@each_wire
def test_images_keep_their_order_labels_and_bytes_and_the_key_its_header(wire: Wire) -> None:
    with wire.server(answer) as server:
        (verdict,) = ask(lm_of(wire, server), [question()])
        (request,) = server.requests
    assert verdict.answer == "b"
    shown = [*question().frames_a, *question().frames_b]
    assert request.images == jpegs_of(shown, FOOTAGE.sequence.store)
    assert {part[2] for part in request.parts if part[0] == "image"} == {"image/jpeg"}
    labels = [
        before[1].strip()
        for before, part in zip(request.parts, request.parts[1:], strict=False)
        if part[0] == "image" and before[0] == "text"
    ]
    counts = [("A", i, 3) for i in (1, 2, 3)] + [("B", i, 5) for i in (1, 2, 3, 4, 5)]
    assert labels == [
        f"Video {name}, frame {i} of {n}, t={frame.time_s:.2f} s:"
        for (name, i, n), frame in zip(counts, shown, strict=True)
    ]
    # Frames first and what changes from question to question last, so that prefixes can be cached.
    assert request.parts[-1][0] == "text"
    assert "number 0" in request.parts[-1][1]
    assert not any(base64.b64encode(image).decode()[:40] in request.prompt for image in request.images)
    name, value = wire.key_header
    assert request.headers[name] == value
    assert KEY not in request.path
    assert KEY not in str(request.body)


@each_wire
def test_a_rate_limit_is_waited_out_as_long_as_the_server_says(wire: Wire) -> None:
    with wire.server(answer, [wire.limited]) as server:
        start_s = time.monotonic()
        (verdict,) = ask(lm_of(wire, server), [question()])
        assert time.monotonic() - start_s >= 0.3
        assert len(server.requests) == 2
    assert verdict.answer == "b"


@each_wire
def test_refusals_and_content_filters_are_told_as_refused(wire: Wire) -> None:
    for failed in wire.refusals:
        with wire.server(answer, lambda request, failure=failed: failure) as server:  # type: ignore[misc]
            (verdict,) = ask(lm_of(wire, server), [question()])
            assert len(server.requests) == 1
        assert (verdict.status, verdict.answer) == ("refused", None)
        assert verdict.error


def test_each_role_is_asked_at_its_own_provider_and_the_text_model_never_gets_an_image() -> None:
    def proposals(request: WireRequest) -> str:
        return proposer_reply(Asked("x", str(request.parts[0][1]), request.parts[1:], (), None, None, None))

    text, vision = WIRES["gemini"], WIRES["anthropic"]
    with text.server(proposals) as writer, vision.server(answer) as seer:
        lms = LMs(lm_of(text, writer), lm_of(vision, seer))
        with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
            outcome = VidDiff(lms, localizer=Localizer("uniform"), measure=False)(
                action="squat",
                video_a=FOOTAGE,
                video_b=OTHER,
                differences=(Difference(key="0", name="depth", statement="the squat is deeper"),),
            ).outcome
        assert outcome.differences[0].verdict.answer == "b"
        assert [request.body["model"] for request in writer.requests] == ["gemini-x"] * 3
        assert not any(request.images for request in writer.requests)
        assert [request.body["model"] for request in seer.requests] == ["claude-x"]
        assert seer.requests[0].images


@pytest.mark.parametrize(
    "limited",
    [
        pytest.param(lambda number: number % 4 == 0, id="every fourth"),
        pytest.param(lambda number: 8 <= number < 24, id="a while"),
    ],
)
def test_rate_limits_slow_and_lose_no_question(limited: Callable[[int], bool], tmp_path: Path) -> None:
    arrived: list[int] = []

    def failure(request: WireRequest) -> Failure | None:
        # Called under the server's lock, one request at a time.
        arrived.append(len(arrived))
        return rate_limit(0.05) if limited(arrived[-1]) else None

    with OpenAIServer(answer, failure) as server:
        # The defaults of the settings, as the command line uses them: 8 in flight, 3 repeats.
        settings = Settings(lm="openai/x", api_base=server.url, cache=False, cache_dir=tmp_path)
        verdicts = ask(models(None, settings), [question(i) for i in range(64)], settings.threads)
        statements = [request.prompt.rpartition("number ")[2].split()[0] for request in server.requests]
    n_limited = sum(map(limited, arrived))
    assert n_limited >= 16
    assert [verdict.status for verdict in verdicts] == ["answered"] * 64
    assert len(arrived) == 64 + n_limited
    assert set(statements) == {str(i) for i in range(64)}


def test_servers_answer_several_at_once() -> None:
    # What the other tests rest on: the servers do not queue, so that a limit is met by several requests in flight.
    waiting: list[Any] = []

    def slowly(request: WireRequest) -> str:
        waiting.append(request)
        deadline_s = time.monotonic() + 5
        while len(waiting) < 2 and time.monotonic() < deadline_s:
            time.sleep(0.005)
        return judge_reply("a" if len(waiting) >= 2 else "c")

    with AnthropicServer(slowly) as server:
        lm = lm_of(WIRES["anthropic"], server)
        asking = [functools.partial(ask, lm, [question(index)]) for index in range(2)]
        verdicts = [found[0].answer for found in in_parallel(asking, 2)]
    assert verdicts == ["a", "a"]
