"""Runs side by side, joined from shards, and planned."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.eval.runs import STATEMENTS, make_pairs, settled
from tests.support.models import judge_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff.cli import main
from viddiff.cli.table import as_csv, as_markdown
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.eval.merge import merge
from viddiff.eval.session import RunUsage
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.eval.viddiffbench.published import PUBLISHED
from viddiff.eval.viddiffbench.results import RunResult, effort_of
from viddiff.eval.viddiffbench.run_comparison import compare_runs
from viddiff.eval.viddiffbench.table import rows_of
from viddiff.report.runs import run_text

DRY = ("--lm", "openai/gpt-4o", "--out", "x", "--dry-run")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture
def run(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunResult]:
    """Runs the scripted model; returns the result of a folder below tmp_path."""
    from viddiff.lms import roles

    def made(name: str, reply: Callable[[Asked], str] = settled, **options: Any) -> RunResult:
        monkeypatch.setattr(roles, "make_lm", lambda model, **_: scripted_lm(reply, model="openai/gpt-4o"))
        settings = Settings(lm="scripted/x", threads=2, cache_dir=tmp_path / "cache")
        chosen = EvalOptions.model_validate({"data": str(pairs), "localizer": "uniform", "judge": "lexical", **options})
        return evaluate(chosen, settings, tmp_path / name, lambda task, done, total: None)

    return made


def test_the_table_has_every_run_and_the_published_figures(run: Callable[..., RunResult], tmp_path: Path) -> None:
    result = run("ours")
    run("open", mode="open")
    folders = [tmp_path / "ours", tmp_path / "open"]
    closed, opened = rows_of(folders, "closed"), rows_of(folders, "open")
    assert [row.cells[0] for row in closed] == ["ours", *["paper"] * len(PUBLISHED)]
    assert closed[0].cells[8] == f"{100 * (result.scores.micro.score or 0):.1f}"
    assert "NOT comparable" in opened[0].cells[1]
    assert "62.7" in as_markdown(closed)
    assert "49.9" in as_markdown(opened)
    table = list(csv.reader(io.StringIO(as_csv(closed))))
    assert {len(line) for line in table} == {12}


def test_csv_is_no_formula(run: Callable[..., RunResult], tmp_path: Path) -> None:
    run("=cmd()")
    assert (
        next(iter(csv.reader(io.StringIO(as_csv(rows_of([tmp_path / "=cmd()"], "closed")).split("\n", 1)[1]))))[0]
        == "'=cmd()"
    )


@pytest.mark.skipif("sys.platform == 'win32'", reason="folders have no such names there")
def test_a_hostile_run_folder_acts_on_no_terminal_and_no_reader(
    run: Callable[..., RunResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2J\x1b]0;owned\x07\N{RIGHT-TO-LEFT OVERRIDE}=1+1\u2028new|line\\|`x`<b>[a](b)\u200b"
    run("plain")
    (tmp_path / "plain").rename(tmp_path / name)
    for form in ("terminal", "markdown", "csv"):
        with pytest.raises(SystemExit):
            main(["table", str(tmp_path / name), "--format", form])
        printed = capsys.readouterr().out
        assert "[2J" in printed
        assert [char for char in printed if char != "\n" and not char.isprintable()] == []
        if form == "markdown":
            row = next(line for line in printed.splitlines() if "2J" in line)
            assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 13
            assert not re.search(r"(?<!\\)[<`\[]", row)


def test_a_folder_without_a_result_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no result\.json"):
        rows_of([tmp_path], "closed")


def test_runs_on_the_same_pairs_are_tested_against_the_first(run: Callable[..., RunResult], tmp_path: Path) -> None:
    run("first", lambda asked: judge_reply("a") if asked.asks_for("answer") else settled(asked))
    run("second", lambda asked: judge_reply("b") if asked.asks_for("answer") else settled(asked))
    (pair,) = compare_runs([tmp_path / "first", tmp_path / "second"])
    assert pair.paired is not None
    (test,) = pair.paired
    assert (test.n, test.n_only_first + test.n_only_second) == (11, 11)
    assert test.difference == pytest.approx(test.first - test.second)


@pytest.mark.parametrize(("steadfast", "share"), [(True, 1.0), (False, 0.0)])
def test_swap_consistency(run: Callable[..., RunResult], tmp_path: Path, steadfast: bool, share: float) -> None:

    def reply(asked: Asked) -> str:
        if not asked.asks_for("answer"):
            return settled(asked)
        if not steadfast:
            return judge_reply("a")
        # The brighter first picture wins, wherever it is shown.
        halves = asked.images[0], asked.images[len(asked.images) // 2]
        return judge_reply("a" if halves[0] > halves[1] else "b")

    run("plain", reply)
    run("swapped", reply, control="swap-videos")
    (pair,) = [one for one in compare_runs([tmp_path / "plain", tmp_path / "swapped"]) if one.swap]
    assert pair.swap is not None
    assert pair.swap.share == share


def test_shards_join_to_the_run_that_one_machine_would_have_made(run: Callable[..., RunResult], tmp_path: Path) -> None:
    whole = run("whole")
    for index in (1, 2, 3):
        run(f"shard{index}", shard=(index, 3))
    with pytest.raises(UsageError, match="The shards are 1/3, 2/3"):
        merge([tmp_path / "shard1", tmp_path / "shard2"], tmp_path / "joined")
    merge([tmp_path / f"shard{index}" for index in (1, 2, 3)], tmp_path / "joined")
    joined = run("joined", lambda asked: pytest.fail("a joined run asked again"))
    assert joined.scores == whole.scores
    with pytest.raises(UsageError, match="holds a run already"):
        merge([tmp_path / f"shard{index}" for index in (1, 2, 3)], tmp_path / "joined")


def test_shards_of_different_runs_are_refused(run: Callable[..., RunResult], tmp_path: Path) -> None:
    run("one", shard=(1, 2))
    run("other", shard=(2, 2), control="swap-videos")
    with pytest.raises(UsageError, match="control: 'none' -> 'swap-videos'"):
        merge([tmp_path / "one", tmp_path / "other"], tmp_path / "joined")


def test_a_dry_run_counts_what_a_run_asks(
    pairs: Path, run: Callable[..., RunResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["eval", "--data", str(pairs), "--method", "viddiff", *DRY, "--json"])
    assert left.value.code == 0
    text, vision = json.loads(capsys.readouterr().out)["roles"]
    run("ours")
    usage = {role["role"]: role for role in json.loads((tmp_path / "ours" / "usage.json").read_text())["usage"]}
    assert (
        (text["calls"], vision["calls"])
        == (usage["text"]["calls"], usage["vision"]["calls"])
        == (6, 4 * len(STATEMENTS))
    )
    assert vision["images"] >= usage["vision"]["images"]
    assert not Path("x").exists()


def test_the_plan_of_the_default_holds_what_it_asks(
    pairs: Path, run: Callable[..., RunResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["eval", "--data", str(pairs), *DRY, "--json"])
    planned = json.loads(capsys.readouterr().out)
    result = run("ours", localizer=None)
    (used,) = (role for role in json.loads((tmp_path / "ours" / "usage.json").read_text())["usage"] if role["calls"])
    (role,) = planned["roles"]
    assert planned["program"] == result.manifest.method == "two_looks"
    assert role["role"] == used["role"] == "vision"
    assert 0 < used["calls"] <= role["calls"]
    assert 0 < used["images"] <= role["images"]


def test_a_dry_run_of_statements_asked_together_tells_the_least(
    pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["eval", "--data", str(pairs), *DRY, "--batch-questions"])
    printed = capsys.readouterr().out
    assert f"{4 * len(STATEMENTS)} calls" in printed
    assert "at least 4 calls" in printed


def test_a_run_tells_what_a_pair_asked(run: Callable[..., RunResult], tmp_path: Path) -> None:
    result = run("ours")
    usage = RunUsage.model_validate_json((tmp_path / "ours" / "usage.json").read_bytes())
    (images,) = [role.images for role in usage.usage if role.role == "vision"]
    told = effort_of(usage, result.n_samples)
    assert told.startswith(f"{6 / 4 + len(STATEMENTS):.1f} calls, {images / 4:,.1f} images, ")
    assert told in run_text.effort_per_pair(usage, result.n_samples)


def test_the_commands_print_what_they_made(
    run: Callable[..., RunResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ours")
    run("theirs", control="swap-videos")
    for form in ("terminal", "markdown", "csv"):
        with pytest.raises(SystemExit) as left:
            main(["table", str(tmp_path / "ours"), str(tmp_path / "theirs"), "--format", form])
        assert left.value.code == 0
        printed = capsys.readouterr().out
        assert "closed mode" in printed
        assert "theirs" in printed
    with pytest.raises(SystemExit) as left:
        main(["merge", str(tmp_path / "ours"), "--out", str(tmp_path / "joined")])
    assert left.value.code == 0
