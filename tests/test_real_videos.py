"""Every real pair through both programs: the measured one, and the full one over a real wire."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import viddiff
from tests.support.models import both, judge_reply
from tests.support.scripted import Asked
from tests.support.servers import OpenAIServer, WireRequest
from viddiff.api import Comparison
from viddiff.core.settings import Settings
from viddiff.core.types import Finding
from viddiff.lms import LMs
from viddiff.video import FrameStore

VIDEOS = Path(__file__).resolve().parents[2] / "shared" / "videos"
PAIRS: list[dict[str, Any]] = json.loads((VIDEOS / "pairs.json").read_text()) if VIDEOS.is_dir() else []

#: Of 10, 24 and 60 frames a second.
ONE_OF_EACH_RATE = ("curl_lean", "ball_juggling", "balance_control")

pytestmark = pytest.mark.skipif(not PAIRS, reason="the real videos are not at hand (shared/videos)")
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair["key"] for pair in PAIRS])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each pair is decoded once for both programs."""
    return tmp_path_factory.mktemp("cache")


def compared(pair: dict[str, Any], cache: Path, **options: Any) -> Comparison:
    statements = [difference["description"] for difference in pair["differences"].values()]
    settings = Settings(cache_dir=cache, localizer="uniform", threads=4)
    return viddiff.compare(
        VIDEOS / pair["video_a"],
        VIDEOS / pair["video_b"],
        action=pair["action_description"],
        differences=statements,
        settings=settings,
        **options,
    )


@each_pair
def test_the_measured_program_answers_or_says_that_it_cannot(pair: dict[str, Any], cache: Path, tmp_path: Path) -> None:
    comparison = compared(pair, cache)
    assert comparison.program == "measured"
    assert len(comparison.differences) == len(pair["differences"])
    for finding in comparison.differences:
        verdict = finding.verdict
        assert verdict.status in ("answered", "unsure", "not_measurable")
        assert (verdict.answer is None) == (verdict.status != "answered") or verdict.status == "unsure"
        assert verdict.reason
    page = comparison.report(tmp_path / "report.html", clips=pair["key"] in ONE_OF_EACH_RATE).read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert Comparison.from_json(comparison.to_json()) == comparison


@each_pair
def test_over_the_wire_images_labels_and_order_hold(pair: dict[str, Any], cache: Path) -> None:
    def answer(request: WireRequest) -> str:
        parts = request.parts[1:]
        return both(lambda asked: judge_reply("b"))(Asked("x", str(request.parts[0][1]), parts, (), None, None, None))

    with OpenAIServer(answer) as server:
        lms = LMs(f"openai/{pair['key']}", api_base=server.url, cache=False)
        comparison = compared(pair, cache, lm=lms)
        questions = [request for request in server.requests if request.images]
    assert len(questions) == len(comparison.differences)
    assert {finding.verdict.answer for finding in comparison.differences} == {"b"}
    for finding in comparison.differences:
        (question,) = (request for request in questions if f"\n{finding.difference.statement}\n" in request.prompt)
        assert question.images == shown_in(finding, FrameStore(cache))
        labels = re.findall(r"Video ([AB]), frame (\d+) of (\d+), t=([\d.]+) s:", question.prompt)
        assert labels == [
            (video, str(number), str(len(frames)), f"{frame.time_s:.2f}")
            for video, frames in (("A", finding.frames_a), ("B", finding.frames_b))
            for number, frame in enumerate(frames, 1)
        ]


def shown_in(finding: Finding, store: FrameStore) -> list[bytes]:
    return [store.read(frame.ref) for frame in (*finding.frames_a, *finding.frames_b)]
