"""Questions through a provider's batches: together, each handed over once, found again after a kill."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy.utils.exceptions import LMError

from tests.support.batch_server import BatchServer
from tests.support.servers import WireRequest
from viddiff.core.errors import BackendError, UsageError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import BATCH_THREADS, Price, load_settings
from viddiff.lms import LMs, make_lm
from viddiff.lms.provider_batch import ProviderBatch, engine_of
from viddiff.programs.estimate import estimate_role


def echo(request: WireRequest) -> str | None:
    return None if "fails" in request.prompt else f"answer to {request.prompt}"


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer(echo) as one:
        yield one


def lm_at(server: BatchServer, folder: Path, **options: Any) -> dspy.LM:
    lm = make_lm("openai/x", api_base=server.url, batches=folder, cache=False, **options)
    lm.engine.quiet_s, lm.engine.poll_s = 0.1, 0.01
    return lm


def ask(lm: dspy.LM, text: str) -> str:
    return str(lm(text)[0])


def test_questions_asked_together_are_one_batch_and_each_gets_its_own_answer(
    server: BatchServer, tmp_path: Path
) -> None:
    lm = lm_at(server, tmp_path)
    texts = [f"question {number}" for number in range(12)]
    assert in_parallel([partial(ask, lm, text) for text in texts], 12) == [f"answer to {text}" for text in texts]
    assert sum(map(len, server.batches)) == 12
    assert len(server.batches) < 12
    assert list(tmp_path.iterdir()) == []


def test_questions_that_begin_alike_lie_together(server: BatchServer, tmp_path: Path) -> None:
    lm = lm_at(server, tmp_path)
    lm.engine.quiet_s = 0.4
    texts = [f"{frames} {number}" for number in range(3) for frames in ("frames of B", "frames of A", "frames of C")]
    in_parallel([partial(ask, lm, text) for text in texts], len(texts))
    for batch in server.batches:
        prompts = [request.prompt for request in batch]
        assert prompts == sorted(prompts)


def test_a_question_that_fails_in_its_batch_is_an_error_and_the_others_are_answered(
    server: BatchServer, tmp_path: Path
) -> None:
    lm = lm_at(server, tmp_path, retries=0)
    answers: dict[str, str | None] = {}

    def asked(text: str) -> None:
        try:
            answers[text] = ask(lm, text)
        except LMError:
            answers[text] = None

    in_parallel([partial(asked, text) for text in ("one", "it fails", "two")], 3)
    assert answers == {"one": "answer to one", "it fails": None, "two": "answer to two"}


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_was_killed_finds_its_batch_again(server: BatchServer, tmp_path: Path, told: bool) -> None:
    """Killed while it waited, or before the provider's reply that the batch is there."""
    server.done.clear()
    if not told:
        server.replies.clear()
    with asked_aside(lm_at(server, tmp_path / "killed"), "question"):
        until(lambda: bool(server.batches) and (not told or has_number(tmp_path / "killed")))
        # What is on the disk now is what a kill leaves.
        shutil.copytree(tmp_path / "killed", tmp_path / "left")
        server.replies.set()
        server.done.set()
    again = lm_at(server, tmp_path / "left")
    assert ask(again, "question") == "answer to question"
    assert len(server.requests) == 1
    # Handed over once: the same question again is a new one.
    assert ask(again, "question") == "answer to question"
    assert len(server.requests) == 2


def test_what_was_never_sent_and_what_the_provider_no_longer_has_is_asked_anew(
    server: BatchServer, tmp_path: Path
) -> None:
    server.done.clear()
    with asked_aside(lm_at(server, tmp_path / "killed"), "question"):
        until(lambda: has_number(tmp_path / "killed"))
        shutil.copytree(tmp_path / "killed", tmp_path / "lost")
        shutil.copytree(tmp_path / "killed", tmp_path / "unsent")
        server.done.set()
    job = next((tmp_path / "unsent").iterdir())
    job.write_text(json.dumps({**json.loads(job.read_text()), "id": None}))
    for name in ("lost", "unsent"):
        with BatchServer(echo) as other:
            assert ask(lm_at(other, tmp_path / name), "question") == "answer to question"
            assert len(other.requests) == 1


@contextlib.contextmanager
def asked_aside(lm: dspy.LM, text: str) -> Iterator[None]:
    """A question asked in a thread, which has its answer in the end."""
    thread = threading.Thread(target=ask, args=(lm, text))
    thread.start()
    yield
    thread.join()


def until(reached: Callable[[], bool]) -> None:
    while not reached():
        time.sleep(0.01)


def has_number(folder: Path) -> bool:
    """Whether the provider's number of a batch was written down."""
    return any('"id": "' in path.read_text() for path in folder.glob("viddiff-*.json"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"id": 3, "keys": ["x"]}', '{"id": "x", "keys": [3]}'])
def test_what_was_written_down_and_damaged_is_passed_over(server: BatchServer, tmp_path: Path, text: str) -> None:
    (tmp_path / "viddiff-x.json").write_text(text)
    assert ask(lm_at(server, tmp_path), "question") == "answer to question"


def test_a_batch_costs_half_in_the_meter_and_in_the_estimate(server: BatchServer, tmp_path: Path) -> None:
    price = Price(input=2.0, output=10.0)
    options: dict[str, Any] = {"api_base": server.url, "price": price, "cache": False}
    lms = LMs("openai/x", batches=tmp_path, **options)
    lms.lms["text"].engine.quiet_s, lms.lms["text"].engine.poll_s = 0.01, 0.01
    with lms.role("text"):
        ask(dspy.settings.lm, "question")
    assert lms.spent_usd == pytest.approx((11 * 2.0 + 7 * 10.0) / 1e6 / 2)
    whole, half = (
        estimate_role("text", "openai/gpt-4o", 1, 0, (1000, 100), load_settings(provider_batch=batched)).cost_usd
        for batched in (False, True)
    )
    assert whole is not None
    assert half == pytest.approx(whole / 2)


def test_what_has_no_batches_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="does not support provider batches"):
        make_lm("hosted_vllm/x", batches=tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BackendError, match="OPENAI_API_KEY"):
        make_lm("openai/gpt-4o", batches=tmp_path)
    with pytest.raises(UsageError, match="--no-cache"):
        load_settings(provider_batch=True, cache=False)
    for provider in ("anthropic", "gemini"):
        assert isinstance(engine_of(f"{provider}/x", tmp_path, None, "key"), ProviderBatch)


def test_many_questions_are_in_flight_unless_the_user_says_how_many() -> None:
    assert load_settings(provider_batch=True).threads == BATCH_THREADS
    assert load_settings(provider_batch=True, threads=4).threads == 4
