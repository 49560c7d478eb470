"""Faults during a run (kills, a failing server, garbage, Ctrl-C) and whether the guarantees are kept.

``python -m benchmarks.faults`` prints a row for each campaign, with the guarantee and the result; the exit code is 1 if
a guarantee is broken. Inputs are rendered. The server is local, and its model answers by a hash of the request, so
every order of requests must give the same bytes. ``--seconds`` limits the whole time, ``--kills`` the number of kills,
``--seed`` sets the moments and faults, ``--only NAME`` selects campaigns.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faulty_server import DEAD, FAULTS, GARBAGE, FaultyServer, Request, write_pairs

THREADS = 4
NAMES = ("kills", "share", "500", "dead", "hang", "garbage", "SIGINT", "SIGTERM")
#: Longest time that one command may take.
TIMEOUT_S = 120


@dataclass(frozen=True)
class Row:
    """One campaign: what is guaranteed, the result, and whether the guarantee is kept."""

    name: str
    guarantee: str
    result: str
    kept: bool


@dataclass(frozen=True)
class Place:
    """Where the campaigns work: a folder of pairs, and room for run folders."""

    folder: Path

    @property
    def data(self) -> Path:
        """The labelled pairs."""
        return self.folder / "data" / "pairs.json"

    def begin(self, out: str, server: FaultyServer, *more: str, threads: int = THREADS) -> subprocess.Popen[bytes]:
        """``viddiff eval`` on a server, in a process of its own."""
        line = [sys.executable, "-m", "viddiff", "eval", "--data", str(self.data), "--localizer", "uniform"]
        line += ["--lm", "openai/x", "--api-base", server.url, "--threads", str(threads), "--out", out, *more]
        # A command in the background of a shell has SIGINT ignored, which processes hand on.
        heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        return subprocess.Popen(
            line, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=heed
        )

    def run(self, out: str, server: FaultyServer, *more: str) -> int:
        """The exit code of ``viddiff eval``."""
        return self.begin(out, server, *more).wait(TIMEOUT_S)

    def result(self, out: str) -> str:
        """A short hash of result.json, or why there is none."""
        path = self.folder / out / "result.json"
        return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.exists() else "no result"

    def n_failed(self, out: str) -> int:
        """Questions without an answer."""
        rows = json.loads((self.folder / out / "answers.json").read_text())["rows"]
        return sum(row["answer"] is None for row in rows)


def paid_twice(requests: list[Request]) -> int:
    """Answered requests whose body had been answered before."""
    return sum(n - 1 for n in Counter(request.digest for request in requests if request.fault is None).values())


def kills(place: Place, rng: random.Random, most: int, seconds: float) -> Row:
    """SIGKILL at random moments, and the same command again, until it ends by itself."""
    n_killed, began_s = 0, time.monotonic()
    with FaultyServer(delay_s=0.05) as server:
        while True:
            process = place.begin("killed", server, "--no-cache")
            if n_killed == most or time.monotonic() - began_s > seconds:
                code = process.wait(TIMEOUT_S)
                break
            n_before = len(server.requests)
            # After some of its requests: what is to be tested is a death while it asks.
            n_more, moment_s = rng.randint(1, 8), rng.uniform(0, 0.1)
            while process.poll() is None and len(server.requests) < n_before + n_more:
                time.sleep(0.005)
            time.sleep(moment_s)
            if process.poll() is not None:
                code = process.returncode
                break
            process.kill()
            process.wait()
            n_killed += 1
        twice = paid_twice(server.requests)
    is_same = place.result("killed") == place.result("whole")
    # A sample's worth of questions in flight for each thread, and a proposal's three calls before it is written.
    allowed = n_killed * (THREADS + 2 * 3)
    return Row(
        "kill -9 while asking",
        "same bytes; only what was in flight is paid twice",
        f"{n_killed} kills, exit {code}, {'same bytes' if is_same else 'other bytes'}, {twice} calls paid twice",
        code == 0 and is_same and twice <= allowed,
    )


def fail_share(place: Place, rng: random.Random, share: float = 0.2) -> Row:
    """A share of all requests fails, with every kind of fault."""

    def fault_of(request: Request) -> str | None:
        return rng.choice(FAULTS) if rng.random() < share else None

    with FaultyServer(fault_of) as server:
        code = place.run("faulty", server, "--no-cache", "--retries", "6", "--timeout-s", "2")
        first = place.n_failed("faulty") if (place.folder / "faulty" / "answers.json").exists() else -1
        server.fault_of = None
        second_run = place.run("faulty", server, "--no-cache")
        n_faults = sum(request.fault is not None for request in server.requests)
        n_asked = len(server.requests)
    is_same = place.result("faulty") == place.result("whole")
    return Row(
        f"{share:.0%} of requests fail",
        "exit 0 or 1, then 0; same bytes",
        f"{n_faults} faults in {n_asked} requests, exit {code} with {first} failed, then {second_run}, "
        f"{'same bytes' if is_same else 'other bytes'}",
        code in (0, 1) and second_run == 0 and is_same,
    )


def fail_from(place: Place, name: str, fault: str, after: int) -> Row:
    """From one request on everything fails in one way; then the server is repaired."""

    def fault_of(request: Request) -> str | None:
        return fault if request.number > after else None

    out = f"broken-{fault}"
    with FaultyServer(fault_of) as server:
        limits = ("--retries", "0", "--attempts", "1", "--timeout-s", "1")
        first = place.run(out, server, "--no-cache", *limits)
        n_first = place.n_failed(out)
        server.fault_of = None
        before = len(server.requests)
        # Of what can change an answer, attempts is part of what a run is.
        second_run = place.run(out, server, "--no-cache", "--attempts", "1")
        n_again, twice = len(server.requests) - before, paid_twice(server.requests)
    same_answers = place.n_failed(out) == 0 and answers(place, out) == answers(place, "whole")
    return Row(
        name,
        "exit 1, then 0; only what failed is asked again",
        f"exit {first} with {n_first} failed, then {second_run} after {n_again} calls, {twice} paid twice",
        (first, second_run) == (1, 0) and n_again == n_first and twice == 0 and same_answers,
    )


def answers(place: Place, out: str) -> object:
    """Every answer of a run."""
    return json.loads((place.folder / out / "answers.json").read_text())


def garbage(place: Place) -> Row:
    """Garbage with the cache on; the healthy server stands at the same address, and a new run is asked for."""
    with FaultyServer(lambda request: GARBAGE if request.images else None) as server:
        cache = ("--cache-dir", "cache")
        codes = [place.run("garbage", server, *cache)]
        server.fault_of = lambda request: None if request.images else GARBAGE
        codes.append(place.run("garbage-proposer", server, "--cache-dir", "other"))
        server.fault_of = None
        before = len(server.requests)
        codes.append(place.run("healthy", server, *cache))
        n_healthy = len(server.requests) - before
        codes.append(place.run("healthy-proposer", server, "--cache-dir", "other"))
        before = len(server.requests)
        codes.append(place.run("cached", server, *cache))
        n_cached = len(server.requests) - before
    is_same = {place.result(out) for out in ("healthy", "healthy-proposer", "cached")} == {place.result("whole")}
    n_questions = len(json.loads((place.folder / "whole" / "answers.json").read_text())["rows"])
    return Row(
        "garbage, then healthy, new --out",
        f"exits 1, 4, 0, 0, 0; {n_questions} calls, then 0; same bytes",
        f"exits {', '.join(map(str, codes))}; {n_healthy} calls, then {n_cached}; "
        f"{'same' if is_same else 'other'} bytes",
        codes == [1, 4, 0, 0, 0] and (n_healthy, n_cached) == (n_questions, 0) and is_same,
    )


def interrupt(place: Place, sent: signal.Signals) -> Row:
    """Ctrl-C or SIGTERM while it asks."""
    out = f"interrupted-{sent.name}"
    with FaultyServer(delay_s=1.0) as server:
        process = place.begin(out, server, "--no-cache")
        while process.poll() is None and sum(request.images > 0 for request in server.requests) < THREADS:
            time.sleep(0.01)
        process.send_signal(sent)
        began_s = time.monotonic()
        code = process.wait(TIMEOUT_S)
        seconds, n_asked = time.monotonic() - began_s, len(server.requests)
        server.delay_s = 0.0
        time.sleep(0.5)
        n_later = len(server.requests) - n_asked
        repeat = place.run(out, server, "--no-cache")
    is_same = place.result(out) == place.result("whole")
    return Row(
        f"{sent.name} while asking",
        "exit 130 in 2 s; 0 calls after; then 0, same bytes",
        f"exit {code} in {seconds:.1f} s; {n_later} calls after; then {repeat}, {'same' if is_same else 'other'} bytes",
        code == 130 and seconds <= 2 and n_later == 0 and repeat == 0 and is_same,
    )


def campaigns(place: Place, rng: random.Random, n_kills: int, seconds: float) -> dict[str, Callable[[], Row]]:
    """Every campaign by its name; ``seconds`` bounds the kills."""
    return {
        "kills": lambda: kills(place, rng, n_kills, seconds),
        "share": lambda: fail_share(place, rng),
        "500": lambda: fail_from(place, "500 from one call on", "500", 20),
        "dead": lambda: fail_from(place, "dies after 20 calls", DEAD, 20),
        "hang": lambda: fail_from(place, "hangs from one call on", "hang", 30),
        "garbage": lambda: garbage(place),
        "SIGINT": lambda: interrupt(place, signal.SIGINT),
        "SIGTERM": lambda: interrupt(place, signal.SIGTERM),
    }


def rows(place: Place, options: argparse.Namespace) -> Iterator[Row]:
    """A row for each campaign, as soon as it is there; once the time is over the rest is skipped, and says so."""
    began_s = time.monotonic()
    with FaultyServer() as server:
        code = place.run("whole", server, "--no-cache")
        yield Row("no fault", "exit 0", f"exit {code}, {len(server.requests)} calls", code == 0)
    table = campaigns(place, random.Random(options.seed), options.kills, options.seconds / 3)
    for name in options.only or table:
        if time.monotonic() - began_s < options.seconds:
            yield table[name]()
        else:
            yield Row(name, f"skipped after {options.seconds:g} s", "give more --seconds", True)


def main(arguments: list[str] | None = None) -> int:
    """Run the campaigns, print a row for each; 1 if a guarantee is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20, help="kills at the most")
    parser.add_argument("--seconds", type=float, default=200, help="no campaign begins later; kills take a third of it")
    parser.add_argument("--pairs", type=int, default=8, help="pairs of the run, 8 or more for all campaigns")
    parser.add_argument("--seed", type=int, default=0, help="of moments and faults")
    parser.add_argument("--only", action="append", metavar="NAME", choices=NAMES, help=", ".join(NAMES))
    options = parser.parse_args(arguments)
    began_s, n_broken = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as name:
        place = Place(Path(name))
        place.data.parent.mkdir()
        write_pairs(place.data, options.pairs)
        for row in rows(place, options):
            n_broken += not row.kept
            print(
                f"{'kept  ' if row.kept else 'BROKEN'}  {row.name:34} {row.guarantee}\n{'':43}{row.result}", flush=True
            )
    print(f"{n_broken} guarantees broken, {time.monotonic() - began_s:.0f} s")
    return 1 if n_broken else 0


if __name__ == "__main__":
    sys.exit(main())
