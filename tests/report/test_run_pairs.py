"""From the page of a run one reaches the reports of the pairs that it speaks of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.eval.runs import make_pairs, serving
from viddiff.cli import main
from viddiff.eval.journal import Journal
from viddiff.eval.manifest import read_manifest
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.results import comparisons_of


def test_every_case_links_to_the_report_of_its_pair(tmp_path: Path) -> None:
    pairs, out = make_pairs(tmp_path, 3), tmp_path / "run"
    with serving() as server, pytest.raises(SystemExit) as left:
        main(
            [
                *("eval", "--data", str(pairs), "--localizer", "uniform", "--out", str(out)),
                *("--lm", "openai/x", "--api-base", server.url),
            ]
        )
    assert left.value.code == 0
    page = (out / "run.html").read_text("utf-8")
    links = set(re.findall(r'href="(pairs/\d+\.html)"', page))
    assert links == {f"pairs/{path.name}" for path in (out / "pairs").iterdir()}
    assert links
    for link in links:
        assert "a person does action" in (out / link).read_text("utf-8").casefold()


def test_pairs_of_a_run_are_comparisons_and_older_records_are_left_out(tmp_path: Path) -> None:
    pairs, out = make_pairs(tmp_path, 1), tmp_path / "run"
    with pytest.raises(SystemExit):
        main(["eval", "--data", str(pairs), "--method", "measured", "--out", str(out)])
    records = Journal(out / "journal.jsonl").read()
    found = comparisons_of(read_manifest(out, Manifest), records)
    assert list(found) == ["pair0"]
    assert (found["pair0"].video_a.name, found["pair0"].program) == ("0a.mp4", "measured")
    older = [{name: value for name, value in record.items() if name != "videos"} for record in records]
    assert comparisons_of(read_manifest(out, Manifest), older) == {}
