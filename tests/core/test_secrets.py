"""No secret is printed, logged or written: servers that echo keys, addresses with passwords, tracebacks."""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.loaded import noise_footage
from tests.support.models import judge_reply
from tests.support.scripted import chat_reply
from tests.support.servers import Failure, OpenAIServer, WireRequest, api_error
from viddiff.cli import CleanRecord, main
from viddiff.core.errors import InputError, UsageError
from viddiff.core.secrets import redact
from viddiff.core.types import Verdict
from viddiff.lms.roles import make_lm

KEY = "opensesame-4711"
PASSWORD = "hunter2pass"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcdef123456.",
        "Incorrect API key provided: abcdef12****3456.",
        "Authorization: Bearer abcdef123456",
        "{'authorization': 'bearer abcdef123456', 'x-api-key': 'abcdef123456'}",
        'headers={"api-key": "abcdef123456"}',
        "GET /v1/models?key=abcdef123456&alt=json",
        "password=abcdef123456",
        "failed to connect to user:abcdef123456@127.0.0.1:80",
        "http://user:abcdef123456@host/v1 is down",
        "https://abcdef123456@host/v1",
        "Authorization: Basic " + base64.b64encode(b"user:abcdef123456").decode(),
        "Basic " + base64.b64encode(b"user:abcdef123456").decode(),
        "AIzaSyabcdef123456 is bad",
    ],
)
def test_what_looks_like_a_secret_is_left_out(text: str) -> None:
    said = redact(text)
    assert "abcdef12" not in said
    assert base64.b64encode(b"user:abcdef123456").decode() not in said
    assert "[secret]" in said


@pytest.mark.parametrize(
    "text",
    [
        "The key 'depth' is given twice: give each difference once.",
        "'/data/key_position-2.mp4' holds no video: sk.mp4, hf_squat.mp4, tokens: 4096",
        "set OPENAI_API_KEY in the environment",
        "http://127.0.0.1:8000/v1 at 12:30, mail me@host.example",
        "Basic movements of the key muscles; the bearer of the bar stands wider",
        "max_tokens=40960, temperature=1.0",
        "A: knees at 90 degrees, B: knees at 120 degrees",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_secrets_of_the_environment_and_of_the_command_line_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "plain words/once")
    monkeypatch.setenv("OPENAI_API_BASE", f"https://me:{PASSWORD}@proxy/v1")
    monkeypatch.setattr(sys, "argv", ["viddiff", "--mlflow", "http://you:swordfish@mlflow"])
    said = redact(f"plain words/once plain%20words%2Fonce {PASSWORD} swordfish")
    assert said == "[secret] [secret] [secret] [secret]"


def test_errors_verdicts_and_logs_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDDIFF_API_KEY", KEY)
    error = InputError(f"It said {KEY}.")
    assert KEY not in f"{error} {error!r} {error.args}"
    verdict = Verdict(status="failed", error=KEY, raw=KEY)
    assert KEY not in verdict.model_dump_json()
    try:
        raise ValueError(f"with {KEY}")
    except ValueError:
        record = CleanRecord("x", logging.ERROR, __file__, 1, "asked %s", (KEY,), sys.exc_info())
    logged = logging.Formatter().format(record)
    assert KEY not in logged
    assert "asked [secret]" in logged
    assert "ValueError: with [secret]" in logged


def test_an_address_with_a_password_is_refused_without_saying_it() -> None:
    for address in (f"http://user:{PASSWORD}@host/v1", f"http://user:{PASSWORD}/x@host", f"user:{PASSWORD}@host"):
        with pytest.raises(UsageError, match="give the address alone") as said:
            make_lm("openai/x", api_base=address)
        assert PASSWORD not in str(said.value)


def folder(path: Path, seed: int) -> str:
    path.mkdir()
    sequence = noise_footage(4, seed).sequence
    for i in range(4):
        (path / f"{i}.jpg").write_bytes(sequence.store.read(sequence.frame(i).ref))
    return str(path)


def echo(request: WireRequest) -> Failure | None:
    """A server that shows its caller what it got: by refusing the first statement, in a cue, in a reason."""
    echoed = f"Incorrect key: {request.headers['authorization']} ({KEY})"
    if request.images and "wider" in request.prompt:
        return api_error(400, echoed, "bad_request")
    return None


def said(request: WireRequest) -> str:
    if not request.images:
        return chat_reply(stages=[{"name": "all", "cues": [f"A photo of {i} {KEY} knees" for i in range(5)]}])
    return judge_reply("a", reason=f"I was asked with {request.headers['authorization']}.")


class Said(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    def everything(self, place: Path) -> str:
        """All that it printed and wrote."""
        written = [path.read_bytes().decode("utf-8", "replace") for path in place.rglob("*") if path.is_file()]
        return "\n".join([self.out, self.err, *written])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a command writes, with the key in its environment."""
    monkeypatch.setenv("VIDDIFF_API_KEY", KEY)
    monkeypatch.setenv("VIDDIFF_CACHE_DIR", str(tmp_path / "place" / "cache"))
    (tmp_path / "place").mkdir()
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def command(place: Path, *more: str) -> list[str]:
    """``viddiff compare`` of two small clips."""
    clips = [folder(place.parent / name, seed) for name, seed in (("a", 1), ("b", 2))]
    asked = ["compare", *clips, "--folder-fps", "4", "--action", "squat", "--localizer", "uniform", "--retries", "0"]
    return [*asked, "--out", str(place / "out"), "--debug", *more]


def compare(place: Path, *more: str) -> Said:
    """It in a process of its own."""
    line = [sys.executable, "-m", "viddiff", *command(place, *more)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, timeout=120)
    return Said(done.returncode, done.stdout, done.stderr)


def compare_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: Path, *more: str) -> Said:
    """It in this process."""
    line = command(place, *more)
    monkeypatch.setattr(sys, "argv", ["viddiff", *line])
    with pytest.raises(SystemExit) as left:
        main()
    return Said(int(left.value.code or 0), *capfd.readouterr())


def test_what_a_server_echoes_is_printed_and_written_nowhere(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = ["--difference", "the stance is wider", "--difference", "the squat is deeper", "--lm", "openai/x"]
    with OpenAIServer(said, echo) as server:
        done = compare_here(monkeypatch, capfd, place, *asked, "--api-base", server.url)
        assert len(server.requests) >= 3
    assert done.code == 1, done.err
    document = (place / "out" / "comparison.json").read_text()
    assert "the provider rejected the request (Incorrect key: [secret]" in document.replace("Bearer ", "")
    assert "I was asked with Bearer [secret]." in document
    assert "knees" in document
    assert KEY not in done.everything(place / "out")


def test_a_traceback_holds_no_key(place: Path) -> None:
    refusal = api_error(401, f"Incorrect API key provided: {KEY}", "no_key")
    with OpenAIServer(said, lambda request: refusal) as server:
        done = compare(place, "--lm", "openai/x", "--api-base", server.url)
    assert done.code == 4
    assert "Traceback" in done.err
    assert "LMAuthError" in done.err
    assert KEY not in done.everything(place)


def test_a_password_in_an_address_is_printed_nowhere(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    address = f"http://user:{PASSWORD}@127.0.0.1:9/v1"
    done = compare_here(monkeypatch, capfd, place, "--lm", "openai/x", "--api-base", address)
    assert done.code == 2
    assert "give the address alone" in done.err
    assert PASSWORD not in done.everything(place)
