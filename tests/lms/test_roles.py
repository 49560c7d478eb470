"""Model strings, roles, budgets and what is counted, partly over a real wire to a server on this machine."""

from __future__ import annotations

import copy

import dspy
import pytest

from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.scripted import chat_reply, scripted_lm
from tests.support.servers import OpenAIServer
from viddiff.core.errors import BudgetError, UsageError
from viddiff.lms import LMs, make_lm
from viddiff.lms.pricing import rates_of
from viddiff.signatures.clip import Clip
from viddiff.signatures.ping import NameColour, NameNumber

FOOTAGE = noise_footage(3)
frames = frames_of(FOOTAGE)
ADAPTER = dspy.ChatAdapter(use_json_adapter_fallback=False)


def ask(lms: LMs, role: str = "text", word: str = "seven") -> int:
    with lms.role("vision" if role == "vision" else "text"), dspy.context(adapter=ADAPTER, disable_history=True):
        # Not a signature in a string: Python 3.11 may fail to parse several at once in threads.
        number: int = dspy.Predict(NameNumber)(word=word).number
    return number


def test_one_string_serves_all_roles_and_each_may_have_its_own() -> None:
    one = LMs("openai/gpt-4o")
    assert {lm.model for lm in one.lms.values()} == {"openai/gpt-4o"}
    assert one.lms["text"] is one.lms["vision"]
    two = LMs("openai/gpt-4o-mini", "gemini/gemini-2.5-pro")
    assert (two.lms["text"].model, two.lms["vision"].model) == ("openai/gpt-4o-mini", "gemini/gemini-2.5-pro")
    assert two.lms["judge"].model == "openai/gpt-4o-mini"


@pytest.mark.parametrize(
    ("model", "api_base", "says"),
    [
        ("gpt-4o", None, "has no provider prefix: write e.g. 'openai/gpt-4o'"),
        ("", None, "has no provider prefix"),
        ("openai/", None, "has no provider prefix"),
        ("anthropic/claude", "http://localhost:1", "begin|use one of"),
        ("openai/x", "localhost:8000", "is not a URL"),
    ],
)
def test_a_string_that_cannot_be_is_said_in_one_sentence(model: str, api_base: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_lm(model, api_base=api_base)


def test_the_key_of_a_public_provider_never_reaches_a_server_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-public-secret")
    with OpenAIServer(lambda request: chat_reply(number=7)) as server:
        assert ask(LMs("openai/x", api_base=server.url, cache=False)) == 7
        monkeypatch.setenv("VIDDIFF_API_KEY", "own-secret")
        assert ask(LMs("openai/x", api_base=server.url, cache=False)) == 7
        sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer none", "Bearer own-secret"]


def test_ollama_is_asked_at_its_openai_door() -> None:
    with OpenAIServer(lambda request: chat_reply(number=7)) as server:
        assert ask(LMs("ollama_chat/qwen", api_base=server.url.removesuffix("/v1"), cache=False)) == 7
        assert server.requests[0].path == "/v1/chat/completions"


def test_calls_cache_hits_tokens_and_images_are_counted_by_role(tmp_path: object) -> None:
    clip = Clip.of("A", [FOOTAGE.sequence.frame(i) for i in range(3)])
    text = scripted_lm(lambda asked: chat_reply(number=7), model=f"scripted/{tmp_path}", cache=True)
    lms = LMs(text, scripted_lm(lambda asked: chat_reply(colour="red")))
    assert ask(lms) == ask(lms) == 7
    with lms.role("vision"), dspy.context(adapter=ADAPTER, disable_history=True):
        dspy.Predict(NameColour)(picture=clip)
    by_role = {usage.role: usage for usage in lms.usage}
    assert set(by_role) == {"text", "vision"}
    assert (by_role["text"].calls, by_role["text"].cached_calls, by_role["text"].images) == (2, 1, 0)
    assert by_role["text"].input_tokens > 10
    assert (by_role["vision"].calls, by_role["vision"].cached_calls, by_role["vision"].images) == (1, 0, 3)
    assert by_role["text"].cost_usd is None  # no price is known for a scripted model


def test_usage_is_counted_inside_parallel_and_still_reaches_an_outer_tracker() -> None:
    lms = LMs(scripted_lm(lambda asked: chat_reply(number=7)))
    with dspy.track_usage() as outer:
        dspy.Parallel(num_threads=3, disable_progress_bar=True, timeout=0)(
            [(ask, {"lms": lms, "word": str(i)}) for i in range(6)]
        )
        ask(lms)
    assert lms.usage[0].calls == 7
    assert lms.usage[0].cached_calls == 0
    assert outer.get_total_tokens()["scripted/x"]["prompt_tokens"] > 0


def test_a_failed_call_is_counted_as_failed() -> None:
    def fail(asked: object) -> str:
        raise dspy.lm15.ServerError("down")

    lms = LMs(scripted_lm(fail))
    with pytest.raises(dspy.utils.exceptions.LMServerError):
        ask(lms)
    assert (lms.usage[0].calls, lms.usage[0].failed_calls) == (0, 1)


def test_a_spent_budget_ends_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    lms = LMs(scripted_lm(lambda asked: chat_reply(number=7), model="openai/gpt-4o"), budget_usd=1e-5)
    assert ask(lms) == 7
    assert lms.spent_usd > 1e-5
    with pytest.raises(BudgetError, match=r"The budget of \$1e-05 is reached"):
        ask(lms)


def test_copies_share_models_and_meters() -> None:
    lms = LMs("openai/gpt-4o")
    assert copy.deepcopy(lms) is lms


def test_prices_come_from_the_bundled_list_and_unknown_is_none() -> None:
    rates = rates_of("openai/gpt-4o")
    assert rates is not None
    assert 0 < rates.cached_input <= rates.input < rates.output
    assert rates.cost(1000, 100, 400) == pytest.approx(
        600 * rates.input + 400 * rates.cached_input + 100 * rates.output
    )
    assert rates_of("openai/no-such-model") is None
    assert rates_of("local/some-folder") is None
