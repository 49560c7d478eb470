"""A spending limit holds, or is refused before anything is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dspy
import pytest

from tests.eval.runs import make_pairs, serving
from tests.support.scripted import chat_reply, scripted_lm
from viddiff.cli import main
from viddiff.core.errors import BudgetError, UsageError
from viddiff.core.settings import Price, load_settings
from viddiff.lms import LMs


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 2)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def commands(pairs: Path, url: str) -> list[list[str]]:
    model = ["--lm", "openai/x", "--api-base", url]
    folder = pairs.parent
    return [
        [
            "compare",
            str(folder / "0a.mp4"),
            str(folder / "0b.mp4"),
            "--action",
            "squat",
            "--localizer",
            "uniform",
            *model,
        ],
        ["eval", "--data", str(pairs), "--localizer", "uniform", "--out", "run", *model],
        ["compile", "differencer", "--data", str(pairs), "--out", "made", *model],
    ]


@pytest.mark.parametrize("command", range(3), ids=["compare", "eval", "compile"])
@pytest.mark.parametrize("dry", [True, False])
def test_a_limit_in_dollars_is_refused_where_no_price_is_known(
    pairs: Path, command: int, dry: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        given = [*commands(pairs, server.url)[command], "--max-cost", "0.01", *(["--dry-run"] if dry else [])]
        assert run(*given) == 2
        assert server.requests == []
    said = capsys.readouterr().err
    assert "no price is known for 'openai/x'" in said
    assert "--price IN,OUT" in said
    assert "--max-calls" in said


def test_with_a_price_the_limit_holds_and_the_plan_says_it(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        given = [*commands(pairs, server.url)[1], "--max-cost", "0.001", "--price", "20,40", "--threads", "1"]
        assert run(*given, "--dry-run") == 0
        assert "Total: about $" in (said := capsys.readouterr().out)
        assert "Asking stops when $0.001 are spent" in said
        assert run(*given) == 5
        # 11 tokens in and 7 out are $0.0005 a call.
        assert len(server.requests) == 2


@pytest.mark.parametrize(("threads", "n_calls"), [("1", 2), ("8", 9)])
def test_no_more_calls_than_allowed_and_the_same_command_goes_on(pairs: Path, threads: str, n_calls: int) -> None:
    with serving() as server:
        given = [*commands(pairs, server.url)[1], "--max-cost", "1", "--threads", threads]
        assert run(*given, "--max-calls", str(n_calls)) == 5
        assert len(server.requests) == n_calls
        assert run(*given, "--max-calls", str(n_calls)) == 2
        assert run(*given, "--max-calls", "100") == 0
        assert len(server.requests) == 6 + 8


def test_answers_of_a_cache_are_no_calls(tmp_path: Path) -> None:
    from viddiff.lms.cache import configure

    configure(tmp_path / "answers")
    lms = LMs(scripted_lm(lambda asked: chat_reply(number=7), cache=True), max_calls=2)
    predict = dspy.Predict("word -> number: int")

    def ask(word: str) -> int:
        with lms.role("text"):
            return int(predict(word=word).number)

    assert [ask("seven") for _ in range(5)] == [7] * 5
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, ["seven"] * 8)) == [7] * 8
    assert ask("eight") == 7
    with pytest.raises(BudgetError, match="limit of 2 calls"):
        ask("nine")


def test_the_library_refuses_it_too() -> None:
    with pytest.raises(UsageError, match="no price is known"):
        LMs("openai/no-such-model", budget_usd=1)
    LMs("openai/no-such-model", budget_usd=1, price=Price(input=1, output=2))
    LMs("openai/gpt-4o", budget_usd=1)


@pytest.mark.parametrize("value", ["1", "1,2,3", "a,b", "-1,2"])
def test_a_price_is_two_numbers(value: str) -> None:
    with pytest.raises(UsageError, match="'price"):
        load_settings(price=value)


def test_a_price_comes_from_flag_environment_or_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = Price(input=2.5, output=10)
    assert load_settings(price="2.5,10").price == wanted
    (tmp_path / "viddiff.toml").write_text("price = [2.5, 10]\n")
    assert load_settings().price == wanted
    monkeypatch.setenv("VIDDIFF_PRICE", "3,4")
    assert load_settings().price == Price(input=3, output=4)
