"""Answers in a store that machines share: those of dspy's own engine, and those that come by way of LiteLLM."""

from __future__ import annotations

import json
from pathlib import Path

import dspy
import pytest

from tests.lms.test_providers import KEY, PROVIDERS, answer
from viddiff.core.shared_store import open_store
from viddiff.lms import LMs, adapter_of
from viddiff.lms.answers import answer_of, content_of
from viddiff.lms.cache import configure
from viddiff.signatures.ping import NameNumber

# LiteLLM leaves sockets and loops to the collector.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("own_answers")]


@pytest.mark.parametrize("name", ["bedrock", "openai"])
def test_what_one_machine_asked_another_one_does_not_ask_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_REGION_NAME", "us-east-1")
    provider, store = PROVIDERS[name], open_store(str(tmp_path / "shared"))
    with provider.server(answer) as server:
        for machine in ("one", "two"):
            configure(tmp_path / machine / "hosted", store)
            lms = LMs(dspy.LM(provider.model, api_base=server.url, api_key=KEY, num_retries=0))
            with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True), lms.role("text"):
                assert dspy.Predict(NameNumber)(word="seven").number == 7
        assert len(server.requests) == 1
    assert [usage.cached_calls for usage in lms.usage if usage.role == "text"] == [1]
    (path,) = (tmp_path / "shared").rglob("*.json")
    for secret in (KEY, server.url):
        assert secret.encode() not in path.name.encode() + path.read_bytes()


@pytest.mark.parametrize(
    "kept", [b"", b"[1]", b'{"litellm": "Router", "answer": {}}', b'{"litellm": "ModelResponse", "answer": 3}']
)
def test_what_is_no_answer_counts_as_missing(kept: bytes) -> None:
    assert answer_of(kept) is None


def test_an_object_of_litellm_comes_back_without_what_stands_beside_the_answer() -> None:
    import litellm

    made = litellm.ModelResponse(choices=[{"message": {"role": "assistant", "content": "seven"}}], model="x")
    made._hidden_params = {"headers": {"key": KEY}}
    content = content_of(made)
    assert content is not None
    assert KEY.encode() not in content
    again = answer_of(content)
    assert type(again) is litellm.ModelResponse
    assert again.model_dump() == made.model_dump()
    assert content_of(object()) is None
    assert answer_of(json.dumps({"outputs": ["seven"]}).encode()) == {"outputs": ["seven"]}
