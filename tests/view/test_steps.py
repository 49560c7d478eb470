"""Documents on steps, and runs on files of StepDiff, in a folder in the browser and in a bundle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.eval.stepdiff.files import rank_row, write
from tests.report.step_sample import ANSWER, COMPARISON, RANKING
from tests.view.client import Client
from tests.view.test_server import answered
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.options import RunOptions
from viddiff.eval.stepdiff.run import run
from viddiff.view.bundle import write_bundle
from viddiff.view.index import scan
from viddiff.view.items import DamagedDocument, StepItem, StepRunItem
from viddiff.view.jobs import Worker
from viddiff.view.list_page import row_of
from viddiff.view.selection import select
from viddiff.view.server import make_app

URL = "http://127.0.0.1:8765"
DOCUMENTS = {"answer": ANSWER, "compared": COMPARISON, "ranked": RANKING}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A document of each kind, a damaged one, and a run."""
    folder = tmp_path / "in"
    for name, document in DOCUMENTS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "steps.json").write_text(document.model_dump_json(), encoding="utf-8")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "steps.json").write_text('{"kind": "step_answer"}', encoding="utf-8")
    data = load_items(write(tmp_path / "rows.jsonl", rank_row()))
    wanted = RunOptions(allow_missing=True)
    run(data, tmp_path, METHODS["random"], wanted, Settings(cache_dir=tmp_path / "cache"), folder / "run", silent)
    return folder


def test_every_document_is_listed_with_what_it_comes_to(folder: Path) -> None:
    items = {item.folder.name: item for item in scan(folder)}
    rows = {name: row_of(item) for name, item in items.items()}
    assert [type(items[name]) for name in (*DOCUMENTS, "damaged", "run")] == [
        *[StepItem] * 3, DamagedDocument, StepRunItem,
    ]  # fmt: skip
    assert (rows["answer"].title, rows["answer"].facts) == ("Why is it drier?", "Less water.")
    assert rows["answer"].text == "mine.mp4, compared with reference.mp4 · 2026-01-31 09:30 UTC"
    assert rows["compared"].facts.startswith("2 differences in 1 of 2 categories")
    assert rows["ranked"].facts.startswith("Closest: ")
    assert "and 1 more" in rows["ranked"].text
    assert rows["run"].text == "random on rows.jsonl, diffrank"
    assert rows["run"].facts == "tau-b 0.000 in 1 row, 1 without an answer"
    assert "damaged" in rows["damaged"].text
    found = select(list(items.values()), "drier")
    assert [item.folder.name for item in found] == ["answer"]


def test_a_run_that_has_no_scores_says_so_and_a_damaged_one_is_told(folder: Path) -> None:
    (folder / "run" / "scores.json").unlink()
    (item,) = select(scan(folder), "random")
    assert row_of(item).facts == "No scores yet"
    (folder / "run" / "manifest.json").write_text('{"task": "diffrank", "method": 1}', encoding="utf-8")
    assert "Damaged" in [row_of(item).kind for item in scan(folder) if item.folder.name == "run"]


def test_what_is_no_run_is_left_out(folder: Path) -> None:
    """Training data of viddiff steps make-data have a manifest of their own."""
    n_items = len(scan(folder))
    (folder / "data").mkdir()
    (folder / "data" / "manifest.json").write_text('{"kind": "paired_qa"}', encoding="utf-8")
    assert len(scan(folder)) == n_items


def test_the_server_shows_the_page_of_each_in_a_frame(folder: Path) -> None:
    worker = Worker(folder, answered)
    try:
        client = Client(make_app(folder, Settings(), worker), base_url=URL)
        links = re.findall(r'href="(steps/[0-9a-f]+/)"', client.get("/").text)
        assert len(links) == len(DOCUMENTS)
        shown = [client.get(f"/{link}page", headers={"sec-fetch-dest": "iframe"}) for link in links]
        assert all(answer.headers["content-security-policy"].startswith("sandbox") for answer in shown)
        assert any("Less water." in answer.text for answer in shown)
        assert all("<iframe" in client.get(f"/{link}").text for link in links)
        assert client.get(f"/{links[0].replace('steps', 'comparison')}").status_code == 404
    finally:
        worker.close()


def test_a_bundle_holds_the_page_of_each(folder: Path, tmp_path: Path) -> None:
    index = write_bundle(folder, tmp_path / "out", Settings())
    links = re.findall(r'href="([0-9]+/report\.html)"', index.read_text("utf-8"))
    pages = [(index.parent / link).read_text("utf-8") for link in links]
    assert len(pages) == len(DOCUMENTS)
    assert any("Less water." in page for page in pages)
