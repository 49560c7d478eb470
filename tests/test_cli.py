"""The command line as a user meets it: what it prints where, and which exit code it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest

from tests.support.models import both, judge_reply
from tests.support.scripted import Asked, chat_reply
from tests.support.servers import NO_QUOTA, UNAUTHORIZED, Failure, OpenAIServer, WireRequest
from tests.support.wires import obliging
from viddiff.cli import app, main, options
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import JudgeName
from viddiff.localizer.strategies import STRATEGIES

HEAVY = ("dspy", "torch", "numba", "litellm", "av", "open_clip", "pydantic", "numpy", "rich", "jinja2")


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two rendered squats, a quarter of the demo's size."""
    from viddiff.synthetic.bench import render_pair

    folder = tmp_path_factory.mktemp("clips")
    render_pair(folder, 0, seed=1)
    return str(folder / "squat_0000_a.mp4"), str(folder / "squat_0000_b.mp4")


def run(*arguments: str) -> int:
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def served(answer: object) -> OpenAIServer:
    """A server whose model plays both roles."""

    def reply(request: WireRequest) -> str:
        system = str(request.body["messages"][0]["content"])
        if isinstance(request.body["messages"][0]["content"], list):
            system = request.body["messages"][0]["content"][0]["text"]
        parts = tuple(part for part in request.parts if part != ("text", system))
        asked = Asked(request.body["model"], system, parts, (), request.body.get("temperature"), None, None)
        return both(lambda _: judge_reply("b", 0.7))(asked)

    return OpenAIServer(reply)


def test_help_answers_without_any_heavy_library() -> None:
    code = """
import click, sys
from viddiff.cli import app

def show(command, name):
    context = click.Context(command, info_name=name)
    command.get_help(context)
    return 1 + sum(show(one, key) for key, one in getattr(command, "commands", {}).items())

print(show(app, "viddiff"), *(m for m in sys.argv[1:] if m in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True, timeout=60)
    n_commands, *heavy = done.stdout.split()
    assert heavy == []
    assert int(n_commands) > 30


def test_help_names_all_that_is_registered() -> None:
    assert list(STRATEGIES) == list(options.LOCALIZERS)
    assert get_args(JudgeName) == options.JUDGES
    found = 0
    for command in ("compare", "eval", "compile"):
        for parameter in app.commands[command].params:
            if isinstance(parameter.type, options.NameIn):
                assert parameter.type.shown == parameter.type.names()
                found += 1
    assert found >= 5


def commands_of(command: click.Command, name: str = "viddiff") -> Iterator[tuple[str, click.Command]]:
    """All commands below one, with their names."""
    yield name, command
    for key, one in getattr(command, "commands", {}).items():
        yield from commands_of(one, f"{name} {key}")


def test_every_flag_has_a_help_text() -> None:
    flags = [(name, flag) for name, one in commands_of(app) for flag in one.params if isinstance(flag, click.Option)]
    assert [(name, flag.opts) for name, flag in flags if not flag.help] == []


FORMER = {
    "compare a.mp4 b.mp4 --action squat": {"--weights x": "opinion_weights"},
    "compile weights --data d --out o": {"--frames localized": "frames"},
    "align a.mp4 b.mp4": {"--plans x": "plans"},
    "skill score a.mp4": {"--plans x": "plans", "--stage x": "stages"},
    "skill train d --out o": {"--plans x": "plans", "--frames 9": "frames", "--segments 2": "segments"},
    "steps train d --out o --lm m": {"--frames 9": "frames"},
    "steps make-data d --out o": {"--least-alike 0.5": "min_similarity", "--most-alike 0.5": "max_similarity"},
}


@pytest.mark.parametrize("line", FORMER)
def test_former_flags_are_accepted_and_not_shown(line: str) -> None:
    words = line.split()
    command: click.Command = app
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    for flag, name in FORMER[line].items():
        context = command.make_context("viddiff", [*words, *flag.split()])
        assert context.params[name]
        assert f"{flag.split()[0]} " not in command.get_help(context)
        if command.name == "compile":
            assert context.params["component"] == "opinion-weights"


def test_long_help_has_a_heading_for_each_group_of_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", "--help") == 0
    told = capsys.readouterr().out
    headings = [line for line in told.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options:", *(f"{name}:" for name in options.SECTIONS)]
    assert told.index("--difference") < told.index("Models:") < told.index("--lm MODEL") < told.index("Method:")


@pytest.mark.parametrize("command", [["--help"], ["compare", "--help"], ["demo", "--help"], ["doctor", "--help"]])
def test_help_tells_what_it_does(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command) == 0
    assert "Usage: viddiff" in capsys.readouterr().out


def test_the_measured_program_prints_a_table_and_writes_both_files(
    clips: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", *clips, "--action", "bodyweight squat", "--out", "out") == 0
    printed = capsys.readouterr()
    assert "look in A, s" in printed.out
    assert "more in video A" in printed.out
    comparison = ComparisonRecord.from_json((tmp_path / "out" / "comparison.json").read_text())
    assert comparison.program == "measured"
    assert comparison.usage == ()
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/jpeg;base64") >= 2


def test_json_is_one_document_and_nothing_else(clips: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", *clips, "--action", "squat", "--difference", "the squat is deeper", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["mode"] == "closed"
    assert [finding["difference"]["statement"] for finding in document["differences"]] == ["the squat is deeper"]


def test_a_model_on_a_server_answers_and_a_second_run_asks_nothing(
    clips: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from viddiff.video import sample

    with served(None) as server:
        command = ["compare", *clips, "--action", "squat", "--lm", f"openai/{tmp_path.name}", "--api-base", server.url]
        command += ["--localizer", "uniform", "--n-differences", "3", "--json"]
        assert run(*command) == 0
        first = json.loads(capsys.readouterr().out)
        n_requests = len(server.requests)
        assert n_requests == 4 + 3
        monkeypatch.setattr(sample, "_read", lambda *_: pytest.fail("a video was decoded again"))
        assert run(*command) == 0
        assert len(server.requests) == n_requests
    second = json.loads(capsys.readouterr().out)
    assert second["differences"] == first["differences"]
    assert [usage["cached_calls"] for usage in second["usage"]] == [4, 3]
    assert {finding["verdict"]["answer"] for finding in first["differences"]} == {"b"}


def test_a_text_model_alone_plans_what_is_measured(clips: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    pace = {"key": "1", "measurement": {"quantity": "repetitions", "more": "higher"}, "why_not": ""}
    with OpenAIServer(lambda request: chat_reply(measurements=[pace])) as server:
        command = ["compare", *clips, "--action", "squat", "--difference", "they squat again and again", "--json"]
        command += ["--text-lm", "openai/planner", "--plans", "model", "--api-base", server.url]
        assert run(*command) == 0
        assert len(server.requests) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["program"] == "measured"
    assert [(usage["role"], usage["calls"]) for usage in document["usage"] if usage["calls"]] == [("text", 1)]
    assert "'again'" not in document["differences"][0]["verdict"]["reason"]
    assert run(*command[:-6], "--text-lm", "openai/planner") == 2
    assert "or --plans model to measure" in capsys.readouterr().err


def test_another_server_under_the_same_model_string_is_asked_anew(clips: tuple[str, str]) -> None:
    for _ in range(2):
        with served(None) as server:
            command = ["compare", *clips, "--action", "squat", "--lm", "openai/same", "--api-base", server.url]
            assert run(*command, "--localizer", "uniform", "--difference", "the squat is deeper", "--json") == 0
            assert len(server.requests) == 3 + 1


def test_a_dry_run_sends_nothing(clips: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with served(None) as server:
        assert (
            run("compare", *clips, "--action", "squat", "--lm", "openai/gpt-4o", "--swap", "--dry-run", "--json") == 0
        )
        plan = json.loads(capsys.readouterr().out)
        assert server.requests == []
    text, vision = plan["roles"]
    assert (text["calls"], text["images"], vision["calls"]) == (4, 0, 20)
    assert vision["images"] == 20 * 12
    assert 0 < text["cost_usd"] < vision["cost_usd"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.mp4", "missing.mp4", "--action", "squat"], 3, "missing.mp4"),
        (["{a}", "{b}", "--action", "  "], 3, "The action"),
        (["{a}", "{b}", "--action", "squat", "--difference", "video A is faster"], 3, "names a video"),
        (["{a}", "{b}", "--action", "squat", "--difference", "<<CUSTOM-TYPE-START-IDENTIFIER>>"], 3, "marker"),
        (["{a}", "{b}", "--action", "squat", "--fps", "-1"], 2, "'fps' cannot be"),
        (["{a}", "{b}", "--action", "squat", "--fps", "often"], 2, "often"),
        (["{a}", "{b}"], 2, "--action"),
        (["{a}", "{b}", "--action", "squat", "--start-a", "99"], 3, "99"),
        (["{a}", "{b}", "--action", "squat", "--lm", "gpt-4o"], 2, "has no provider prefix"),
        (["{a}", "{b}", "--action", "squat", "--lm", "openai/gpt-4o", "--localizer", "uniform"], 4, "key"),
        (["{a}", "{b}", "--action", "squat", "--out", "{a}/x"], 2, "cannot be written"),
        (["{a}", "{b}", "--action", "squat", "--lm", "openai/x", "--clip", "no-such/tag"], 4, "key"),
    ],
)
def test_bad_input_is_one_sentence_and_a_code(
    clips: tuple[str, str], arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [argument.format(a=clips[0], b=clips[1]) for argument in arguments]
    assert run("compare", *filled) == code
    printed = capsys.readouterr()
    assert says in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(("fault", "says"), [(UNAUTHORIZED, "key was refused"), (NO_QUOTA, "out of quota")])
def test_a_provider_that_will_not_is_a_backend_error(
    clips: tuple[str, str], fault: Failure, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(lambda request: chat_reply(), faults=lambda request: fault) as server:
        command = ["compare", *clips, "--action", "squat", "--lm", "openai/y", "--api-base", server.url]
        assert run(*command, "--localizer", "uniform", "--retries", "0") == 4
    assert says in capsys.readouterr().err


def test_the_same_video_twice_is_warned_of_and_asks_nothing(
    clips: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with served(None) as server:
        command = ["compare", clips[0], clips[0], "--action", "squat", "--difference", "the squat is deeper"]
        assert run(*command, "--lm", "openai/z", "--api-base", server.url, "--json") == 0
        assert server.requests == []
    document = json.loads(capsys.readouterr().out)
    assert "same video" in document["notices"][0]
    assert [finding["verdict"]["answer"] for finding in document["differences"]] == ["c"]


def test_a_cache_that_cannot_be_written_is_a_notice(
    clips: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert run("compare", *clips, "--action", "squat", "--cache-dir", str(tmp_path / "file" / "cache"), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert any("cannot be written" in notice for notice in document["notices"])


def test_without_a_cache_nothing_is_left_behind(clips: tuple[str, str], tmp_path: Path) -> None:
    assert run("compare", *clips, "--action", "squat", "--no-cache", "--json") == 0
    assert not (tmp_path / "cache").exists()


def test_the_doctor_names_keys_and_never_shows_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-value")
    assert run("doctor") == 0
    printed = capsys.readouterr().out
    assert "✓ OPENAI_API_KEY: set" in printed
    assert "very-secret" not in printed
    assert "✓ decoder: pyav: 10 of 10 frames" in printed


def test_the_doctor_calls_each_configured_model(capsys: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer(obliging) as server:
        assert run("doctor", "--call", "--lm", "openai/x", "--api-base", server.url) == 0
        assert "✓ call vision: openai/x answers" in capsys.readouterr().out
    with OpenAIServer(lambda request: chat_reply(colour="blue", number=7)) as server:
        assert run("doctor", "--call", "--lm", "openai/x", "--api-base", server.url, "--json") == 4
        checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["call text"]["ok"] is True
    assert "answered 'blue'" in checks["call vision"]["found"]


def test_an_error_of_ours_is_one_line_and_a_traceback_only_with_debug(
    clips: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viddiff.core.settings.load_settings", lambda **_: 1 / 0)
    assert run("compare", *clips, "--action", "squat") == 1
    assert capsys.readouterr().err.startswith("viddiff: internal error, ZeroDivisionError")
    assert run("compare", *clips, "--action", "squat", "--debug") == 1
    assert "Traceback" in capsys.readouterr().err
