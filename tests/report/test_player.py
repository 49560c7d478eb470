"""The players of the report in a real browser: what is on screen, read back, and what a hand can do."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.browser import Watched, opened
from tests.report.numbered import CITED_A, CITED_B, numbered
from tests.report.page import Page as Html
from tests.report.sample import sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import Side
from viddiff.eval.viddiffbench.data.load import load_data
from viddiff.report import write_report
from viddiff.report.media import Media
from viddiff.report.player_clips import ClipChoice
from viddiff.report.time_alignment import align, as_recorded, clock_of, synchronise, times_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonRecord, Path]:
    folder = tmp_path_factory.mktemp("player")
    comparison, videos = numbered(folder)
    return comparison, write_report(comparison, folder / "report.html", Media(), ClipChoice(videos=videos))


@pytest.fixture
def watched(browser: Browser, made: tuple[ComparisonRecord, Path]) -> Iterator[Watched]:
    with opened(browser, made[1]) as page:
        page.settled()
        yield page
        assert page.complaints == []


def shown(watched: Watched, wanted: tuple[int, int] | None = None) -> tuple[int, int]:
    """The numbers of the frames on screen; where some are wanted they get two seconds: a busy browser draws late."""
    for _ in range(20):
        watched.settled()
        numbers = watched.number("a"), watched.number("b")
        if wanted is None or numbers == wanted:
            break
        watched.page.wait_for_timeout(100)
    return numbers


def test_a_click_on_a_card_moves_both_players_to_the_frames_it_cites(watched: Watched) -> None:
    cited = list(zip(CITED_A, CITED_B, strict=True))
    on_screen = []
    for number, wanted in enumerate(cited, 1):
        watched.page.locator(f"#jump-{number}").click()
        on_screen.append(shown(watched, wanted))
    assert on_screen == cited


def test_keys_go_from_card_to_card_and_from_frame_to_frame(watched: Watched) -> None:
    page = watched.page
    for key, position in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        wanted = CITED_A[position], CITED_B[position]
        assert shown(watched, wanted) == wanted
        assert page.evaluate("document.activeElement.id") == f"jump-{position + 1}"
    for _ in range(4):
        page.keyboard.press("j")
    assert (CITED_A[4], CITED_B[4]) == (18, 40)
    assert shown(watched, (18, 40)) == (18, 40)
    seen = []
    for _ in range(4):
        page.keyboard.press(".")
        seen.append(shown(watched))
    # 30 and 25 frames in a second from the same moment on: each press changes one picture at the least.
    assert seen[0] in ((19, 40), (19, 41))
    assert all(0 <= b[0] - a[0] <= 1 and 0 <= b[1] - a[1] <= 1 and a != b for a, b in itertools.pairwise(seen))
    for _ in range(4):
        page.keyboard.press(",")
    assert shown(watched, (18, 40)) == (18, 40)
    page.keyboard.press("Escape")
    assert page.evaluate("players.knots === players.base")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Enter")
    assert shown(watched, (18, 40)) == (18, 40)
    assert page.locator("#now-link").text_content() == "5 · statement 4"
    assert page.locator(".card.current").get_attribute("data-card") == "5"


def test_frames_and_time_lines_seek_by_mouse_and_by_key(watched: Watched) -> None:
    page = watched.page
    page.locator("#difference-4 .shot-a").click()
    assert shown(watched)[0] == CITED_A[3]
    page.locator("#difference-6 .shot-b").focus()
    page.keyboard.press("Enter")
    assert shown(watched)[1] == CITED_B[5]
    scale = page.locator(".scale-a")
    box = scale.bounding_box()
    assert box is not None
    scale.click(position={"x": box["width"] * 1.505 / 3.0, "y": 20})
    assert shown(watched)[0] == pytest.approx(45, abs=1)
    here = shown(watched)[0]
    scale.focus()
    page.keyboard.press("ArrowRight")
    assert shown(watched)[0] == here + 1
    page.keyboard.press("End")
    assert shown(watched)[0] == 89
    assert scale.get_attribute("aria-valuenow") == "2.97"
    page.locator("[data-flag='3']").first.click()
    assert shown(watched, (CITED_A[2], CITED_B[2])) == (CITED_A[2], CITED_B[2])


def test_the_script_has_the_clock_of_the_exports(watched: Watched, made: tuple[ComparisonRecord, Path]) -> None:
    for name, knots in (
        ("stages", synchronise(made[0])),
        ("aligned", align(made[0])),
        ("raw", as_recorded(made[0])),
        ("sample", synchronise(sample().comparison)),
    ):
        told = [[k.clock_s, k.a_s, k.b_s] for k in knots]
        assert name == "sample" or watched.page.evaluate("(name) => data.clocks[name]", name) == told
        clocks = [-1.0, *(i * knots[-1].clock_s / 40 for i in range(41)), knots[-1].clock_s + 1]
        times = watched.page.evaluate("([knots, all]) => all.map((one) => timesAt(knots, one))", [told, clocks])
        assert [(t["a"], t["b"]) for t in times] == [
            pytest.approx(times_at(knots, clock), abs=1e-9) for clock in clocks
        ]
        sides: tuple[Side, Side] = ("a", "b")
        for side in sides:
            asked = [-1.0, *(i / 10 for i in range(90))]
            back = watched.page.evaluate(
                "([knots, side, all]) => all.map((one) => clockOf(knots, side, one))", [told, side, asked]
            )
            assert back == pytest.approx([clock_of(knots, side, time_s) for time_s in asked], abs=1e-9)


DRIFT = """async ([clock, speed, ms]) => {
    players.use(clock);
    players.speed = speed;
    players.seek(0.2);
    await new Promise((done) => setTimeout(done, 200));
    players.play();
    const seen = [];
    const until = performance.now() + ms;
    await new Promise((done) => {
        const look = () => {
            const [a, b] = players.clips.map((clip) => clockOf(players.knots, clip.side, clip.time));
            seen.push([a - b, players.clock]);
            if (performance.now() < until) requestAnimationFrame(look);
            else done();
        };
        requestAnimationFrame(look);
    });
    players.pause();
    return seen;
}"""


@pytest.mark.parametrize(("clock", "speed"), [("stages", 1), ("aligned", 1), ("raw", 0.5)])
def test_the_players_stay_together(watched: Watched, clock: str, speed: float) -> None:
    p95 = []
    for _ in range(4):
        seen: list[list[float]] = watched.page.evaluate(DRIFT, [clock, speed, 1500])
        assert seen[-1][1] - seen[0][1] > 0.5 * speed
        drift = sorted(abs(difference) for difference, _ in seen)
        p95.append(drift[int(0.95 * len(drift))])
        # Other work on the machine holds the browser up now and then; the clock's own drift would always be there.
        if p95[-1] <= 0.020:
            break
    assert min(p95) <= 0.020, p95


def test_a_card_plays_in_a_loop_around_its_moment(browser: Browser, made: tuple[ComparisonRecord, Path]) -> None:
    with opened(browser, made[1], reduced_motion=False) as watched:
        watched.settled()
        watched.page.locator("#jump-8").click()
        assert shown(watched, (CITED_A[7], CITED_B[7])) == (CITED_A[7], CITED_B[7])
        watched.until("players.playing")
        # The loop is 1.5 s long: the clock comes round again.
        watched.until("(window.top_s = Math.max(window.top_s || 0, players.clock)) > players.clock + 0.5")
        watched.page.locator("#play").click()
        assert abs(shown(watched)[0] - CITED_A[7]) <= 24
        assert watched.complaints == []


def test_every_control_does_what_it_says(watched: Watched, made: tuple[ComparisonRecord, Path]) -> None:
    page = watched.page
    page.locator("#position").focus()
    page.keyboard.press("End")
    watched.until("players.clock > 2.9")
    assert shown(watched, (89, 69)) == (89, 69)
    page.locator("#swap").press("Enter")
    left = page.evaluate("['a', 'b'].map((s) => document.getElementById(`clip-${s}`).getBoundingClientRect().left)")
    assert left[0] > left[1]
    page.locator("#overlay").press(" ")
    page.locator("#opacity").fill("30")
    assert page.evaluate("getComputedStyle(document.getElementById('clip-b')).opacity") == "0.3"
    left = page.evaluate("['a', 'b'].map((s) => document.getElementById(`clip-${s}`).getBoundingClientRect().left)")
    assert left[0] == left[1]
    page.locator("#speed").select_option("2")
    page.locator("#loop").uncheck()
    page.locator("#clock").select_option("aligned")
    assert page.evaluate("players.end") == pytest.approx(align(made[0])[-1].clock_s)
    page.locator("#clock").select_option("raw")
    assert page.evaluate("players.end") == pytest.approx(3.0)
    page.locator("#position").fill("2.4")
    page.locator("#play").press("Enter")
    assert page.locator("#play").text_content() == "Pause"
    # The shorter clip holds its last frame; without the loop both stop at the end.
    watched.until("!players.playing")
    assert shown(watched, (89, 69)) == (89, 69)
    page.locator("#step-back").press("Enter")
    assert shown(watched, (88, 69)) == (88, 69)


def test_the_tab_key_reaches_every_control(watched: Watched) -> None:
    page = watched.page
    page.locator("summary").first.wait_for()
    every = "a[href], button, input:not([type=radio]), select, textarea, summary, [tabindex='0']"
    expected = page.evaluate(
        """(every) => [...document.querySelectorAll(every)]
            .filter((one) => one.checkVisibility() && !one.disabled).map((one) => one.outerHTML.slice(0, 80))""",
        every,
    )
    reached = set()
    for _ in range(len(expected) + 3 * len(CITED_A)):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    assert set(expected) <= reached
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_what_the_coach_says_is_kept_and_read_as_labels(
    browser: Browser, made: tuple[ComparisonRecord, Path], tmp_path: Path
) -> None:
    with opened(browser, made[1]) as watched:
        page = watched.page
        page.locator("#difference-1 input[value=agree]").check()
        page.locator("#difference-2 input[value=disagree]").check()
        page.locator("#difference-2 input[value=c]").check()
        page.locator("#difference-3 input[value=disagree]").check()
        page.locator("#difference-4 textarea").fill("look, again </script> , . j k")
        page.reload()
        assert page.locator("#difference-2 input[value=c]").is_checked()
        assert not page.locator("#right-1").is_visible()
        assert "2 of 15" in (page.locator("#coach-state").text_content() or "")
        with page.expect_download() as download:
            page.locator("#coach-save").click()
        download.value.save_as(tmp_path / "coach.json")
        assert watched.complaints == []
    written: list[dict[str, Any]] = json.loads((tmp_path / "coach.json").read_text("utf-8"))
    assert [d["label"] for d in written[0]["differences"].values()] == ["b", "c", *[None] * 13]
    assert written[0]["differences"]["4"]["comment"] == "look, again </script> , . j k"
    (sample,) = load_data(str(tmp_path / "coach.json")).samples
    assert sample.labels == {"1": "b", "2": "c"}
    assert [d.statement for d in sample.differences] == ["statement 0", "statement 1"]
    assert (sample.video_a.path, sample.video_a.frames_trim) == ("a.mp4", None)
    assert sample.video_b.frames_trim == (10, 70, None)
    assert sample.key_times_a["2"] == pytest.approx((CITED_A[1] / 30,), abs=1e-4)
    assert sample.key_times_b["2"] == pytest.approx((CITED_B[1] / 25 - 10 / 25,), abs=1e-4)


def test_without_a_script_and_on_paper_it_is_a_document(browser: Browser, made: tuple[ComparisonRecord, Path]) -> None:
    with opened(browser, made[1], script=False) as watched:
        page = watched.page
        assert page.locator("#difference-15 h3").is_visible()
        assert page.locator("#clip-a").get_attribute("controls") is not None
        for absent in ("#controls", "#jump-1", ".coach", "#coach", "#head-a", "#unplayable"):
            assert not page.locator(absent).first.is_visible()
        page.emulate_media(media="print")
        assert not page.locator("#player").is_visible()
        assert page.locator("#difference-1 .shots").first.is_visible()
        assert watched.complaints == []


@pytest.mark.parametrize("width", [1440, 800, 390])
def test_nothing_sticks_out(browser: Browser, made: tuple[ComparisonRecord, Path], width: int) -> None:
    with opened(browser, made[1], width=width, height=844) as watched:
        watched.settled()
        watched.page.keyboard.press("j")
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width
        top = watched.page.locator("#player").bounding_box()
        assert top is not None
        assert -1 <= top["y"] < 40
        now = watched.page.locator("#now").bounding_box()
        assert now is not None
        assert now["y"] + now["height"] <= 844
        watched.page.evaluate("document.querySelector('#difference-1 details').open = true")
        told = watched.page.locator("#difference-1 dd").evaluate_all(
            "(all) => all.map((one) => one.getBoundingClientRect()).map((box) => [box.left, box.top])"
        )
        # Answers stand one below the other, those of one question too.
        assert len(told) > 5
        assert {left for left, _ in told} == {told[0][0]}
        assert all(one[1] < other[1] for one, other in itertools.pairwise(told))
        assert watched.complaints == []


def test_on_a_phone_a_click_on_a_frame_brings_the_players(
    browser: Browser, made: tuple[ComparisonRecord, Path]
) -> None:
    with opened(browser, made[1], width=390, height=844) as watched:
        watched.settled()
        watched.page.locator("#difference-2 .shot").last.click()
        watched.page.wait_for_function("Math.abs(document.querySelector('#player').getBoundingClientRect().top) < 40")
        assert watched.complaints == []


def test_linked_clips_lie_next_to_the_page(
    browser: Browser, made: tuple[ComparisonRecord, Path], tmp_path: Path
) -> None:
    comparison, report = made
    videos = (report.parent / "a.mp4", report.parent / "b.mp4")
    page = write_report(comparison, tmp_path / "my report.html", Media(), ClipChoice(videos=videos, link=True))
    assert sorted(p.name for p in (tmp_path / "my report_clips").iterdir()) == ["a.mp4", "b.mp4"]
    assert page.stat().st_size < report.stat().st_size
    assert [video["src"] for video in Html(page.read_text("utf-8")).all("video")] == [
        "my%20report_clips/a.mp4",
        "my%20report_clips/b.mp4",
    ]
    with opened(browser, page) as watched:
        watched.settled()
        assert [c for c in watched.complaints if "my%20report_clips/" not in c] == []
        watched.page.locator("#jump-5").click()
        watched.settled()
        assert watched.page.evaluate("players.clips.map((clip) => clip.frame)") == [18, 30]


def test_clips_that_cannot_be_played_are_not_offered(
    browser: Browser, made: tuple[ComparisonRecord, Path], tmp_path: Path
) -> None:
    html = made[1].read_text("utf-8").replace("data:video/mp4;base64,AAAA", "data:video/mp4;base64,BBBB")
    (tmp_path / "report.html").write_text(html, "utf-8")
    with opened(browser, tmp_path / "report.html") as watched:
        watched.page.locator("#unplayable").wait_for(state="visible")
        assert not watched.page.locator("#player").is_visible()
        assert watched.page.locator("#difference-1 h3").is_visible()
