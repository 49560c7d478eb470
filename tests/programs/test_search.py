"""Where to look: overviews in parts for models that take few images, and nearer ones of long clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.programs.test_two_looks import DIFFERENCES, Reader, keys_of
from tests.support.loaded import noise_footage
from tests.support.scripted import Asked, chat_reply, labels_of, scripted_lm
from viddiff.core.settings import ModelLimits
from viddiff.core.types import Outcome
from viddiff.lms import LMs
from viddiff.programs.viddiff.two_looks import TwoLooks


def times_of(asked: Asked, video: str) -> list[float]:
    """When the frames of a video were taken that a question shows."""
    labels = [label for label in labels_of(asked) if label.startswith(f"Video {video}")]
    return [float(label.partition("t=")[2].removesuffix(" s:")) for label in labels]


def run(
    reply: Callable[[Asked], str], lengths: tuple[int, int], max_images: int | None = None, **inputs: Any
) -> tuple[Outcome, list[Asked]]:
    """The outcome of clips of so many frames, and what was asked."""
    lm = scripted_lm(reply)
    a, b = (noise_footage(n, seed=seed) for seed, n in enumerate(lengths))
    lms = LMs(lm, table={"*": ModelLimits(max_images=max_images)})
    program = TwoLooks(lms, measure=False, threads=1)
    return program(action="squat", video_a=a, video_b=b, **inputs).outcome, lm.engine.asked


def sees_at(moment_s: float, within_s: float = 0.25) -> Callable[[Asked], str]:
    """Names a moment of both videos where a frame near it is shown, and then sees no difference, which is right."""

    def reply(asked: Asked) -> str:
        if not asked.asks_for("found"):
            entry = {"reason": "seen", "size": "none", "answer": "c", "confidence": 0.9}
            return chat_reply(verdicts=[{"key": key, **entry} for key in keys_of(asked)])
        named = {
            f"moments_{video.lower()}": [t for t in times_of(asked, video) if abs(t - moment_s) <= within_s]
            for video in "AB"
        }
        confidence = 0.9 if all(named.values()) else 0.99
        answer = "c" if all(named.values()) else "a"
        return chat_reply(
            found=[{"key": key, "answer": answer, "confidence": confidence, **named} for key in keys_of(asked)]
        )

    return reply


def test_a_model_of_eight_images_sees_the_overview_in_parts_and_few_statements_at_once() -> None:
    outcome, asked = run(sees_at(2.0), (20, 20), max_images=8, differences=DIFFERENCES)
    assert max(len(one.images) for one in asked) <= 8
    finding = [one for one in asked if one.asks_for("found")]
    assert [time for one in finding for time in times_of(one, "A")] == [i / 4 for i in range(20)]
    judging = [one for one in asked if one.asks_for("verdicts")]
    assert max(len(keys_of(one)) for one in judging) == 3
    # The part that shows the moment is believed, and its frames are looked at.
    assert all(set(times_of(one, "A")) <= {1.75, 2.0, 2.25} for one in judging)
    assert {finding.verdict.answer for finding in outcome.differences} == {"c"}


def test_a_video_that_fits_is_shown_whole_beside_each_part_of_the_other() -> None:
    _, asked = run(sees_at(0.0), (3, 8), max_images=8, differences=DIFFERENCES)
    finding = [one for one in asked if one.asks_for("found")]
    assert [times_of(one, "A") for one in finding] == [[0.0, 0.25, 0.5]] * 2


def test_of_a_long_clip_the_part_with_the_moments_is_seen_once_more() -> None:
    _, asked = run(sees_at(60.0, 2.0), (480, 480), differences=DIFFERENCES)
    coarse, near = (one for one in asked if one.asks_for("found"))
    assert (times_of(coarse, "A")[0], times_of(coarse, "A")[-1]) == (0.0, 119.75)
    shown = times_of(near, "A")
    assert len(shown) > 25
    assert min(shown) > 50
    assert max(shown) < 70
    assert sum(one.asks_for("found") for one in run(sees_at(2.0), (40, 40), differences=DIFFERENCES)[1]) == 1


@pytest.mark.parametrize("n_differences", [2, 6])
def test_what_the_parts_show_in_open_mode_is_one_list_the_surest_first(n_differences: int) -> None:
    def reply(asked: Asked) -> str:
        if not asked.asks_for("differences"):
            return Reader()(asked)
        part = int(times_of(asked, "A")[0])
        entry = {"moments_a": [part], "moments_b": [part], "answer": "b"}
        return chat_reply(
            differences=[
                {"statement": "the stance is wider", "confidence": 0.5, **entry},
                {"statement": f"the squat is deeper {part}", "confidence": 0.6 + part / 20, **entry},
            ]
        )

    outcome, _ = run(reply, (16, 16), max_images=8, n_differences=n_differences)
    expected = [f"the squat is deeper {part}" for part in (3, 2, 1, 0)] + ["the stance is wider"]
    assert [finding.difference.statement for finding in outcome.differences] == expected[:n_differences]
