"""Ctrl-C and SIGTERM: the end comes at once, nothing more is asked, and the same command resumes."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.eval.runs import STATEMENTS, make_pairs, serving
from tests.support.servers import OpenAIServer, slow
from viddiff import cli
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.options import EvalOptions

pytestmark = pytest.mark.system

N_ALL = 6 + 4 * len(STATEMENTS)


def wait_for_questions(server: OpenAIServer, n: int) -> None:
    deadline = time.monotonic() + 60
    while sum(bool(request.images) for request in server.requests) < n and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize(("command", "sent"), [("eval", signal.SIGINT), ("compare", signal.SIGTERM)])
def test_a_command_ends_at_once_with_130_and_asks_no_more(tmp_path: Path, command: str, sent: signal.Signals) -> None:
    pairs = make_pairs(tmp_path, 4)
    given = {
        "eval": ["--data", str(pairs), "--out", "run"],
        "compare": [str(tmp_path / "0a.mp4"), str(tmp_path / "0b.mp4"), "--action", "squat", "--out", "run"],
    }[command]
    with serving(faults=lambda request: slow(30.0 if request.images else 0.0)) as server:
        line = [sys.executable, "-m", "viddiff", command, *given, "--lm", "openai/x", "--api-base", server.url]
        # A test run in the background of a shell has SIGINT ignored, which processes hand on.
        heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        process = subprocess.Popen(
            [*line, "--localizer", "uniform", "--threads", "2"], stderr=subprocess.PIPE, text=True, preexec_fn=heed
        )
        wait_for_questions(server, 2)
        n_asked, began_s = len(server.requests), time.monotonic()
        process.send_signal(sent)
        _, said = process.communicate(timeout=20)
        seconds = time.monotonic() - began_s
        assert process.returncode == 130
        assert said.strip() == "viddiff: interrupted; the same command resumes where it stopped."
        assert seconds < 2
        # Two were in flight, for half a minute: what is asked at once when they are given up.
        assert len(server.requests) <= n_asked + 2


def test_a_library_call_ends_at_once_asks_no_more_and_leaves_the_journal_whole(tmp_path: Path) -> None:
    pairs = make_pairs(tmp_path, 4)
    settings = Settings(lm="openai/x", threads=2, cache=False)
    options = EvalOptions(data=str(pairs), localizer="uniform")
    # Good answers after a while, so that there is always something in flight.
    delay_s = {"now": 0.3}
    with serving(faults=lambda request: slow(delay_s["now"] if request.images else 0.0)) as server:
        settings = settings.model_copy(update={"api_base": server.url})

        def interrupt() -> None:
            wait_for_questions(server, 3)
            os.kill(os.getpid(), signal.SIGINT)

        killer = threading.Thread(target=interrupt)
        killer.start()
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                evaluate(options, settings, tmp_path / "run", lambda task, done, total: None)
        finally:
            signal.signal(signal.SIGINT, before)
        n_asked, began_s = len(server.requests), time.monotonic()
        killer.join()
        time.sleep(0.5)
        assert len(server.requests) <= n_asked + 2
        assert time.monotonic() - began_s < 2
        kept = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_text().splitlines()]
        assert not any(record.get("verdict", {}).get("error") for record in kept)
        n_kept = sum(record["type"] == "verdict" for record in kept)
        n_before = len(server.requests)
        delay_s["now"] = 0.0
        evaluate(options, settings, tmp_path / "run", lambda task, done, total: None)
        # What was in the journal is not asked again, neither questions nor the three calls of a proposal.
        n_proposed = sum(record["type"] == "proposal" for record in kept)
        assert len(server.requests) - n_before == N_ALL - n_kept - 3 * n_proposed


def test_a_signal_is_handled_without_a_new_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("only the main thread hears signals")
    left = threading.Event()
    monkeypatch.setattr(cli, "leave_interrupted", left.set)
    monkeypatch.setattr(cli, "GRACE_S", 0.0)

    def terminate() -> None:
        with cli.terminable(in_time=True), monkeypatch.context() as patch:
            # Where the signal comes while the main thread starts a thread, starting another one would wait for itself.
            patch.setattr(threading.Thread, "start", lambda thread: pytest.fail("A handler starts a thread."))
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        terminate()
    assert left.wait(20)
