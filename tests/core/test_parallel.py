"""Jobs at once: in order, in the caller's context, and none after an exception or an interrupt."""

from __future__ import annotations

import contextvars
import functools
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from viddiff.core.parallel import check_interrupted, in_parallel

PLACE = contextvars.ContextVar("PLACE", default="outside")


def job(result: int, seconds: float = 0.0) -> int:
    time.sleep(seconds)
    return result


def test_results_are_in_order_whatever_ends_first() -> None:
    heard: list[int] = []
    jobs = [functools.partial(job, i, 0.02 * (3 - i)) for i in range(3)]
    assert in_parallel(jobs, 3, heard.append) == [0, 1, 2]
    assert heard == [1, 2, 3]
    assert in_parallel(jobs, 0) == [0, 1, 2]
    empty: list[Callable[[], int]] = []
    assert in_parallel(empty, 3) == []


def test_no_more_than_so_many_at_once_and_each_in_the_context_of_the_caller() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        found = PLACE.get()
        PLACE.set("spoilt")
        return found

    PLACE.set("inside")
    assert in_parallel([work] * 8, 2) == ["inside"] * 8
    assert most == 2


@pytest.mark.parametrize("wait", [True, False])
def test_after_an_exception_no_job_begins_and_those_in_work_are_waited_for(wait: bool) -> None:
    begun, ended = threading.Barrier(2), threading.Event()
    later: list[int] = []

    def failing() -> None:
        begun.wait(5)
        raise ValueError("no")

    def slow() -> None:
        begun.wait(5)
        time.sleep(0.2)
        ended.set()

    with pytest.raises(ValueError, match="no"):
        in_parallel([failing, slow, lambda: later.append(1)], 2, wait=wait)
    assert ended.is_set() == wait
    assert ended.wait(5)
    assert later == []


def test_an_interrupt_reaches_jobs_within_jobs_and_is_not_waited_for() -> None:
    inner_begun, let_go, seen = threading.Event(), threading.Event(), threading.Event()

    def inner() -> None:
        inner_begun.set()
        let_go.wait(5)
        try:
            check_interrupted()
        except KeyboardInterrupt:
            seen.set()
            raise

    def interrupted() -> None:
        inner_begun.wait(5)
        raise KeyboardInterrupt

    began_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        in_parallel([lambda: in_parallel([inner], 1), interrupted], 2)
    assert time.monotonic() - began_s < 2
    let_go.set()
    assert seen.wait(5)
    # Whoever asks afterwards is not interrupted.
    assert in_parallel([check_interrupted], 1) == [None]


def test_progress_that_raises_is_raised() -> None:
    def refuse(n_done: int) -> None:
        raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        in_parallel([functools.partial(job, 1)] * 4, 2, refuse)


def test_a_script_that_is_interrupted_ends_though_a_job_hangs() -> None:
    code = (
        "import os, signal, threading, time\n"
        "from viddiff.core.parallel import in_parallel\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "in_parallel([lambda: time.sleep(60)] * 2, 2)\n"
    )
    began_s = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)
    assert "KeyboardInterrupt" in done.stderr
    assert time.monotonic() - began_s < 20
