"""``viddiff report`` and what ``--out`` writes: players where the videos are at hand, one sentence where not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.report.numbered import numbered
from tests.report.page import Page
from viddiff import api
from viddiff.cli.report import report
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import InputError, UsageError, VidDiffError
from viddiff.report import player_clips, write_report
from viddiff.report.media import Media
from viddiff.report.player_clips import ClipChoice


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonRecord, Path]:
    folder = tmp_path_factory.mktemp("made")
    comparison, _ = numbered(folder)
    (folder / "comparison.json").write_text(comparison.to_json())
    return comparison, folder


def run(*arguments: object) -> None:
    done = CliRunner().invoke(report, [str(argument) for argument in arguments], standalone_mode=False)
    if done.exception:
        raise done.exception


def test_videos_next_to_the_document_are_found(made: tuple[ComparisonRecord, Path], tmp_path: Path) -> None:
    run(made[1] / "comparison.json", "--out", tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text("utf-8"))
    assert [video["src"][:22] for video in page.all("video")] == ["data:video/mp4;base64,"] * 2
    assert len(page.having("flag")) == 2 * len(made[0].differences)
    assert "no players" not in page.words


def test_named_videos_are_used_and_others_are_refused(made: tuple[ComparisonRecord, Path], tmp_path: Path) -> None:
    document = tmp_path / "comparison.json"
    document.write_text(made[0].to_json())
    run(document)
    assert "were not at hand" in (tmp_path / "report.html").read_text("utf-8")
    a, b = made[1] / "a.mp4", made[1] / "b.mp4"
    run(document, "--video-a", a, "--video-b", b)
    assert "were not at hand" not in (tmp_path / "report.html").read_text("utf-8")
    with pytest.raises(InputError, match=r"is not the video that was compared as 'a\.mp4'"):
        run(document, "--video-a", b, "--video-b", a)
    with pytest.raises(InputError, match="There is no video"):
        run(document, "--video-a", tmp_path / "gone.mp4")
    with pytest.raises(InputError, match=r"cannot be read \(No such file"):
        run(tmp_path / "gone.json")
    with pytest.raises(UsageError, match="cannot be written"):
        run(document, "--out", tmp_path / "gone" / "report.html", "--no-clips")


def test_a_comparison_just_made_knows_its_videos_and_clips_can_be_left_out(
    made: tuple[ComparisonRecord, Path], tmp_path: Path
) -> None:
    media = Media(videos=(made[1] / "a.mp4", made[1] / "b.mp4"))
    comparison = api.Comparison.from_json(made[0].to_json()).with_media(media)
    page = comparison.report(tmp_path / "report.html")
    assert page.read_text("utf-8").count("<video ") == 2
    assert page.stat().st_size < 6_000_000
    page = comparison.report(tmp_path / "report.html", clips=False)
    assert "<video " not in page.read_text("utf-8")
    assert player_clips.LEFT_OUT in Page(page.read_text("utf-8")).words


def test_a_comparison_is_not_lost_over_its_players(
    made: tuple[ComparisonRecord, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, *rest: object, **options: object) -> None:
        raise VidDiffError(f"{str(path)!r} is broken.")

    monkeypatch.setattr(player_clips, "make_clip", broken)
    page = write_report(made[0], tmp_path / "report.html", Media(), ClipChoice(folders=(made[1],)))
    html = page.read_text("utf-8")
    assert "This page has no players: &#39;a.mp4&#39; is broken." in html
    assert str(made[1]) not in html
