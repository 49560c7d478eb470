"""LMs with an engine of their own ask what dspy's would have asked, and pictures travel beside the request."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import dspy
import pytest

from tests.support.footage import noise_footage
from tests.support.models import judge_reply
from tests.support.servers import OpenAIServer, WireRequest
from viddiff.lms import LMs, adapter_of
from viddiff.lms.adapters import AdapterName
from viddiff.lms.direct import direct, takes_names
from viddiff.lms.limits import limits_of
from viddiff.lms.pictures import NamedURI, pictures_aside, set_aside, with_pictures
from viddiff.lms.roles import make_lm, server_options
from viddiff.programs.differencer import Differencer
from viddiff.signatures.clip import Clip
from viddiff.video.store import find

SEQUENCE = noise_footage(6).sequence
CLIPS = {"video_a": Clip.of("A", [SEQUENCE.frame(i) for i in range(3)]), "video_b": Clip.of("B", [SEQUENCE.frame(5)])}
SHOWN = [find(frame.ref) for clip in CLIPS.values() for frame in clip.frames]
NAME = "viddiff/picture/" + SEQUENCE.frame(0).ref


def reply(request: WireRequest) -> str:
    """An answer in the form that was asked for."""
    if "JSON object" in request.prompt:
        return json.dumps({"reason": "r", "answer": "a", "confidence": 1.0, "frames_a": [1], "frames_b": [1]})
    return judge_reply("a")


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(reply) as running:
        yield running


def ask(lm: dspy.LM, adapter: dspy.Adapter, statement: str = "s", clips: Mapping[str, Clip] = CLIPS) -> dspy.Prediction:
    with dspy.context(lm=lm, adapter=adapter):
        return Differencer(attempts=1)(action="x", statement=statement, **clips)


def lm_of(provider: str, server: OpenAIServer, **options: Any) -> dspy.LM:
    model = f"{provider}/some-model"
    return dspy.LM(model, **{"cache": False, **server_options(provider, model, server.url), **options})


@pytest.mark.parametrize("adapter", ["chat", "json"])
@pytest.mark.parametrize("provider", ["openai", "hosted_vllm", "ollama", "ollama_chat"])
def test_the_request_is_the_one_that_dspy_sends(server: OpenAIServer, provider: str, adapter: AdapterName) -> None:
    plain = lm_of(provider, server, temperature=0.5, max_tokens=99, timeout=20)
    quick = direct(plain)
    assert takes_names(quick)
    assert not takes_names(plain)
    assert ask(plain, adapter_of(adapter)).verdict == ask(quick, adapter_of(adapter)).verdict
    theirs, ours = server.requests
    assert ours.body == theirs.body
    assert ours.path == theirs.path
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.images == SHOWN


@pytest.mark.parametrize("name", ["function_calling", "reasoning", "response_schema"])
@pytest.mark.parametrize(
    "model", ["openai/gpt-4o", "openai/gpt-4.1-mini", "groq/llama-3.3-70b-versatile", "deepseek/deepseek-chat"]
)
def test_what_a_model_can_do_stays(model: str, name: str) -> None:
    plain = dspy.LM(model, api_key="k")
    assert takes_names(direct(plain))
    assert getattr(direct(plain), f"supports_{name}") == getattr(plain, f"supports_{name}")
    assert direct(plain).supported_params == plain.supported_params


@pytest.mark.parametrize("model", ["openai/o3", "openai/gpt-5-mini", "openai/gpt-4o"])
def test_models_that_take_no_temperature_are_asked_directly_too(model: str) -> None:
    assert takes_names(make_lm(model, limits=limits_of(model), api_key="k"))


@pytest.mark.parametrize(
    "lm",
    [
        dspy.LM("anthropic/claude-x", api_key="k"),
        dspy.LM("gemini/gemini-x", api_key="k"),
        dspy.LM("bedrock/some-model"),
        dspy.LM("xai/grok-x", api_key="k"),
        dspy.LM("openai/x", api_key="k", model_type="responses"),
        dspy.LM("openai/x", api_key="k", engine="litellm"),
        dspy.LM("openai/x", api_key="k", reasoning_effort="low"),
        dspy.LM("openai/x", api_key="k", extra_headers={"x": "y"}),
    ],
    ids=lambda lm: lm.model,
)
def test_what_is_not_asked_in_the_usual_way_stays_with_dspy(lm: dspy.LM) -> None:
    assert direct(lm) is lm


def test_a_copy_with_another_temperature_asks_the_same_server(server: OpenAIServer) -> None:
    lm = direct(lm_of("openai", server)).copy(temperature=0.25)
    assert ask(lm, adapter_of("chat")).answer == "a"
    assert server.requests[0].body["temperature"] == 0.25
    assert server.requests[0].images == SHOWN


def test_a_picture_s_name_in_a_text_stays_text(server: OpenAIServer) -> None:
    for statement in (NAME, f'"{NAME}"', f"data:image/jpeg;base64,{NAME}"):
        ask(direct(lm_of("openai", server)), adapter_of("chat"), statement)
        assert statement in server.requests[-1].prompt
        assert server.requests[-1].images == SHOWN


def test_the_cache_tells_pictures_apart(server: OpenAIServer) -> None:
    lm = direct(lm_of("openai", server, cache=True))
    others = {**CLIPS, "video_b": Clip.of("B", [SEQUENCE.frame(4)])}
    for clips in (CLIPS, CLIPS, others):
        ask(lm, adapter_of("chat"), clips=clips)
    assert [len(request.images) for request in server.requests] == [4, 4]
    assert server.requests[1].images[-1] == find(SEQUENCE.frame(4).ref)


def test_a_history_holds_names_instead_of_pixels(server: OpenAIServer) -> None:
    lm = direct(lm_of("openai", server))
    ask(lm, adapter_of("chat"))
    kept = json.dumps(lm.history[0]["messages"])
    assert NAME in kept
    assert base64.b64encode(SHOWN[0]).decode()[:40] not in kept


def test_asking_asynchronously_sends_pictures_too(server: OpenAIServer) -> None:
    lm = direct(lm_of("openai", server))

    async def asked() -> None:
        with dspy.context(lm=lm, adapter=adapter_of("chat")):
            await dspy.Predict(Differencer().judge.predict.signature).acall(
                action="x", statement="s", measurements=[], **CLIPS
            )
        await lm.aclose()

    asyncio.run(asked())
    assert server.requests[0].images == SHOWN


def test_calls_of_an_inner_role_are_its_own(server: OpenAIServer) -> None:
    lms = LMs("openai/gpt-x", api_base=server.url, cache=False)
    with lms.role("reflection"), lms.role("judge"):
        ask(dspy.settings.lm, adapter_of("chat"))
    (usage,) = lms.usage
    assert (usage.role, usage.calls, usage.images) == ("judge", 1, 4)


def test_pictures_are_put_into_whole_strings_only() -> None:
    uri = NamedURI("data:image/jpeg;base64,/9j/AAAA", "0" * 64)
    blocks = [{"type": "image_url", "image_url": {"url": uri}}, {"type": "text", "text": "t"}]
    message = [{"role": "user", "content": blocks}]
    assert set_aside(message) is message, "outside the context nothing is set aside"
    with pictures_aside():
        (named,) = set_aside(message)
        body = json.dumps(named).encode()
        assert uri.encode() not in body
        assert json.loads(with_pictures(body)) == message[0]
        escaped = json.dumps({"text": f'viddiff/picture/{"0" * 64}" and more'}).encode()
        assert with_pictures(escaped) == escaped
    assert with_pictures(body) == body
