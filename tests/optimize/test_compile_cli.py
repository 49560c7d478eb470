"""``viddiff compile`` on the command line, against a server, killed and run again."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eval.runs import serving
from tests.optimize.compilations import data_in, everything, examples_of
from tests.support.attentive import Attentive, Everybody, Writing, truth_of
from tests.support.models import judge_reply
from tests.support.scripted import Asked
from tests.support.servers import SERVER_ERROR, UNAUTHORIZED, Failure, OpenAIServer, WireRequest
from viddiff.cli import main
from viddiff.core.errors import BackendError, UsageError
from viddiff.optimize.monitor import MAX_IN_A_ROW
from viddiff.optimize.protocol import Compilation
from viddiff.programs.compiled.artifact import load
from viddiff.video import FrameStore

pytestmark = pytest.mark.usefixtures("read_once")
#: Calls that are answered before the first run is killed: scoring, and some of GEPA's.
N_PAID = 45


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Everybody]:
    """(labelled pairs, the models that know them)."""
    data = data_in(tmp_path_factory.mktemp("pairs"))
    examples = everything(examples_of(data, FrameStore(None)))
    statements = sorted({example.statement for example in examples})
    return data[2], Everybody(Attentive(truth_of(examples)), Writing(statements))


@pytest.fixture
def server(everybody: tuple[Path, Everybody]) -> Iterator[OpenAIServer]:
    with serving(everybody[1]) as running:
        yield running


def arguments(data: Path, server: OpenAIServer, *more: str, optimizer: str = "gepa") -> list[str]:
    """A quick compilation of the differencer, written to ``made.json`` where it is run."""
    given = ["compile", "differencer", "--data", str(data), "--out", "made", "--optimizer", optimizer, *more]
    return [*given, "--split-by", "pair", "--lm", "openai/x", "--api-base", server.url, "--threads", "1"]


def run(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(given))
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def bodies(server: OpenAIServer) -> list[str]:
    """What was asked, each request as a hash."""
    written = [json.dumps(request.body, sort_keys=True) for request in server.requests]
    return [hashlib.sha256(one.encode()).hexdigest() for one in written]


@pytest.mark.system
def test_killed_and_run_again_it_asks_nothing_twice(
    everybody: tuple[Path, Everybody], capsys: pytest.CaptureFixture[str], own_place: Path
) -> None:
    data, models = everybody
    running: subprocess.Popen[bytes] | None = None

    def dying(asked: Asked) -> str:
        if running is not None and len(serving_it.requests) > N_PAID:
            running.send_signal(signal.SIGKILL)
            running.wait()
        return models(asked)

    with serving(dying) as serving_it:
        given = arguments(data, serving_it, "--option", "max_metric_calls=36", "--json")
        running = subprocess.Popen([sys.executable, "-m", "viddiff", *given], stdout=subprocess.DEVNULL)
        assert running.wait(60) == -signal.SIGKILL
        assert not (own_place / "made.json").exists()
        states = list((own_place / "cache" / "compile").glob("*/gepa_state.bin"))
        assert len(states) == 1, "it was killed before GEPA had kept anything"
        assert len(serving_it.requests) == N_PAID + 1
        running = None
        code, out, _ = run(capsys, *given)
        assert code == 0
        paid, later = bodies(serving_it)[:N_PAID], bodies(serving_it)[N_PAID + 1 :]
        assert later
        assert not set(paid) & set(later)
        first = json.loads(out)
        n_requests = len(serving_it.requests)
        code, out, _ = run(capsys, *given)
        assert code == 0
        assert len(serving_it.requests) == n_requests
        assert json.loads(out)["card"]["scores"] == first["card"]["scores"]
    assert load(own_place / "made.json").card.scores[1].after == first["card"]["scores"][1]["after"]
    assert not [path for path in own_place.iterdir() if path.name not in ("cache", "made.json")]


class Dying:
    """A server that is down after some requests, until it is told otherwise."""

    def __init__(self, n_answered: int) -> None:
        self.n_answered: int | None = n_answered
        self.n_asked = 0

    def __call__(self, request: WireRequest) -> Failure | None:
        self.n_asked += 1
        return SERVER_ERROR if self.n_answered is not None and self.n_asked > self.n_answered else None


@pytest.mark.parametrize(
    ("optimizer", "option", "n_answered"),
    [
        # While scoring before, while compiling (twice), while scoring afterwards.
        ("gepa", "max_metric_calls=36", 4),
        ("gepa", "max_metric_calls=36", N_PAID),
        ("bootstrap-random", "num_candidate_programs=2", 40),
        ("labeled", "k=4", 18),
    ],
)
def test_a_server_that_dies_ends_it_without_a_file_and_the_same_command_goes_on(
    optimizer: str,
    option: str,
    n_answered: int,
    everybody: tuple[Path, Everybody],
    capsys: pytest.CaptureFixture[str],
    own_place: Path,
) -> None:
    dying = Dying(n_answered)
    with serving(everybody[1], dying) as server:
        given = arguments(everybody[0], server, "--option", option, "--retries", "0", "--json", optimizer=optimizer)
        code, out, err = run(capsys, *given)
        assert code == BackendError.exit_code
        assert "calls in a row failed so" in err
        assert not out
        assert not (own_place / "made.json").exists()
        assert n_answered + 2 <= len(server.requests) <= n_answered + MAX_IN_A_ROW
        n_failed = len(server.requests) - n_answered
        n_kept = evaluations(own_place)
        dying.n_answered = None
        code, out, _ = run(capsys, *given)
        assert code == 0
    card = json.loads(out)["card"]
    scores = card["scores"]
    # Both sessions, and answers from the cache apart.
    assert card["sessions"] == 2
    assert card["calls"] + card["failed_calls"] == len(server.requests)
    assert card["failed_calls"] == n_failed
    assert card["cached_calls"] > 0
    assert all(score["failed_before"] == score["failed_after"] == 0 for score in scores)
    assert scores[0]["after"] > scores[0]["before"]
    if optimizer == "gepa":
        # Each is asked in both orders. What nobody answered has no part in what GEPA goes on from.
        assert 2 * n_kept <= n_answered
        assert evaluations(own_place) >= 36


def evaluations(place: Path) -> int:
    """How many evaluations GEPA's state counts."""
    from gepa.core.state import GEPAState

    found: list[GEPAState[object, int]] = [
        GEPAState.load(str(path.parent)) for path in place.glob("cache/compile/*/gepa_state.bin")
    ]
    return sum(state.total_num_evals for state in found)


def test_it_tells_the_scores_the_file_and_what_to_do_next(
    everybody: tuple[Path, Everybody], server: OpenAIServer, capsys: pytest.CaptureFixture[str], own_place: Path
) -> None:
    code, out, _ = run(capsys, *arguments(everybody[0], server, "--option", "k=6", optimizer="labeled"))
    assert code == 0
    assert "test, closed" in out
    assert "Wrote made.json" in out
    assert "viddiff programs show made.json" in out
    code, out, _ = run(capsys, "programs", "show", "made")
    assert code == 0
    assert "compiled by labeled" in out
    videos = [str(everybody[0].parent / name) for name in ("0a.mp4", "0b.mp4")]
    used = [
        "--action",
        "action 0",
        "--difference",
        "the squat is deeper",
        "--program",
        "made",
        "--localizer",
        "uniform",
    ]
    n_before = len(server.requests)
    code, _, err = run(capsys, "compare", *videos, *used, "--lm", "openai/x", "--api-base", server.url)
    assert code == 0, err
    shown = [request for request in server.requests[n_before:] if any(kind == "image" for kind, *_ in request.parts)]
    assert shown
    demos = load(own_place / "made.json").state["judge.predict"].demos
    assert demos
    assert all(str(demo["statement"]) in str(request.body) for request in shown for demo in demos)


def test_it_tells_that_the_default_program_was_kept_and_keeps_the_other_on_request(
    everybody: tuple[Path, Everybody], capsys: pytest.CaptureFixture[str], own_place: Path
) -> None:
    def misled(asked: Asked) -> str:
        return judge_reply("c") if asked.prompt.count("[[ ## statement ## ]]") > 1 else everybody[1](asked)

    with serving(misled) as server:
        given = arguments(everybody[0], server, "--option", "k=2", optimizer="labeled")
        code, out, _ = run(capsys, *given)
        assert code == 0
        assert "is the default program: what labeled compiled was no better on val" in " ".join(out.split())
        assert not load(own_place / "made.json").state["judge.predict"].demos
        code, out, _ = run(capsys, *given, "--keep-anyway")
    assert code == 0
    assert "although compiling made it no better on val" in " ".join(out.split())
    assert load(own_place / "made.json").state["judge.predict"].demos
    code, out, _ = run(capsys, "programs", "show", "made")
    assert "although compiling made it no better on val" in " ".join(out.split())


def test_a_dry_run_tells_the_calls_and_sends_nothing(
    everybody: tuple[Path, Everybody], server: OpenAIServer, capsys: pytest.CaptureFixture[str], own_place: Path
) -> None:
    code, out, _ = run(capsys, *arguments(everybody[0], server, "--dry-run", "--json"))
    assert code == 0
    role, reflection = json.loads(out)["roles"]
    swapped = role["calls"]
    assert (reflection["role"], reflection["images"]) == ("reflection", 0)
    assert 0 < reflection["calls"] < swapped
    code, out, _ = run(capsys, *arguments(everybody[0], server, "--dry-run", "--json", "--no-swap-feedback"))
    assert 0 < json.loads(out)["roles"][0]["calls"] < swapped
    assert not server.requests
    assert not (own_place / "made.json").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--optimizer", "knn"], "no program to save"),
        (["--optimizer", "sgd"], "'sgd' is not one of 'gepa'"),
        (["--option", "depth=2"], "no option 'depth'"),
        (["--out", "taken/made"], "taken"),
        (["--option", "depth"], "is not name=value"),
    ],
)
def test_what_cannot_be_ends_it_before_the_first_call(
    more: list[str],
    says: str,
    everybody: tuple[Path, Everybody],
    server: OpenAIServer,
    capsys: pytest.CaptureFixture[str],
    own_place: Path,
) -> None:
    (own_place / "taken").write_text("a file where a folder is wanted")
    code, out, err = run(capsys, *arguments(everybody[0], server), *more)
    assert code == UsageError.exit_code
    assert says in err
    assert not out
    assert not server.requests


def test_a_refused_key_ends_it_with_no_program_written(
    everybody: tuple[Path, Everybody], capsys: pytest.CaptureFixture[str], own_place: Path
) -> None:
    with serving(everybody[1], lambda request: UNAUTHORIZED) as refusing:
        code, out, err = run(capsys, *arguments(everybody[0], refusing))
    assert code == BackendError.exit_code
    assert "key" in err
    assert not out
    assert len(refusing.requests) <= 2
    assert not (own_place / "made.json").exists()


def test_a_budget_that_ended_it_is_exit_code_5_and_the_file_is_there(
    everybody: tuple[Path, Everybody], server: OpenAIServer, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, own_place: Path,
) -> None:  # fmt: skip
    # A server of one's own has no prices, so the limit is said to be reached after some calls.
    def out_of_money(self: Compilation, reserve_usd: float) -> str | None:
        return "The budget was reached while compiling." if len(server.requests) > 30 else None

    monkeypatch.setattr(Compilation, "out_of_money", out_of_money)
    code, out, _ = run(capsys, *arguments(everybody[0], server, "--option", "max_metric_calls=400"))
    assert code == 5
    assert "The budget was reached while compiling. This is the best found so far." in " ".join(out.split())
    assert load(own_place / "made.json").card.scores[0].after is not None
