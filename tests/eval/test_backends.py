"""Several models on the same pairs: one row each, the same frames for all, and a fault of one is only its own."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eval.runs import STATEMENTS, make_pairs
from tests.support.models import judge_reply, proposer_reply, stage_fields
from tests.support.scripted import Asked, chat_reply
from tests.support.servers import NO_MODEL, UNAUTHORIZED, Failure, OpenAIServer, WireRequest
from viddiff.cli import main
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.backends import Backend, Backends, budget_left, compare_backends, folder_name
from viddiff.eval.viddiffbench.options import EvalOptions

N_QUESTIONS = 4 * len(STATEMENTS)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


def reply(request: WireRequest) -> str:
    """ "steady" answers for a video, whichever is shown first; "first" for the one that is shown first; each proposes
    stages of its own."""
    model = request.body["model"]
    asked = Asked(model, str(request.parts[0][1]), request.parts[1:], (), None, None, None)
    if asked.asks_for("colour"):
        return chat_reply(colour="red")
    if asked.asks_for("answer"):
        half = len(asked.images) // 2
        steady = "a" if asked.images[:half] > asked.images[half:] else "b"
        return judge_reply(steady if model == "steady" else "a")
    if asked.asks_for("stages"):
        return chat_reply(stages=stage_fields((f"set up of {model}", "lower", "hold", "rise")))
    if asked.asks_for("refined"):
        return chat_reply(refined=stage_fields((f"set up of {model}", "lower", "hold", "rise")))
    return proposer_reply(asked, 4)


def dead(request: WireRequest) -> Failure | None:
    faults = {"dead": NO_MODEL, "locked": UNAUTHORIZED}
    return faults.get(request.body["model"])


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(reply, dead) as serving:
        yield serving


def run(pairs: Path, out: Path, server: OpenAIServer, names: tuple[str, ...], **settings: Any) -> Backends:
    options = EvalOptions(data=str(pairs), localizer="uniform")
    wanted: dict[str, Any] = {"lm": names[0], "api_base": server.url, "retries": 0, "cache_dir": out.parent / "cache"}
    return compare_backends(options, Settings(**{**wanted, **settings}), names, out, lambda task, done, total: None)


def test_each_model_has_its_row_and_one_that_is_dead_says_why(
    pairs: Path, tmp_path: Path, server: OpenAIServer
) -> None:
    compared = run(pairs, tmp_path / "out", server, ("openai/steady", "openai/dead", "openai/first"))
    steady, gone, first = compared.rows
    assert steady.swap
    assert first.swap
    assert (steady.swap.share, first.swap.share) == (1.0, 0.0)
    assert steady.score
    assert first.score
    # The answers of "first" change with the order, so it stands by none of them.
    assert first.score.score == 0.0
    assert 0 < (steady.score.score or 0) < 1
    assert steady.score.interval
    assert (steady.n_questions, steady.n_failed, steady.cost_usd) == (N_QUESTIONS, 0, None)
    assert steady.images > 2 * N_QUESTIONS
    assert steady.input_tokens > 0
    assert steady.seconds_per_pair
    assert gone.score is None
    assert (gone.fault or "").startswith("Model 'openai/dead': the model is unknown to the provider: check its name")
    assert compared.exit_code == 1
    # The dead one was asked one tiny question and not one of the run.
    assert sum(request.body["model"] == "dead" for request in server.requests) == 1
    n_asked = len(server.requests)
    again = run(pairs, tmp_path / "out", server, ("openai/steady", "openai/first"))
    assert len(server.requests) == n_asked
    assert again.rows[0].score == steady.score
    assert again.exit_code == 0


def test_with_a_text_model_all_are_shown_the_same_frames(pairs: Path, tmp_path: Path, server: OpenAIServer) -> None:
    models = ("openai/steady", "openai/first")
    run(pairs, tmp_path / "out", server, models, text_lm="openai/writer", cache=False)
    stages, shown = [], []
    for model in models:
        lines = (tmp_path / "out" / folder_name(model) / "journal.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        stages.append([record["proposal"]["stages"] for record in records if record["type"] == "proposal"])
        samples = {record["sample"]: record["outcome"] for record in records if record["type"] == "sample"}
        shown.append({key: [f["frames_a"] for f in outcome["differences"]] for key, outcome in samples.items()})
    assert stages[0] == stages[1]
    assert stages[0][0][0]["name"] == "set up of writer"
    assert shown[0] == shown[1]
    writer = [request for request in server.requests if request.body["model"] == "writer"]
    # Two actions, three questions each, and only for the first backend.
    assert len(writer) == 6
    assert not any(request.images for request in writer)


def test_a_bad_string_ends_it_before_anything_is_asked(pairs: Path, tmp_path: Path, server: OpenAIServer) -> None:
    with pytest.raises(UsageError, match="has no provider prefix"):
        run(pairs, tmp_path / "out", server, ("openai/steady", "nothing"))
    with pytest.raises(UsageError, match="takes no images"):
        run(pairs, tmp_path / "out", server, ("openai/x",), models={"openai/x": {"vision": False}})
    assert server.requests == []


def test_on_the_command_line(
    pairs: Path, tmp_path: Path, server: OpenAIServer, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = ["--data", str(pairs), "--api-base", server.url, "--localizer", "oracle", "--limit", "2", "--retries", "0"]

    def cli(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["backends", *shared, *arguments])
        return int(ended.value.code or 0), capsys.readouterr().out

    code, printed = cli("--lm", "openai/steady", "--lm", "openai/locked", "--json")
    document = json.loads(printed)
    assert (code, document["n_pairs"], len(document["rows"])) == (1, 2, 2)
    assert sorted(path.name for path in (tmp_path / "backends").iterdir()) == ["openai--steady"]
    code, printed = cli("--lm", "openai/locked", "--lm", "openai/dead")
    assert code == 4
    assert "openai/locked: Model 'openai/locked': the key was refused" in " ".join(printed.split())
    assert "wxyz" not in printed


def test_the_budget_is_one_for_all(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    usage = {"role": "vision", "model": "m", "calls": 1, "cost_usd": 0.75}
    record = {"type": "usage", "session": 1, "usage": [usage], "seconds": 1.0}
    (other / "journal.jsonl").write_text(json.dumps(record) + "\n")
    assert budget_left(1.0, [other, tmp_path / "none"]) == 0.25
    from viddiff.core.errors import BudgetError

    with pytest.raises(BudgetError, match=r"The budget of \$0.5 was spent by other backends"):
        budget_left(0.5, [other])


def test_folder_names_are_safe_and_never_shared() -> None:
    assert folder_name("openai/gpt-4o") == "openai--gpt-4o"
    names = ["a/b", "a--b", "a/b:c", "a/b_c", "../x", "a/" + "n" * 300, "a/" + "n" * 301, "a/b c", "A/ü"]
    made = [folder_name(name) for name in names]
    assert len(set(made)) == len(names)
    assert all("/" not in name and len(name) < 100 and name not in (".", "..") for name in made)


@pytest.mark.parametrize("width", [100, 140])
def test_the_table_fits_its_terminal(width: int) -> None:
    from rich.console import Console

    from viddiff.report.runs.terminal_backends import backends_table

    rows = (
        Backend(model="anthropic/claude-sonnet-4-5", folder="x", fault="Model 'x': the key was refused: set it. " * 3),
        Backend(model="openai/" + "q" * 90, folder="y"),
    )
    console = Console(file=io.StringIO(), width=width)
    console.print(backends_table(Backends(data="d", n_pairs=3, text_lm=None, rows=rows)))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line) <= width for line in printed.splitlines())
    assert all(name in printed for name in ("accuracy %", "swap %", "s/pair"))
    assert printed.count("q") == 90
