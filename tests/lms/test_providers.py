"""Every provider of docs/backends.md over its own wire: a question in words, one with pictures, both adapters.

Then its answers in a store that machines share: those of dspy's own engine, and those that come by way of LiteLLM. To
import that takes seconds, so no other module of the tests does it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import dspy
import pytest

from tests.lms.test_wire import FOOTAGE, question
from tests.support.frames import frames_of, jpegs_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply
from tests.support.scripted import chat_reply
from tests.support.servers import OpenAIServer, WireRequest
from tests.support.wires import AnthropicServer, AzureServer, BedrockServer, GeminiServer
from viddiff.cli import main
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.shared_store import open_store
from viddiff.lms import LMs, adapter_of, make_lm
from viddiff.lms.adapters import AdapterName
from viddiff.lms.answers import answer_of, content_of
from viddiff.lms.cache import configure
from viddiff.lms.roles import API_BASE_PROVIDERS
from viddiff.programs.differencer import Differencer
from viddiff.programs.questions import QuestionRunner
from viddiff.signatures.ping import NameNumber

# LiteLLM warns of what it does itself (pydantic, event loops), some of it late, from the collector.
pytestmark = pytest.mark.filterwarnings("ignore")

frames = frames_of(FOOTAGE)
KEY = "the-key-of-this-test"
VERDICT = {"reason": "It is seen.", "answer": "b", "confidence": 0.8, "frames_a": [1], "frames_b": [1]}
DOCS = Path(__file__).parents[2] / "docs" / "backends.md"


@dataclass(frozen=True)
class Provider:
    """How a provider is asked.

    Attributes:
        model: a model string.
        server: what speaks as it does.
        key_header: the header of its key; ``{}`` stands for the key.
    """

    model: str
    server: type[OpenAIServer] = OpenAIServer
    key_header: tuple[str, str] = ("authorization", "Bearer {}")


PROVIDERS = {
    provider.model.partition("/")[0]: provider
    for provider in (
        Provider("openai/gpt-x"),
        Provider("anthropic/claude-x", AnthropicServer, ("x-api-key", "{}")),
        Provider("gemini/gemini-x", GeminiServer, ("x-goog-api-key", "{}")),
        Provider("bedrock/vendor.model-x", BedrockServer),
        Provider("azure/gpt-x", AzureServer, ("api-key", "{}")),
        *(
            Provider(f"{name}/some-model")
            for name in (
                *("groq", "openrouter", "deepseek", "xai", "mistral"),
                *("together_ai", "fireworks_ai", "deepinfra", "nvidia_nim", "dashscope"),
                *("hosted_vllm", "ollama", "ollama_chat", "lm_studio", "llamafile", "litellm_proxy"),
            )
        ),
    )
}
#: Where the address of a server in the environment sends a request by way of LiteLLM.
BASES = {"openai": "OPENAI_API_BASE", "hosted_vllm": "HOSTED_VLLM_API_BASE", "openrouter": "OPENROUTER_API_BASE"}

each_provider = pytest.mark.parametrize("name", PROVIDERS)
each_adapter = pytest.mark.parametrize("adapter", ["chat", "json"])


def answer(request: WireRequest) -> str:
    """A right answer in the form that was asked for."""
    fields = VERDICT if request.images else {"number": 7}
    return json.dumps(fields) if "Respond with a JSON object" in request.prompt else chat_reply(**fields)


def ask_both(lm: dspy.LM, adapter: AdapterName) -> None:
    """A question in words and one with pictures; both must be answered."""
    lms = LMs(lm)
    with dspy.context(adapter=adapter_of(adapter), trace=[], disable_history=True):
        with lms.role("text"):
            assert dspy.Predict(NameNumber)(word="seven").number == 7
        (verdict,) = QuestionRunner(Differencer(1), lms, 1, lambda done: None).ask_all("squat", [question()])
    assert (verdict.answer, verdict.error) == ("b", None)
    usage = {usage.role: usage for usage in lms.usage}
    assert (usage["text"].images, usage["vision"].images) == (0, 8)
    assert usage["vision"].input_tokens > 0


def check(server: OpenAIServer) -> None:
    """What must have gone over the wire: the words, then the pictures, in order and byte for byte."""
    words, pictures = server.requests
    assert words.images == []
    assert "seven" in words.prompt
    shown = [*question().frames_a, *question().frames_b]
    assert pictures.images == jpegs_of(shown, FOOTAGE.sequence.store)
    assert {part[2] for part in pictures.parts if part[0] == "image"} == {"image/jpeg"}
    assert len(re.findall(r"Video [AB], frame \d of \d, t=\d\.\d\d s:", pictures.prompt)) == len(shown)
    assert len(FOOTAGE.sequence) == len(shown)


@each_adapter
@each_provider
def test_a_provider_is_asked_in_words_and_with_pictures(name: str, adapter: AdapterName) -> None:
    provider = PROVIDERS[name]
    with provider.server(answer) as server:
        ask_both(dspy.LM(provider.model, api_base=server.url, api_key=KEY, cache=False, num_retries=0), adapter)
        check(server)
        header, value = provider.key_header
        assert {request.headers[header] for request in server.requests} == {value.format(KEY)}
        assert {request.body["model"].endswith(provider.model.partition("/")[2]) for request in server.requests}


@each_adapter
@pytest.mark.parametrize("name", API_BASE_PROVIDERS)
def test_a_server_of_the_users_is_asked_as_the_command_line_does(name: str, adapter: AdapterName) -> None:
    with OpenAIServer(answer) as server:
        ask_both(make_lm(PROVIDERS[name].model, api_base=server.url, cache=False, retries=0, timeout_s=20), adapter)
        check(server)


@each_adapter
@pytest.mark.parametrize("name", BASES)
def test_the_address_of_a_server_may_stand_in_the_environment(
    name: str, adapter: AdapterName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{name.upper()}_API_KEY", KEY)
    with OpenAIServer(answer) as server:
        monkeypatch.setenv(BASES[name], server.url)
        ask_both(make_lm(PROVIDERS[name].model, cache=False, retries=0, timeout_s=20), adapter)
        check(server)


def test_no_provider_of_the_docs_is_left_out() -> None:
    tables = "\n".join(line for line in DOCS.read_text().splitlines() if line.startswith("|"))
    named = set(re.findall(r"`([a-z_]+)/[^`]*`", tables)) - {"local"}
    assert len(named) > 10
    assert named <= set(PROVIDERS)


def folder(path: Path, seed: int) -> str:
    """A video as a folder of images, which takes no rendering."""
    path.mkdir()
    sequence = noise_footage(8, seed).sequence
    for i in range(8):
        (path / f"{i}.jpg").write_bytes(sequence.store.read(sequence.frame(i).ref))
    return str(path)


def test_the_command_line_asks_lm_studio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = folder(tmp_path / "a", 1), folder(tmp_path / "b", 2)
    with OpenAIServer(lambda request: judge_reply("b") if request.images else staged(request)) as server:
        command = ["compare", *clips, "--folder-fps", "4", "--action", "squat"]
        models = ["--lm", "lm_studio/x", "--api-base", server.url]
        with pytest.raises(SystemExit) as left:
            main([*command, "--difference", "the squat is deeper", *models, "--localizer", "uniform", "--json"])
        n_images = sum(len(request.images) for request in server.requests)
    printed = capsys.readouterr()
    assert left.value.code == 0, printed.err
    (finding,) = ComparisonRecord.from_json(printed.out).differences
    assert finding.verdict.answer == "b"
    assert n_images == len(finding.frames_a) + len(finding.frames_b) > 0


def staged(request: WireRequest) -> str:
    """A proposer with a single stage, so that nothing is left to refine or to link."""
    return chat_reply(stages=[{"name": "whole", "cues": [f"A photo of a person squatting, {i}" for i in range(5)]}])


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
