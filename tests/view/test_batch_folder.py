"""A folder of many comparisons: small pictures, and the pairs of an action, a status or a difference alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.made import make_clips, write_rows
from tests.batch.test_run import BARE, settings_of
from tests.report.sample import sample
from tests.view.client import Client
from tests.view.test_index import put
from tests.view.test_server import URL, answered
from viddiff.batch.pairs import pairs_of_table
from viddiff.batch.run import run
from viddiff.core.settings import Settings
from viddiff.core.types import FailureKind, Finding, Verdict
from viddiff.video import FrameStore
from viddiff.view.bundle import write_bundle
from viddiff.view.index import Index, scan
from viddiff.view.items import ComparisonItem, FailedPair
from viddiff.view.jobs import Worker
from viddiff.view.server import make_app

TITLE = re.compile(r'class="row-title"[^>]*>([^<]*)<')


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A server of ``in``, which keeps frames in ``cache``."""
    (tmp_path / "in").mkdir(exist_ok=True)
    worker = Worker(tmp_path / "in", answered)
    yield Client(make_app(worker.folder, Settings(cache_dir=tmp_path / "cache"), worker), base_url=URL)
    worker.close()


def finding(statement: str, answer: str | None, fault: FailureKind | None = None) -> Finding:
    """A finding of the sample with another statement and verdict."""
    first = sample().comparison.differences[0]
    verdict = (
        Verdict(status="failed", fault=fault, error="x")
        if fault
        else first.verdict.model_copy(update={"answer": answer})
    )
    return first.model_copy(
        update={"difference": first.difference.model_copy(update={"statement": statement}), "verdict": verdict}
    )


def titles(client: Client, **chosen: str) -> list[str]:
    return sorted(TITLE.findall(client.get("/", params=chosen).text))


def test_comparisons_are_chosen_by_action_status_and_difference(tmp_path: Path, client: Client) -> None:
    put(tmp_path / "in" / "1", action="squat", differences=(finding("the squat is deeper", "a"),))
    put(tmp_path / "in" / "2", action="lunge", differences=(finding("the step is longer", "c"),))
    broken = (finding("the arms are higher", "b"), finding("the squat is deeper", None, "server"))
    put(tmp_path / "in" / "3", action="jump", differences=broken)
    assert titles(client) == ["jump", "lunge", "squat"]
    assert titles(client, action="squat") == ["squat"]
    assert titles(client, status="done") == ["lunge", "squat"]
    assert titles(client, status="incomplete") == ["jump"]
    assert titles(client, difference="DEEPER squat") == ["squat"]
    assert titles(client, answer="differs") == ["jump", "squat"]
    assert titles(client, answer="c", difference="longer") == ["lunge"]
    assert titles(client, answer="a", difference="longer") == []
    assert titles(client, status="nonsense", answer="x") == ["jump", "lunge", "squat"]
    page = client.get("/", params={"action": "squat", "answer": "differs"}).text
    assert "<option selected>squat</option>" in page
    assert '<option value="differs" selected>' in page


def test_pairs_of_a_batch_that_failed_are_listed_with_the_reason(tmp_path: Path, client: Client) -> None:
    clip, other = make_clips(tmp_path, 2)
    rows = [{"video_a": clip, "video_b": name, "action": f"squat {name}"} for name in (other, "nowhere.mp4")]
    pairs = pairs_of_table(write_rows(tmp_path / "pairs.jsonl", rows))
    run(pairs, tmp_path / "in", settings_of(cache_dir=tmp_path / "cache"), BARE)
    assert {type(item) for item in scan(tmp_path / "in")} == {ComparisonItem, FailedPair}
    assert titles(client, status="failed") == ["squat nowhere.mp4"]
    assert "nowhere.mp4" in client.get("/", params={"status": "failed"}).text
    # It comes to its end later: the last row of the journal counts.
    (tmp_path / "nowhere.mp4").write_bytes((tmp_path / other).read_bytes())
    run(pairs, tmp_path / "in", settings_of(cache_dir=tmp_path / "cache"), BARE)
    assert titles(client, status="failed") == []
    assert len(titles(client)) == 2


def test_a_journal_that_is_damaged_hides_no_comparison(tmp_path: Path) -> None:
    put(tmp_path / "1")
    (tmp_path / "batch.json").write_text("{}")
    (tmp_path / "journal.jsonl").write_text('{"type": "pair"}\n[1]\nnonsense\n{"type": "pair", "row": {"key": 3}}\n')
    index = Index(tmp_path)
    assert [type(item) for item in index.scan()] == [ComparisonItem]


def test_frames_that_are_at_hand_are_shown_small(tmp_path: Path, client: Client) -> None:
    put(tmp_path / "in" / "1")
    assert "data:image/jpeg" not in client.get("/").text
    store = FrameStore(tmp_path / "cache")
    for jpeg in sample().frames.values():
        store.put(jpeg)
    page = client.get("/").text
    assert page.count('<img src="data:image/jpeg;base64,') == 2
    assert "img-src data:" in client.get("/").headers["content-security-policy"]
    bundle = write_bundle(tmp_path / "in", tmp_path / "site", Settings(cache_dir=tmp_path / "cache"))
    assert bundle.read_text().count('<img src="data:image/jpeg;base64,') == 2
