"""Runs: resumable at any moment, never asked twice, refused where they do not fit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.eval.runs import STATEMENTS, make_pairs, serving, settled
from tests.support.models import judge_reply
from tests.support.scripted import Asked, scripted_lm
from tests.support.servers import GARBAGE, RESET, SERVER_ERROR, TRUNCATED, Failure, WireRequest, rate_limit
from viddiff.core.errors import BackendError, BudgetError, InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.eval.manifest import read_manifest
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.metrics import Score
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.localizer.clip import weights as clip_weights

pytestmark = pytest.mark.usefixtures("read_once")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Asked], str]], Any]:
    """Model strings that begin with "scripted/" are answered by ``settled``, or by what a test sets."""
    from viddiff.lms import roles

    replies: dict[str, Callable[[Asked], str]] = {"now": settled}
    made = roles.make_lm
    lm = scripted_lm(lambda asked: replies["now"](asked), model="openai/gpt-4o")

    def make(model: str, **options: Any) -> Any:
        return lm if model == "scripted/x" else made(model, **options)

    monkeypatch.setattr(roles, "make_lm", make)

    def use(reply: Callable[[Asked], str]) -> Any:
        replies["now"] = reply
        return lm.engine

    return use


def run(pairs: Path, out: Path, settings: dict[str, Any] | None = None, **options: Any) -> RunResult:
    merged = {"lm": "scripted/x", "threads": 3, "cache_dir": out.parent / "cache", **(settings or {})}
    chosen = {"localizer": "uniform", **options} if options.get("method", "viddiff") == "viddiff" else options
    return evaluate(EvalOptions(data=str(pairs), **chosen), Settings(**merged), out, lambda task, done, total: None)


def three_way(result: RunResult) -> Score:
    assert result.scores.mode == "closed"
    return result.scores.three_way


def journal(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("method", ["viddiff", "baseline", "measured", "two_looks"])
@pytest.mark.parametrize("control", ["none", "swap-videos", "same-video", "first-frame"])
def test_every_method_runs_under_every_control(pairs: Path, tmp_path: Path, method: str, control: str) -> None:
    result = run(pairs, tmp_path / "run", method=method, control=control)
    assert three_way(result).n == 4 * len(STATEMENTS)
    expected = {"none": 11, "swap-videos": 11, "same-video": 0, "first-frame": 11}
    assert result.scores.micro.n == expected[control]
    assert RunResult.model_validate_json((tmp_path / "run" / "result.json").read_bytes()) == result


@pytest.mark.parametrize("method", ["viddiff", "baseline", "measured", "two_looks"])
@pytest.mark.parametrize("judge", ["lm", "lexical", "none"])
def test_every_method_runs_in_open_mode_under_every_judge(
    pairs: Path, tmp_path: Path, method: str, judge: str, scripted: Any
) -> None:
    result = run(pairs, tmp_path / "run", method=method, mode="open", judge=judge)
    scores = result.scores
    assert scores.mode == "open"
    assert scores.comparable == (judge == "lm")
    assert sum(scores.micro.part(outcome) for outcome in scores.micro.outcomes) == pytest.approx(1)
    if judge == "lm" and method in ("viddiff", "baseline"):
        assert scores.micro.outcomes["correct"] > 0
        assert scores.micro.outcomes["flipped"] > 0
    elif method == "two_looks":
        # The scripted model says the same letter whichever video comes first, which tells nothing of the videos.
        assert not {"correct", "flipped"} & set(scores.micro.outcomes)
    before = (tmp_path / "run" / "result.json").read_bytes()
    scripted(lambda asked: pytest.fail("a finished run asked again"))
    run(pairs, tmp_path / "run", {"cache": False}, method=method, mode="open", judge=judge)
    assert (tmp_path / "run" / "result.json").read_bytes() == before


@pytest.mark.parametrize("localizer", ["argmax", "uniform", "random", "motion", "alignment", "oracle"])
def test_localizers_by_name(
    pairs: Path, tmp_path: Path, localizer: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.support.tiny_clip import tiny_clip

    clip = tiny_clip(tmp_path_factory.mktemp("clip"))
    run(pairs, tmp_path / "run", {"clip": clip}, localizer=localizer)
    (sample,) = (
        record for record in journal(tmp_path / "run") if record.get("sample") == "pair0" and "outcome" in record
    )
    frames = [[frame["time_s"] for frame in finding["frames_a"]] for finding in sample["outcome"]["differences"]]
    assert all(times == [0.5] for times in frames) == (localizer == "oracle")


def test_a_run_continues_under_the_former_name_of_its_localizer(pairs: Path, tmp_path: Path, scripted: Any) -> None:
    from tests.support.tiny_clip import tiny_clip

    settings = {"clip": tiny_clip(tmp_path)}
    result = run(pairs, tmp_path / "run", settings, localizer="alignment")
    manifest = tmp_path / "run" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"localizer": "alignment"', '"localizer": "aligned"'))
    scripted(lambda asked: pytest.fail("a finished run asked again"))
    assert read_manifest(tmp_path / "run", Manifest).localizer == "alignment"
    for name in ("alignment", "aligned"):
        assert run(pairs, tmp_path / "run", {**settings, "cache": False}, localizer=name) == result


def test_a_finished_run_asks_nothing_and_writes_the_same_bytes(pairs: Path, tmp_path: Path, scripted: Any) -> None:
    engine = scripted(settled)
    run(pairs, tmp_path / "run")
    n_asked, before = len(engine.asked), (tmp_path / "run" / "result.json").read_bytes()
    # Stages and links once for each of the two actions; a question for each labelled difference.
    assert n_asked == 2 * 3 + 4 * len(STATEMENTS)
    run(pairs, tmp_path / "run")
    assert len(engine.asked) == n_asked
    assert (tmp_path / "run" / "result.json").read_bytes() == before


def test_a_verdict_is_on_disk_before_the_next_question_is_asked(pairs: Path, tmp_path: Path, scripted: Any) -> None:
    kept: list[int] = []

    def watching(asked: Asked) -> str:
        if asked.asks_for("answer"):
            kept.append(sum(record["type"] == "verdict" for record in journal(tmp_path / "run")))
        return settled(asked)

    scripted(watching)
    run(pairs, tmp_path / "run", {"threads": 1})
    assert kept == list(range(4 * len(STATEMENTS)))


@pytest.mark.parametrize("n_whole", [0, 1, 3, 7, 12])
def test_a_journal_cut_in_the_middle_of_a_line_goes_on(
    pairs: Path, tmp_path: Path, n_whole: int, scripted: Any
) -> None:
    out = tmp_path / "run"
    run(pairs, out)
    before = (out / "result.json").read_bytes()
    lines = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (out / "journal.jsonl").write_bytes(b"".join(lines[:n_whole]) + lines[n_whole][: len(lines[n_whole]) // 2])
    (out / "result.json").unlink()
    engine = scripted(settled)
    n_before = len(engine.asked)
    run(pairs, out)
    assert (out / "result.json").read_bytes() == before
    assert len(engine.asked) - n_before <= 2 * 3 + 4 * len(STATEMENTS)


def test_a_line_that_is_no_record_is_named(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(pairs, out)
    lines = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (out / "journal.jsonl").write_bytes(lines[0] + b"garbage\n" + b"".join(lines[1:]))
    with pytest.raises(InputError, match="Line 2 of"):
        run(pairs, out)


def test_other_settings_are_refused_with_what_differs(pairs: Path, tmp_path: Path) -> None:
    run(pairs, tmp_path / "run", limit=2)
    with pytest.raises(UsageError, match=r"limit: 2 -> 3; settings\.swap: False -> True"):
        run(pairs, tmp_path / "run", {"swap": True}, limit=3)
    # What cannot change an answer may change.
    run(pairs, tmp_path / "run", {"threads": 1, "timeout_s": 5}, limit=2)


def test_two_processes_on_one_folder_are_refused(pairs: Path, tmp_path: Path) -> None:
    from viddiff.eval.journal import open_journal

    with open_journal(tmp_path / "run"), pytest.raises(UsageError, match="Another process works on"):
        run(pairs, tmp_path / "run")


def test_a_budget_ends_a_run_cleanly_and_more_of_it_goes_on(pairs: Path, tmp_path: Path) -> None:
    whole = run(pairs, tmp_path / "whole")
    usage = json.loads((tmp_path / "whole" / "usage.json").read_text())["usage"]
    cost_usd = sum(role["cost_usd"] for role in usage)
    with pytest.raises(BudgetError, match="is reached"):
        run(pairs, tmp_path / "run", {"max_cost": 0.6 * cost_usd, "threads": 1})
    answered = sum(record["type"] == "verdict" for record in journal(tmp_path / "run"))
    assert 0 < answered < 4 * len(STATEMENTS)
    assert not any(record.get("verdict", {}).get("error") for record in journal(tmp_path / "run"))
    with pytest.raises(UsageError, match="is spent"):
        run(pairs, tmp_path / "run", {"max_cost": 0.1 * cost_usd})
    assert run(pairs, tmp_path / "run", {"max_cost": 10}) == whole


def test_a_key_that_is_refused_keeps_nothing_and_ends_the_run(pairs: Path, tmp_path: Path, scripted: Any) -> None:
    from dspy import lm15

    def locked(asked: Asked) -> str:
        if asked.asks_for("answer"):
            raise lm15.AuthError("no")
        return settled(asked)

    scripted(locked)
    with pytest.raises(BackendError, match="key was refused"):
        run(pairs, tmp_path / "run")
    assert not any(record["type"] in ("verdict", "sample") for record in journal(tmp_path / "run"))
    scripted(settled)
    assert run(pairs, tmp_path / "run").scores.micro.outcomes.get("failed", 0) == 0


def test_failed_answers_count_as_failed(pairs: Path, tmp_path: Path, scripted: Any) -> None:
    scripted(lambda asked: "no idea" if asked.asks_for("answer") and "wider" in asked.prompt else settled(asked))
    outcomes = run(pairs, tmp_path / "run").scores.micro.outcomes
    assert outcomes["failed"] == 3  # the stance is labelled a or b in three of the four pairs
    assert sum(outcomes.values()) == 11


def test_missing_videos_stop_the_run_or_are_counted(tmp_path: Path) -> None:
    pairs = make_pairs(tmp_path, 2)
    (tmp_path / "1b.mp4").unlink()
    with pytest.raises(InputError, match=r"Video '1b\.mp4' of pair 'pair1'"):
        run(pairs, tmp_path / "run")
    result = run(pairs, tmp_path / "other", allow_missing=True)
    assert result.missing == ("pair1",)
    assert result.scores.micro.outcomes["missing"] > 0


@pytest.mark.parametrize(
    ("options", "says"),
    [({"split": "hard"}, "'hard' is not in the data"), ({"limit": 1, "shard": (2, 2)}, "No pair is selected")],
)
def test_nothing_to_do_is_said(pairs: Path, tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run(pairs, tmp_path / "run", **options)


def test_limits_and_shards_choose_pairs(pairs: Path, tmp_path: Path) -> None:
    assert run(pairs, tmp_path / "a", per_action=1).n_samples == 2
    assert run(pairs, tmp_path / "b", limit=3).n_samples == 3
    assert sum(run(pairs, tmp_path / f"s{i}", shard=(i, 3)).n_samples for i in (1, 2, 3)) == 4


def test_a_wrong_judge_scores_zero_and_a_right_one_hundred(pairs: Path, tmp_path: Path, scripted: Any) -> None:
    labels = {
        (pair["action_description"], difference["description"]): difference["label"]
        for pair in json.loads(pairs.read_text())[:2]
        for difference in pair["differences"].values()
    }

    def knowing(asked: Asked) -> str:
        if not asked.asks_for("answer"):
            return settled(asked)
        (label,) = (
            label
            for (action, text), label in labels.items()
            if action in asked.prompt and f"\n{text}\n" in asked.prompt
        )
        return judge_reply(label)

    scripted(knowing)
    assert three_way(run(pairs, tmp_path / "run", limit=2)).score == 1.0
    swapped = run(pairs, tmp_path / "swapped", limit=2, control="swap-videos").scores
    assert swapped.micro.score == 0.0


def test_faults_of_a_provider_do_not_change_the_score(pairs: Path, tmp_path: Path) -> None:
    """A fifth of all requests fail in some way; the score is that of a run without faults."""
    rng = random.Random(0)
    late = Failure(delay_s=0.05)
    faults = (rate_limit(0), SERVER_ERROR, RESET, TRUNCATED, late)
    befallen: list[Failure] = []

    def sometimes(request: WireRequest) -> Failure | None:
        if rng.random() < 0.2:
            befallen.append(rng.choice(faults))
            return befallen[-1]
        return None

    scores, n_requests = [], []
    for name, plan in (("clean", ()), ("faulty", sometimes)):
        with serving(faults=plan) as server:
            settings = {"lm": "openai/x", "api_base": server.url, "retries": 6, "cache": False}
            scores.append(run(pairs, tmp_path / name, settings).scores)
            n_requests.append(len(server.requests))
    assert scores[0] == scores[1]
    # A faulty request costs one more, a late one none: at a fifth of faults, 1.25 calls an item.
    assert n_requests[1] == n_requests[0] + sum(fault is not late for fault in befallen)


def test_an_answer_that_is_no_completion_is_a_failed_question(pairs: Path, tmp_path: Path) -> None:
    def garbage(request: WireRequest) -> Failure | None:
        return GARBAGE if request.images and "wider" in request.prompt else None

    with serving(faults=garbage) as server:
        settings = {"lm": "openai/x", "api_base": server.url, "retries": 0, "cache": False}
        outcomes = run(pairs, tmp_path / "run", settings).scores.micro.outcomes
    assert outcomes["failed"] == 3


def test_weights_that_cannot_be_had_cost_nothing_and_leave_the_folder_free(
    pairs: Path, tmp_path: Path, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_weights, "cached_weights", lambda config: None)
    monkeypatch.setattr(clip_weights, "is_reachable", lambda url: False)
    scripted(lambda asked: pytest.fail("a model was asked"))
    with pytest.raises(BackendError, match="or use --localizer motion"):
        run(pairs, tmp_path / "run", localizer="viterbi")
    scripted(settled)
    assert run(pairs, tmp_path / "run", localizer="motion").n_samples == 4


@pytest.mark.parametrize(
    ("name", "limit"),
    [("max_video_s", 1.0), ("max_video_mb", 0.0001), ("max_video_pixels", 100), ("max_sampled_frames", 2)],
)
def test_limits_of_videos_hold_in_runs(pairs: Path, tmp_path: Path, name: str, limit: float) -> None:
    with pytest.raises(InputError, match=name.replace("_", "[-_]")):
        run(pairs, tmp_path / "run", {name: limit, "cache": False}, method="measured")
