"""What failed for a reason that passes is asked again by the same command; the rest is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eval.runs import STATEMENTS, make_pairs, serving, settled
from tests.support.scripted import Asked
from tests.support.servers import GARBAGE, RESET, SERVER_ERROR, TRUNCATED, Failure, OpenAIServer, WireRequest, refusal
from viddiff.cli import main
from viddiff.core.settings import Settings
from viddiff.core.types import Verdict
from viddiff.eval.merge import merge
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.eval.viddiffbench.results import RunResult

pytestmark = pytest.mark.usefixtures("read_once")

N_QUESTIONS = 4 * len(STATEMENTS)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def whole(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing befell."""
    out = tmp_path_factory.mktemp("whole") / "run"
    with serving() as running:
        run(pairs, out, running)
        assert len(running.requests) == 6 + N_QUESTIONS
    return out


def result_of(out: Path) -> bytes:
    return (out / "result.json").read_bytes()


class Sick:
    """What befalls the questions that show pictures, and only from the ``after``-th request on."""

    def __init__(self, fault: Failure | None = None, after: int = 0, words: str = "") -> None:
        self.fault, self.after, self.words, self.n = fault, after, words, 0

    def __call__(self, request: WireRequest) -> Failure | None:
        self.n += 1
        befallen = request.images and self.n > self.after and self.words in request.prompt
        return self.fault if befallen else None


@pytest.fixture
def server() -> Iterator[tuple[OpenAIServer, Sick]]:
    """A server of which a test says what befalls it; it stays at its address when it is mended."""
    sick = Sick()
    with serving(faults=sick) as running:
        yield running, sick


def run(pairs: Path, out: Path, server: OpenAIServer, **options: Any) -> RunResult:
    settings = Settings(lm="openai/x", api_base=server.url, threads=3, retries=0, cache=False)
    if options.get("method") != "baseline":
        options["localizer"] = "uniform"
    return evaluate(EvalOptions(data=str(pairs), **options), settings, out, lambda task, done, total: None)


def n_failed(result: RunResult) -> float:
    return sum(result.scores.micro.outcomes.get(outcome, 0) for outcome in ("failed", "refused"))


@pytest.mark.parametrize("fault", [SERVER_ERROR, RESET, TRUNCATED, GARBAGE])
def test_what_failed_is_asked_again_on_a_mended_server(
    pairs: Path, whole: Path, tmp_path: Path, server: tuple[OpenAIServer, Sick], fault: Failure
) -> None:
    running, sick = server
    # Ten requests are answered: six of the proposer's and four questions, or fewer.
    sick.fault, sick.after = fault, 10
    assert n_failed(run(pairs, tmp_path / "run", running)) > 0
    n_answered = sum(record.get("verdict", {}).get("answer") is not None for record in journal(tmp_path / "run"))
    sick.fault = None
    before = len(running.requests)
    for _ in range(2):
        run(pairs, tmp_path / "run", running)
        assert len(running.requests) - before == N_QUESTIONS - n_answered
        assert result_of(tmp_path / "run") == result_of(whole)


def journal(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]


def test_keep_failed_scores_as_it_stands(pairs: Path, tmp_path: Path, server: tuple[OpenAIServer, Sick]) -> None:
    running, sick = server
    sick.fault, sick.after = SERVER_ERROR, 10
    first = run(pairs, tmp_path / "run", running)
    sick.fault = None
    before = len(running.requests)
    assert run(pairs, tmp_path / "run", running, keep_failed=True) == first
    assert len(running.requests) == before


def test_a_refusal_stays(pairs: Path, tmp_path: Path, server: tuple[OpenAIServer, Sick]) -> None:
    running, sick = server
    sick.fault, sick.words = refusal(), "wider"
    first = run(pairs, tmp_path / "run", running)
    assert n_failed(first) == 3
    sick.fault = None
    before = len(running.requests)
    assert run(pairs, tmp_path / "run", running) == first
    assert len(running.requests) == before


@pytest.mark.parametrize("mode", ["closed", "open"])
def test_the_one_call_of_the_baseline_is_asked_again_and_judged_again(
    pairs: Path, tmp_path: Path, server: tuple[OpenAIServer, Sick], mode: str
) -> None:
    running, sick = server
    options = {"method": "baseline", "mode": mode}
    whole = run(pairs, tmp_path / "whole", running, **options)
    sick.fault = SERVER_ERROR
    failed = run(pairs, tmp_path / "run", running, **options)
    # Nothing was predicted because the call failed: failed, not "found nothing".
    assert failed.scores.micro.outcomes["failed"] == failed.scores.micro.n
    sick.fault = None
    assert run(pairs, tmp_path / "run", running, **options) == whole


def test_a_journal_of_an_earlier_version_is_read_and_its_failures_are_asked_again(
    pairs: Path, whole: Path, tmp_path: Path, server: tuple[OpenAIServer, Sick]
) -> None:
    running, sick = server
    sick.fault, sick.words = SERVER_ERROR, "wider"
    run(pairs, tmp_path / "run", running)
    sick.fault = None
    written = [without_kind(record) for record in journal(tmp_path / "run")]
    (tmp_path / "run" / "journal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in written))
    run(pairs, tmp_path / "run", running)
    assert result_of(tmp_path / "run") == result_of(whole)


def without_kind(record: Any) -> Any:
    """A record as it was written before it told why something failed."""
    if isinstance(record, dict):
        return {name: without_kind(value) for name, value in record.items() if name != "fault"}
    return [without_kind(value) for value in record] if isinstance(record, list) else record


def test_shards_with_failures_are_mended_before_or_after_they_are_joined(
    pairs: Path, whole: Path, tmp_path: Path, server: tuple[OpenAIServer, Sick]
) -> None:
    running, sick = server
    sick.fault, sick.words = SERVER_ERROR, "wider"
    for index in (1, 2):
        run(pairs, tmp_path / f"shard{index}", running, shard=(index, 2))
    sick.fault = None
    run(pairs, tmp_path / "shard1", running, shard=(1, 2))
    merge([tmp_path / "shard1", tmp_path / "shard2"], tmp_path / "all")
    before = len(running.requests)
    run(pairs, tmp_path / "all", running)
    assert result_of(tmp_path / "all") == result_of(whole)
    # Of the second shard: one question of each of its two pairs.
    assert len(running.requests) - before == 2


@pytest.mark.parametrize(
    ("fault", "passing"),
    [("server", True), ("garbled", True), ("internal", True), (None, True), ("request", False), ("context", False)],
)
def test_which_failures_pass(fault: Any, passing: bool) -> None:
    assert Verdict(status="failed", fault=fault).retryable == passing
    assert not Verdict(status="refused", fault="refused").retryable
    assert not Verdict(status="answered", answer="a").retryable


def command(pairs: Path, server: OpenAIServer, *more: str) -> int:
    """The exit code of ``viddiff eval`` on the run folder "run"."""
    given = ["eval", "--data", str(pairs), "--out", "run", "--lm", "openai/x", "--api-base", server.url]
    with pytest.raises(SystemExit) as left:
        main([*given, "--localizer", "uniform", "--retries", "0", *more])
    return int(left.value.code or 0)


def test_eval_exits_with_1_while_questions_are_failed(
    pairs: Path, server: tuple[OpenAIServer, Sick], capsys: pytest.CaptureFixture[str]
) -> None:
    running, sick = server
    sick.fault = SERVER_ERROR
    assert command(pairs, running) == 1
    assert f"failed: {N_QUESTIONS}; the same command asks them again in 4 pairs" in capsys.readouterr().err
    sick.fault = None
    assert command(pairs, running, "--keep-failed") == 1
    assert "again" not in capsys.readouterr().err
    assert command(pairs, running) == 0


def test_garbage_is_asked_again_by_a_new_run_once_the_server_is_mended(pairs: Path, tmp_path: Path) -> None:
    """One cache folder and one address all the time: nothing of the garbage is found again."""
    replies: dict[str, Callable[[Asked], str]] = {"now": lambda asked: "<html>502 Bad Gateway</html>"}
    with serving(lambda asked: replies["now"](asked)) as running:
        assert command(pairs, running) == 4, "a proposer that answers garbage ends the run"
        replies["now"] = lambda asked: "garbage" if asked.asks_for("answer") else settled(asked)
        assert command(pairs, running) == 1
        replies["now"] = settled
        before = len(running.requests)
        assert command(pairs, running, "--out", "other") == 0
        assert len(running.requests) - before == N_QUESTIONS
        before = len(running.requests)
        assert command(pairs, running, "--out", "third") == 0
        assert len(running.requests) == before, "good answers are in the cache"
