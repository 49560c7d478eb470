"""The page of an explained performance: cost, sentences, advice, players in phase; and damaged documents."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.report.browser import opened
from tests.report.page import Page
from tests.support.explained import SHALLOW, Coach, known_poses, render
from tests.support.scripted import scripted_lm
from viddiff import build, skill
from viddiff.cli.export import export
from viddiff.cli.report import report
from viddiff.cli.skill import score
from viddiff.core.errors import InputError
from viddiff.programs.skilldiff import explanation as documents
from viddiff.report.documents import read_document
from viddiff.report.exports.captions import lines_of
from viddiff.report.media import Media
from viddiff.report.skilldiff.page import render_skill

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "</script><b>the squat is shallower</b>"


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory, squats: list[Path]) -> skill.SkillExplanation:
    """A shallow squat against two others, with advice, text that would be markup, and a statement that fell."""
    query = render(tmp_path_factory.mktemp("explained") / "shallow.mp4", SHALLOW)
    coach = Coach(true=[HOSTILE], proposed=[HOSTILE, "the heels lift further"], advice=[("Sit <i>lower</i>.", [1, 2])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "poses", lambda settings: known_poses())
        return skill.explain(query, squats, action="bodyweight squat", lm=scripted_lm(coach))


def test_a_page_has_the_cost_the_sentences_and_the_advice(explained: skill.SkillExplanation) -> None:
    page = Page(render_skill(explained, Media()))
    assert [one["id"] for one in page.having("card")] == [f"difference-{i + 1}" for i in range(len(explained.findings))]
    assert "Distance 0.07 from the expert, which is not a score. Costliest: the way out" in page.words
    costs = page.having("part-cost")
    assert len(costs) == len(explained.parts)
    assert len(page.having("part-cost-shown")) == sum(part.shown for part in explained.parts)
    assert ".level-0 { height: calc(" in page.style
    # Advice leads to the sentences that it cites.
    assert "Sit <i>lower</i>." in page.text
    assert [one["href"] for one in page.all("a")[:2]] == ["#difference-1", "#difference-2"]
    assert HOSTILE in page.text
    assert "the heels lift further" in page.words
    assert "did not stand" in page.words
    assert "a performance against 2 experts, the nearest beside it" in page.words


def test_without_sentences_the_page_says_why(explained: skill.SkillExplanation) -> None:
    parts = tuple(
        part.model_copy(
            update={"cost": None, "share": None, "shown": False, "reason_unknown": "the clips could not be aligned"}
        )
        for part in explained.parts
    )
    none = {"findings": (), "others": (), "advice": ()}
    bare = {"findings": (), "others": (), "advice": (), "parts": parts, "notices": ("Another action.",), "action": ""}
    page = Page(render_skill(explained.model_copy(update=bare), Media()))
    assert "nothing was found to differ" in Page(render_skill(explained.model_copy(update=none), Media())).words
    assert page.having("card") == page.having("part-cost") == []
    assert "A performance against an expert" in page.words
    assert "Another action." in page.words
    assert "Parts of the query" in page.words


def test_the_players_run_in_phase_and_go_to_a_sentence(
    explained: skill.SkillExplanation, tmp_path: Path, browser: Browser
) -> None:
    path = explained.report(tmp_path / "page.html")
    with opened(browser, path) as watched:
        watched.until("document.getElementById('clip-a').readyState >= 2")
        assert watched.page.evaluate("document.getElementById('clock').value") == "aligned"
        assert watched.page.evaluate("players.base === data.clocks.aligned")
        watched.page.locator("#jump-2").click()
        watched.settled()
        cards = json.loads(Page(path.read_text("utf-8")).data)["cards"]
        shown = watched.page.evaluate("players.clips.map((clip) => clip.time)")
        assert shown == pytest.approx([cards[1]["a"], cards[1]["b"]], abs=0.15)
        assert watched.complaints == []


def test_commands_make_pages(
    explained: skill.SkillExplanation, squats: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "poses", lambda settings: known_poses())
    document = tmp_path / "explanation.json"
    document.write_text(explained.to_json())
    runner = CliRunner()
    runner.invoke(report, [str(document)], standalone_mode=False, catch_exceptions=False)
    # The reference of a query is video B.
    other = runner.invoke(report, [str(document), "--reference", str(tmp_path / "gone.mp4")], standalone_mode=False)
    assert "the file that was compared as 'squat_0000_a.mp4'" in str(other.exception)
    assert "no players" in Page((tmp_path / "report.html").read_text("utf-8")).words
    arguments = [str(squats[0]), "--reference", str(squats[1]), "--report", "pages/score.html"]
    done = runner.invoke(score, arguments, standalone_mode=False, catch_exceptions=False)
    assert "A distance and no score" in done.output
    page = Page(Path("pages/score.html").read_text("utf-8"))
    assert len(page.having("clip")) == 2
    assert page.having("part-cost")


def test_an_explanation_is_exported_like_a_comparison(explained: skill.SkillExplanation, tmp_path: Path) -> None:
    document = tmp_path / "explanation.json"
    document.write_text(explained.to_json())
    for path in explained._media.videos if explained._media else ():
        assert path
        shutil.copy(path, tmp_path)
    out = tmp_path / "exported"
    arguments = [str(document), "--out", str(out), "--csv", "--images", "--kva"]
    CliRunner().invoke(export, arguments, standalone_mode=False, catch_exceptions=False)
    assert read_document(out / "explanation.json") == read_document(document)
    parts = read_rows(out / "parts.csv")
    assert [row["part"] for row in parts] == [part.name for part in explained.parts]
    assert [row["explained"] == "yes" for row in parts] == [part.shown for part in explained.parts]
    assert [float(row["cost"]) for row in parts] == [part.cost for part in explained.parts]
    # Numbered as on the page.
    statements = [one.difference.statement for one in explained.findings]
    assert [row["statement"] for row in read_rows(out / "findings.csv")] == statements
    assert len(list((out / "images").iterdir())) == len(statements)
    assert (out / "shallow.kva").stat().st_size
    for line, said in zip(lines_of(explained), statements, strict=True):
        assert line.line.startswith(said.rstrip("."))


def read_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_damaged_documents_are_one_sentence(explained: skill.SkillExplanation, tmp_path: Path) -> None:
    document = tmp_path / "explanation.json"
    document.write_text(explained.to_json())
    assert read_document(document) == documents.SkillExplanationRecord.from_json(explained.to_json())
    for old, new in (('"schema_version": 1', '"schema_version": 7'), ('"parts": [', '"parts": [3,')):
        document.write_text(explained.to_json().replace(old, new))
        with pytest.raises(InputError, match=r"^This explanation is damaged at .*viddiff skill explain\.$"):
            read_document(document)
    document.write_text(explained.distance.to_json())
    with pytest.raises(InputError, match="viddiff skill explain --out"):
        read_document(document)
