from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.report.browser import opened
from tests.report.page import Page
from tests.report.sample import Given, Sample, jpeg_of, sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.report import render
from viddiff.report.cards import cards
from viddiff.report.curves import Curves
from viddiff.report.formatting import reading_order, verdict_text
from viddiff.report.pictures import MAX_JPEG_BYTES, frames_of, report_images

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def made() -> Sample:
    return sample()


@pytest.fixture(scope="module")
def html(made: Sample) -> str:
    return render(made.comparison, Given(read=made.frames.get))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_everything_that_was_found_is_on_the_page(made: Sample, page: Page) -> None:
    comparison = made.comparison
    for finding in comparison.differences:
        verdict = finding.verdict
        assert finding.difference.statement in page.words
        assert finding.difference.name in page.words
        assert verdict_text(verdict) in page.words
        for text in (verdict.reason, verdict.error, verdict.raw):
            assert " ".join((text or "").split()) in page.words
        for frame in (*finding.frames_a, *finding.frames_b):
            assert f"{frame.time_s:.2f} s" in page.words
    for text in (*comparison.notices, *comparison.proposal.notices, *comparison.video_b.notices):
        assert text in page.words
    for video in (comparison.video_a, comparison.video_b):
        assert video.name in page.words
        assert video.source_hash in page.words
    for stage in comparison.proposal.stages:
        assert stage.description in page.words
        assert stage.cues[0] in page.words


@pytest.mark.parametrize(
    "told",
    [
        "2026-01-31 09:30 UTC",
        "viddiff program, differences proposed",
        "328 × 480 pixels, 10 frames per second, 7.40 s long. Compared: 0.00–7.40 s, 30 frames sampled at 4 per second",
        "1 shows more in video A, 2 show more in video B, 1 shows no visible difference, 1 is unsure, 1 failed, "
        "1 was refused and 1 could not be measured",
        "95 % (high) confidence",
        "Videos swapped: more in video A",
        "unsure, leaning to video A",
        "12 % of the pairs of answers disagreed",
        "duration of one repetition 2.9 s 2.3 s 0.08 s",
        "pause in bottom 0.42 s –",
        "vision openai/gpt-4o 14 2 3 132 101,220 2,105 $0.27",
        "Total cost: $0.29",
        "1.20–2.00 s 0.80 s long, score 0.26",
        "viterbi, ViT-B-32/laion2b_s34b_b79k",
        '"localizer": "viterbi"',
        "dspy 3.4.1",
        "not a measured probability",
    ],
)
def test_numbers_are_told_with_their_units(page: Page, told: str) -> None:
    assert told in re.sub(r" ([.,;])", r"\1", page.words)


def test_cards_come_in_reading_order(made: Sample) -> None:
    shown = cards(made.comparison, reading_order(made.comparison.differences), {}, Curves(made.comparison, {}))
    assert [card.kind for card in shown] == ["a", "b", "b", "c", "unsure", "failed", "refused", "not_measurable"]
    assert [card.finding.verdict.confidence for card in shown][:3] == [0.95, 0.88, 0.62]


def test_each_frame_is_embedded_once_and_shown_wherever_it_was_looked_at(made: Sample, page: Page, html: str) -> None:
    looked_at = [f.ref for finding in made.comparison.differences for f in (*finding.frames_a, *finding.frames_b)]
    images = page.all("image")
    assert len(images) == len(set(looked_at)) < len(looked_at)
    jpegs = {image["id"]: base64.b64decode(image["href"].removeprefix("data:image/jpeg;base64,")) for image in images}
    shown = [jpegs[use["href"].removeprefix("#")] for use in page.all("use")]
    expected = [
        made.frames[frame.ref]
        for card in cards(made.comparison, reading_order(made.comparison.differences), {}, Curves(made.comparison, {}))
        for frame in (*card.finding.frames_a, *card.finding.frames_b)
    ]
    assert shown == expected
    assert len(html) < 1.5 * sum(map(len, made.frames.values())) + 150_000


def test_cited_frames_are_marked_in_words_and_for_screen_readers(made: Sample, page: Page) -> None:
    cited_a = sum(len(finding.verdict.evidence_a) for finding in made.comparison.differences)
    cited_b = sum(len(finding.verdict.evidence_b) for finding in made.comparison.differences)
    assert len(page.having("shot-a")) == cited_a > 0
    assert len(page.having("shot-b")) == cited_b > 0
    labels = [svg["aria-label"] for svg in page.all("svg") if svg.get("role") == "img"]
    assert len(labels) == len(page.all("use"))
    assert sum(label.endswith(", cited") for label in labels) == cited_a + cited_b
    assert page.words.count("· cited") == cited_a + cited_b


def test_a_missing_frame_is_a_placeholder_that_says_so(made: Sample) -> None:
    page = Page(render(made.comparison, Given()))
    n_shots = sum(len(f.frames_a) + len(f.frames_b) for f in made.comparison.differences)
    assert page.words.count("frame not in the store") == n_shots
    assert all(gone["aria-label"].endswith("frame not in the store") for gone in page.having("gone"))
    assert page.all("image") == []


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload=alert(1)>", b"GIF89a" + bytes(40), b"\xff\xd8\xff", b"\xff\xd8" * 50]
)
def test_bytes_that_are_no_jpeg_are_not_embedded(made: Sample, data: bytes) -> None:
    page = Page(render(made.comparison, Given(read=lambda ref: data)))
    assert page.all("image") == []
    assert "frame not in the store" in page.words


def test_a_png_in_the_store_is_not_called_a_jpeg(made: Sample) -> None:
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    assert Page(render(made.comparison, Given(read=lambda ref: png))).all("image") == []


def test_the_policy_allows_this_style_sheet_and_this_script_and_nothing_else(page: Page) -> None:
    policies = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (page.style, page.script)
    )
    assert policies == [
        f"default-src 'none'; img-src data:; media-src data: blob:; script-src 'sha256-{script}'; "
        f"style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    ]


def test_the_page_is_alone(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"iframe", "object", "embed", "form", "base", "video", "audio", "img"}
    for tag, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "src", "srcset", "action")]
        allowed = ("data:,",) if tag == "link" else ("#", "data:image/jpeg;base64,")
        assert "href" not in attrs or attrs["href"].startswith(allowed)
        assert "xlink:href" not in attrs
    assert page.all("script") == [{"type": "application/json", "id": "data"}, {}]
    assert not re.search(r"url\(|@import|https?:|expression\(", page.style)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|https?:", page.script)


def test_a_page_without_videos_says_so_and_has_nothing_that_needs_players(page: Page) -> None:
    assert "The videos were not at hand, so this page has no players." in page.words
    assert not page.having("player")
    assert not page.having("controls")
    assert not page.having("flag")
    assert [attrs for _, attrs in page.elements if {"data-jump", "data-time", "data-flag"} & set(attrs)] == []
    assert "class Players" not in page.script


def test_each_card_tells_why_as_far_as_the_document_knows(made: Sample, page: Page) -> None:
    why = page.having("why")
    assert len(why) == len(made.comparison.differences)
    assert page.words.count("vision openai/gpt-4o: 14 calls, 2 cached, 3 failed") == len(why)
    assert page.words.count("(all questions together)") == len(why)
    assert "pause in stage 'bottom': video A 0.42 s, video B not measurable" in page.words


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = [attrs["href"][1:] for _, attrs in page.elements if attrs.get("href", "").startswith("#")]
    named += [attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs]
    assert set(named) <= set(ids)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1


def test_a_comparison_without_anything_is_still_a_page(made: Sample) -> None:
    bare = made.comparison.model_copy(
        update={
            "differences": (),
            "measurements": (),
            "usage": (),
            "notices": (),
            "proposal": made.comparison.proposal.model_copy(update={"stages": (), "notices": ()}),
            "localization_a": made.comparison.localization_a.model_copy(update={"segments": ()}),
            "localization_b": made.comparison.localization_b.model_copy(update={"segments": ()}),
            "order_disagreement": None,
            "seconds": {},
        }
    )
    words = Page(render(bare, Given(read=made.frames.get))).words
    assert "No difference was looked for" in words
    assert "No stages were found." in words
    assert "No model was asked" in words


def test_an_unknown_price_is_not_a_price_of_nothing(made: Sample) -> None:
    usage = tuple(u.model_copy(update={"cost_usd": None}) for u in made.comparison.usage)
    page = Page(render(made.comparison.model_copy(update={"usage": usage}), Given(read=made.frames.get)))
    assert "Total cost: no price known" in page.words
    assert "$" not in page.words


def test_the_document_read_back_from_json_gives_the_same_page(made: Sample, html: str) -> None:
    assert render(ComparisonRecord.from_json(made.comparison.to_json()), Given(read=made.frames.get)) == html


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_has_the_contrast_of_wcag_aa(page: Page, scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", page.style, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", blocks[scheme]))
    colours = {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in colours.items()
    }
    pairs = [("ink", ground) for ground in ("paper", "card", "sunk", "note-soft", "bad-soft")]
    pairs += [("ink", f"stage-{i}") for i in range(8)]
    pairs += [("quiet", ground) for ground in ("paper", "card", "sunk")]
    pairs += [(name, f"{name}-soft") for name in ("a", "b", "even", "bad", "note")]
    low = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def test_chromium_has_nothing_to_complain_about(html: str, tmp_path: Path, browser: Browser) -> None:
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    with opened(browser, path) as watched:
        assert watched.page.get_by_text("At a glance").first.is_visible()
        assert watched.complaints == watched.said == []


def test_a_frame_of_any_size_keeps_its_shape(made: Sample) -> None:
    from PIL import Image

    jpeg = jpeg_of(Image.new("RGB", (64, 36)))
    page = Page(render(made.comparison, Given(read=lambda ref: jpeg)))
    assert {svg["viewbox"] for svg in page.all("svg") if "viewbox" in svg} == {"0 0 64 36"}
    assert page.having("portrait") == []


def test_too_many_large_frames_are_made_smaller_and_the_page_says_so(made: Sample) -> None:
    from PIL import Image

    noise = jpeg_of(Image.effect_noise((512, 400), 100), quality=98)
    assert len(noise) * len(made.frames) > MAX_JPEG_BYTES
    html = render(made.comparison, Given(read=lambda ref: noise))
    page = Page(html)
    assert len(html) < 6_000_000
    assert {(image["width"], image["height"]) for image in page.all("image")} == {("384", "300")}
    assert "all frames are shown smaller than they were looked at" in page.words


def test_beside_clips_frames_take_less_room(made: Sample) -> None:
    from PIL import Image

    noise = [jpeg_of(Image.effect_noise((512, 400), 40 + i), quality=98) for i in range(len(made.frames))]
    frames = dict(zip(made.frames, noise, strict=True))
    shown = report_images(frames_of(made.comparison.differences), frames.get, 400_000)
    assert shown.reduced
    assert sum(len(base64.b64decode(picture.base64)) for picture in shown.pictures.values()) <= 400_000
    assert {picture.width for picture in shown.pictures.values()} < {384, 288, 192}


def test_frames_of_usual_size_are_embedded_byte_for_byte(made: Sample, page: Page) -> None:
    embedded = {base64.b64decode(image["href"].partition(",")[2]) for image in page.all("image")}
    assert embedded <= set(made.frames.values())
    assert "shown smaller" not in page.words


def test_a_name_that_repeats_the_statement_is_left_out() -> None:
    from viddiff.programs.statements import difference_of

    difference = difference_of("the arm that holds the ball is lifted much higher than the other one", "0")
    finding = sample().comparison.differences[0].model_copy(update={"difference": difference})
    comparison = sample().comparison.model_copy(update={"differences": (finding,)})
    assert difference.name.endswith("…")
    assert difference.name not in Page(render(comparison, Given())).words


def test_a_measured_comparison_without_a_finding_says_so() -> None:
    comparison = sample().comparison.model_copy(update={"differences": (), "program": "measured"})
    assert "could be measured of these clips" in Page(render(comparison, Given())).words
