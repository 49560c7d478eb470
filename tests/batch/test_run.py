"""Many pairs as one run: each clip once, failures as rows, budgets over all sessions, killed and gone on with."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.batch.made import documents, make_table, started, write_rows
from tests.eval.runs import serving
from tests.motion.drawn_figure import standing
from tests.support.servers import Failure, OpenAIServer
from viddiff.api import Comparer
from viddiff.batch.compare import Pages
from viddiff.batch.engines import LocalEngine
from viddiff.batch.estimate import plan_batch
from viddiff.batch.manifest import FILE
from viddiff.batch.pairs import Pair, pairs_of_table
from viddiff.batch.run import run
from viddiff.cli import main
from viddiff.core.errors import BudgetError, InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.eval.once import RunOnce
from viddiff.lms.cache import configure
from viddiff.motion.pose.choice import PoseChoice
from viddiff.motion.pose.detections import People
from viddiff.video.probe import open_source
from viddiff.view.index import scan
from viddiff.view.items import ComparisonItem

BARE = Pages(report=False)


def test_what_threads_need_is_imported_and_made_before_they_start(tmp_path: Path) -> None:
    comparer = Comparer(settings_of(cache_dir=tmp_path / "cache"))
    assert "module" not in vars(comparer)
    LocalEngine(comparer, tmp_path, BARE)
    assert "module" in vars(comparer)


@pytest.fixture(autouse=True)
def answers(own_place: Path, own_answers: None) -> None:
    """Answers are kept as the command line has it, for this test alone."""
    configure(own_place / "answers")


def settings_of(server: OpenAIServer | None = None, **wanted: Any) -> Settings:
    """Without pose; with a server its model is asked."""
    asked: dict[str, Any] = {"lm": "openai/x", "api_base": server.url} if server else {}
    return Settings(pose="none", **asked, **wanted)


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["batch", *arguments])
    return int(left.value.code or 0)


def test_each_clip_is_decoded_and_its_pose_estimated_once_however_many_pairs_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, decoded = [], Counter[str]()

    class Wobbling:
        def __init__(self, choice: PoseChoice) -> None:
            opened.append(self)

        @classmethod
        def identity(cls, choice: PoseChoice) -> str:
            return "wobbling"

        def people(self, pixels: NDArray[np.uint8], time_s: float) -> People:
            moved = standing()[None] * (1 + 0.1 * np.sin(4 * time_s))
            return People(moved, np.dstack([moved, moved[..., :1]]), np.ones((1, 33)))

        def close(self) -> None:
            pass

    def counted(path: Path, *given: Any, **named: Any) -> Any:
        decoded[path.name] += 1
        return open_source(path, *given, **named)

    monkeypatch.setattr("viddiff.motion.pose.reader.estimator_kind", lambda name: Wobbling)
    monkeypatch.setattr("viddiff.video.sample.open_source", counted)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    made = run(pairs_of_table(make_table(tmp_path, 5, 10)), tmp_path / "run", Settings(), BARE)
    assert [row.error for row in made.rows] == [""] * 10
    assert decoded == {f"clip{index}.mp4": 1 for index in range(5)}
    assert len(opened) == 5


def test_a_pair_that_cannot_be_compared_is_a_row_and_the_others_are_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = make_table(tmp_path, 3, 2)
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    rows.insert(1, {**rows[0], "video_b": "bad.mp4"})
    rows.append({**rows[0], "differences": ["deeper in video B"]})
    rows.append({**rows[0], "video_a": "nowhere.mp4"})
    write_rows(table, rows)
    assert exit_code(str(table), "--out", "run", "--pose", "none", "--no-clips") == 1
    assert "5 pairs: 2 done, 3 failed." in capsys.readouterr().out
    with Path("run/index.csv").open(encoding="utf-8-sig", newline="") as file:
        index = list(csv.DictReader(file))
    assert [row["status"] for row in index] == ["done", "failed", "done", "failed", "failed"]
    assert "bad.mp4" in index[1]["error"]
    assert "names a video" in index[3]["error"]
    compared = [item.folder.name for item in scan(Path("run")) if isinstance(item, ComparisonItem)]
    assert compared == sorted(row["key"] for row in index if row["status"] == "done")
    assert (Path("run") / index[0]["key"] / "report.html").is_file()
    # What failed is tried again, and a mended table goes on in the same run.
    (tmp_path / "bad.mp4").write_bytes((tmp_path / "clip2.mp4").read_bytes())
    write_rows(table, rows[:3])
    assert exit_code(str(table), "--out", "run", "--pose", "none", "--no-clips") == 0


def test_the_index_is_parquet_too(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    made = run(pairs_of_table(make_table(tmp_path, 3, 2)), tmp_path / "run", settings_of(), BARE)
    table = parquet.read_table(tmp_path / "run" / "index.parquet").to_pylist()
    assert table == [dict(row) for row in made.rows]


def test_usage_is_told_for_each_pair_and_adds_up(tmp_path: Path) -> None:
    with serving() as server:
        made = run(pairs_of_table(make_table(tmp_path, 4, 5)), tmp_path / "run", settings_of(server), BARE)
        assert sum(row.calls for row in made.rows) == len(server.requests) == sum(u.calls for u in made.usage.usage)
        told = [sum(usage["calls"] for usage in one["usage"]) for one in documents(tmp_path / "run").values()]
        assert min(told) > 0
        assert sum(told) == len(server.requests)


def test_a_budget_holds_for_all_sessions_and_more_of_it_goes_on(tmp_path: Path) -> None:
    pairs, out = pairs_of_table(make_table(tmp_path, 4, 4)), tmp_path / "run"
    with serving() as server:
        with pytest.raises(BudgetError, match="limit of 5 calls"):
            run(pairs, out, settings_of(server, max_calls=5, threads=3), BARE)
        assert len(server.requests) == 5
        assert len(documents(out)) < 4
        with pytest.raises(UsageError, match="5 are used up"):
            run(pairs, out, settings_of(server, max_calls=5), BARE)
        assert len(server.requests) == 5
        made = run(pairs, out, settings_of(server, max_calls=500), BARE)
        assert [row.status for row in made.rows] == ["done"] * 4
        n_asked = sum(usage.calls - usage.cached_calls for usage in made.usage.usage)
        assert n_asked == len(server.requests)


@pytest.mark.system
def test_killed_at_any_moment_the_same_command_goes_on_and_ends_in_the_same_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = make_table(tmp_path, 4, 4)
    arguments = (str(table), "--pose", "none", "--no-report", "--threads", "2", "--lm", "openai/x")
    with serving(faults=lambda request: Failure(delay_s=0.1)) as server:
        line = (*arguments, "--api-base", server.url, "--out", "run")
        process = started(tmp_path, *line)
        while len(server.requests) < 3 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with pytest.raises(SystemExit) as left:
            main(["batch", *line])
        said = capsys.readouterr()
        assert (left.value.code, said.out) == (0, "4 pairs: 4 done.\n"), said.err
        n_killed = len(server.requests)
    configure(tmp_path / "others")
    with serving() as server:
        whole = settings_of(server, threads=2, cache_dir=tmp_path / "other")
        run(pairs_of_table(table), tmp_path / "whole", whole, BARE)
        # At most what was in flight, two calls, is asked again.
        assert len(server.requests) <= n_killed <= len(server.requests) + 2

    def told(out: Path) -> dict[str, Any]:
        # What a cache answered is no longer paid, and so told apart.
        return {key: {**one, "usage": None} for key, one in documents(out).items()}

    assert told(tmp_path / "run") == told(tmp_path / "whole")


def test_a_run_is_bound_to_its_settings_and_needs_the_cache(tmp_path: Path) -> None:
    pairs, out = pairs_of_table(make_table(tmp_path, 3, 2)), tmp_path / "run"
    run(pairs[:1], out, settings_of(), BARE)
    with pytest.raises(UsageError, match=r"settings\.fps: 4\.0 -> 2\.0"):
        run(pairs, out, settings_of(fps=2.0), BARE)
    with pytest.raises(UsageError, match="--no-cache"):
        run(pairs, out, settings_of(cache=False), BARE)
    assert len(run(pairs, out, settings_of(threads=1), BARE).rows) == 2


def test_a_run_continues_under_the_former_name_of_its_localizer(tmp_path: Path) -> None:
    pairs, out = pairs_of_table(make_table(tmp_path, 3, 1)), tmp_path / "run"
    run(pairs, out, settings_of(localizer="alignment"), BARE)
    manifest = out / FILE
    manifest.write_text(manifest.read_text().replace('"localizer": "alignment"', '"localizer": "aligned"'))
    for name in ("alignment", "aligned"):
        assert len(run(pairs, out, settings_of(localizer=name), BARE).rows) == 1


def test_a_dry_run_sums_what_the_pairs_would_ask_and_sends_nothing(tmp_path: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 3, 3))
    broken = Pair(video_a="nowhere.mp4", video_b="nowhere.mp4", action="squat")
    with serving() as server:
        settings = settings_of(server)
        one, _ = plan_batch(pairs[:1], settings)
        total, n_failed = plan_batch([*pairs, broken], settings)
        assert not server.requests
    assert n_failed == 1
    assert [role.calls for role in total.roles] == [3 * role.calls for role in one.roles]


def test_who_asks_for_a_clip_that_is_being_read_waits_and_a_failure_is_everybodys() -> None:
    began, reads = threading.Event(), []

    def read() -> None:
        reads.append(1)
        began.wait(5)
        raise InputError("broken")

    once, errors = RunOnce(2), []

    def ask() -> None:
        try:
            once("x.mp4", read)
        except InputError as error:
            errors.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    began.set()
    for thread in threads:
        thread.join()
    assert (len(reads), errors) == (1, ["broken"] * 4)


def test_the_command_line_wants_a_table_or_a_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--reference", "a.mp4", "--out", "run") == 2
    assert "Give a table of pairs" in capsys.readouterr().err
