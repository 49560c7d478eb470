"""Pages and exports of documents on steps."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from PIL import Image

from tests.report.browser import opened
from tests.report.numbered import numbered
from tests.report.page import Page
from tests.report.sample import Given
from tests.report.step_sample import ANSWER, COMPARISON, RANKING
from viddiff import build
from viddiff.cli.export import export
from viddiff.cli.report import report
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.stepdiff.results import AnyStepDocument, StepComparisonRecord, read_step_document
from viddiff.report.exports.pictures import FRAME_PX, TEXT_PX
from viddiff.report.media import Media
from viddiff.report.stepdiff.page import render_answer, render_ranking, render_steps, write_step_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def run(command: object, *arguments: object) -> None:
    """A command line; its errors are raised."""
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)  # type: ignore[arg-type]
    if done.exception:
        raise done.exception


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with steps.json and the two short videos that it is of."""
    folder = tmp_path_factory.mktemp("made")
    comparison, _ = numbered(folder)
    of_clips = COMPARISON.model_copy(update={"reference": comparison.video_a, "candidate": comparison.video_b})
    (folder / "steps.json").write_text(of_clips.model_dump_json())
    return folder


def test_a_page_has_cards_by_category_and_every_failure() -> None:
    page = Page(render_steps(COMPARISON, Given()))
    assert [one["id"] for one in page.having("card")] == ["difference-1", "difference-2"]
    assert "2 differences in 1 of 2 categories; 1 holds in both orders of the clips; 1 question failed." in page.words
    assert "slight, 4 of 5" in page.words
    assert "holds in both orders (90 % as shown, 10 % swapped)" in page.words
    assert "No difference seen in: Ingredients." in page.words
    assert page.having("failures")
    assert "The model gave no answer." in page.words
    # What holds comes first where all are listed, though it is less significant; text of a model is never markup.
    listed = [one["href"] for one in page.all("a") if one["href"].startswith("#difference-")]
    assert listed == ["#difference-1", "#difference-2"]
    assert "claimed both ways" in page.words
    assert "<b>The heat is lower</b>" in page.text
    assert len(page.having("tick-cited")) == 3


def test_pages_of_an_answer_and_of_a_ranking_tell_what_the_documents_hold() -> None:
    answer = Page(render_answer(ANSWER, Given()))
    assert all(text in answer.words for text in ("Why is it drier?", "Less water.", "80 % (high)", "A cup."))
    failed = ANSWER.answer.model_copy(update={"error": "The server is down.", "answer": ""})
    assert "The server is down." in Page(render_answer(ANSWER.model_copy(update={"answer": failed}), Given())).words
    ranking = Page(render_ranking(RANKING, Given()))
    assert ranking.words.index("other.mp4") < ranking.words.index("mine.mp4")
    assert "The server is down." in ranking.words


def test_documents_read_back_are_the_same_and_damaged_ones_are_one_sentence() -> None:
    documents: list[AnyStepDocument] = [COMPARISON, ANSWER, RANKING]
    assert [read_step_document(one.model_dump_json()) for one in documents] == documents
    for text in (
        "{",
        "[]",
        '{"kind": "step_dance"}',
        COMPARISON.model_dump_json().replace('"severity":4', '"severity":9'),
    ):
        with pytest.raises(InputError, match=r"^This document of steps is damaged at .*viddiff steps\.$"):
            read_step_document(text)


def test_report_and_export_read_a_steps_json(made: Path, tmp_path: Path) -> None:
    run(report, made / "steps.json", "--out", tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text("utf-8"))
    assert len(page.all("video")) == 2
    run(export, made / "steps.json", "--out", tmp_path)
    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    video = {"side_by_side.mp4", "side_by_side.vtt", "side_by_side.srt"}
    assert names == {"page.html", "steps.json", "differences.csv", *video}
    pictures = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert [name[:13] for name in pictures] == ["01-technique-", "02-technique-"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "differences.csv").read_text("utf-8-sig"))))
    assert [(row["number"], row["category"], row["severity"], row["check"]) for row in rows] == [
        ("1", "Technique", "4", "holds"),
        ("2", "Technique", "1", "undirected"),
        ("", "Visuals", "", ""),
    ]
    assert rows[0]["times in reference (s)"] == "2.000; 1.000"
    # What a spreadsheet would take for a formula is text.
    assert rows[1]["difference"].startswith("'=cmd()")
    with pytest.raises(UsageError, match="--kva is not available"):
        run(export, made / "steps.json", "--out", tmp_path, "--kva")
    (tmp_path / "answer.json").write_text(ANSWER.model_dump_json())
    run(export, tmp_path / "answer.json", "--out", tmp_path, "--csv")
    assert "Less water." in (tmp_path / "answer.csv").read_text("utf-8-sig")
    with pytest.raises(UsageError, match="only available for the differences of steps"):
        run(export, tmp_path / "answer.json", "--out", tmp_path, "--mp4")


def test_videos_are_named_as_the_task_names_them(made: Path, tmp_path: Path) -> None:
    document = tmp_path / "steps.json"
    document.write_bytes((made / "steps.json").read_bytes())
    run(report, document, "--reference", made / "a.mp4", "--candidate", made / "b.mp4")
    assert len(Page((tmp_path / "report.html").read_text("utf-8")).all("video")) == 2
    with pytest.raises(UsageError, match="--reference is video A of this document"):
        run(report, document, "--reference", made / "a.mp4", "--video-a", made / "a.mp4")


def test_a_page_has_the_poses_that_its_own_settings_name(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = read_step_document((made / "steps.json").read_bytes())
    (tmp_path / "steps.json").write_text(steps.model_copy(update={"settings": {"pose_fps": 12.0}}).model_dump_json())
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("VIDDIFF_CACHE_DIR", str(tmp_path / "cache"))
    asked: list[float] = []
    poses = build.poses

    def noted(settings: Settings) -> PoseReader:
        asked.append(settings.pose_fps)
        return poses(settings)

    monkeypatch.setattr(build, "poses", noted)
    run(report, tmp_path / "steps.json")
    run(export, tmp_path / "steps.json", "--out", tmp_path / "out", "--csv")
    assert asked == [12.0, 12.0]


def test_a_picture_has_the_frames_of_both_clips_with_the_difference_below(made: Path, tmp_path: Path) -> None:
    run(export, made / "steps.json", "--out", tmp_path, "--images")
    with Image.open(min((tmp_path / "images").iterdir())) as picture:
        # Two frames of the reference and one of the candidate next to each other, and text below.
        assert picture.width > 2 * picture.height - FRAME_PX
        assert picture.height > FRAME_PX + 3 * TEXT_PX
    (tmp_path / "answer.json").write_text(ANSWER.model_dump_json())
    with pytest.raises(InputError, match="is not in the cache"):
        run(export, tmp_path / "answer.json", "--out", tmp_path, "--images")
    (tmp_path / "ranking.json").write_text(RANKING.model_dump_json())
    with pytest.raises(UsageError, match="has no frames to show"):
        run(export, tmp_path / "ranking.json", "--out", tmp_path, "--images")


def test_captions_tell_a_difference_while_it_shows(made: Path, tmp_path: Path) -> None:
    run(export, made / "steps.json", "--out", tmp_path, "--mp4")
    said = (tmp_path / "side_by_side.vtt").read_text()
    assert "The onions are stirred all the time instead of now and then (slight, 4 of 5)" in said
    assert "&lt;b&gt;The heat is lower&lt;/b&gt;" in said


def test_players_of_the_page_go_to_the_frames_of_a_difference(made: Path, tmp_path: Path, browser: Browser) -> None:
    document = read_step_document((made / "steps.json").read_bytes())
    assert isinstance(document, StepComparisonRecord)
    media = Media(videos=(made / "a.mp4", made / "b.mp4"))
    path = write_step_page(document, tmp_path / "page.html", media)
    with opened(browser, path) as shown:
        shown.settled()
        shown.page.click("#loop")
        shown.page.click("#jump-1")
        shown.settled()
        times = shown.page.evaluate("players.clips.map((clip) => clip.shown)")
        assert times == pytest.approx([1.0, 1.5], abs=0.05)
        assert "severity" in (shown.page.get_attribute("#now-verdict", "class") or "")
        assert shown.complaints == []
