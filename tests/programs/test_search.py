"""Where to look: overviews in parts for models that take few images, and nearer ones of long clips."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from dspy import lm15

from tests.programs.test_two_looks import DIFFERENCES, Reader, keys_of, statements_of
from tests.support.loaded import footage_of, noise_footage
from tests.support.scripted import Asked, chat_reply, labels_of, scripted_lm
from viddiff.core.settings import EffortName, ModelLimits, Settings
from viddiff.core.types import Outcome
from viddiff.lms import LMs
from viddiff.programs.viddiff.estimate_looks import estimate_looks, pair_size
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.video.loaded import LoadedVideo


def times_of(asked: Asked, video: str) -> list[float]:
    """When the frames of a video were taken that a question shows."""
    labels = [label for label in labels_of(asked) if label.startswith(f"Video {video}")]
    return [float(label.partition("t=")[2].removesuffix(" s:")) for label in labels]


def run(
    reply: Callable[[Asked], str],
    lengths: tuple[int, int],
    max_images: int | None = None,
    effort: EffortName = "medium",
    size: tuple[int, int] = (48, 64),
    **inputs: Any,
) -> tuple[Outcome, list[Asked]]:
    """The outcome of clips of so many frames, and what was asked."""
    lm = scripted_lm(reply)
    a, b = (noise_footage(n, seed=seed, size=size) for seed, n in enumerate(lengths))
    lms = LMs(lm, table={"*": ModelLimits(max_images=max_images)})
    program = TwoLooks(lms, measure=False, threads=1, effort=effort)
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
    _, asked = run(sees_at(30.0, 2.0), (240, 240), differences=DIFFERENCES)
    coarse, near = (one for one in asked if one.asks_for("found"))
    assert (times_of(coarse, "A")[0], times_of(coarse, "A")[-1]) == (0.0, 59.75)
    shown = times_of(near, "A")
    assert len(shown) > 20
    assert min(shown) > 20
    assert max(shown) < 40
    assert sum(one.asks_for("found") for one in run(sees_at(2.0), (40, 40), differences=DIFFERENCES)[1]) == 1


def long_noise(seconds: int, seed: int) -> LoadedVideo:
    """Ten different frames over and over, one a second."""
    frames = np.random.default_rng(seed).integers(0, 255, (10, 48, 64, 3), dtype=np.uint8)
    return footage_of([frames[i % 10] for i in range(seconds)], fps=1.0, name=f"long{seed}.mp4")


@pytest.mark.parametrize(("seconds", "n_overviews"), [(60, 1), (120, 2), (300, 5), (600, 10)])
@pytest.mark.parametrize("n_statements", [1, 30])
def test_calls_grow_with_the_length_and_the_statements_and_what_lasts_six_seconds_is_found(
    seconds: int, n_overviews: int, n_statements: int
) -> None:
    lm = scripted_lm(sees_at(seconds - 33.0, 3.0), "openai/gpt-4o")
    a, b = long_noise(seconds, 1), long_noise(seconds, 2)
    asked_of = tuple(DIFFERENCES[0].model_copy(update={"key": f"s{i}"}) for i in range(n_statements))
    program = TwoLooks(LMs(lm), measure=False, threads=1)
    program(action="squat", video_a=a, video_b=b, differences=asked_of)
    finding = [one for one in lm.engine.asked if one.asks_for("found")]
    judging = [one for one in lm.engine.asked if one.asks_for("verdicts")]
    # A frame for every two seconds, 32 of each video in a request; then the part that holds the moments once more.
    assert len(finding) == n_overviews + 1
    assert len(judging) == -(-n_statements // 10)
    for one in judging:
        assert all(abs(time_s - (seconds - 33)) <= 3 for time_s in (*times_of(one, "A"), *times_of(one, "B")))
    planned = estimate_looks([pair_size(a, b, n_statements, finds=True)], Settings(lm="openai/gpt-4o"))
    assert planned.calls >= len(lm.engine.asked)
    assert planned.images >= sum(len(one.images) for one in lm.engine.asked)


def test_ten_minutes_and_thirty_statements_fit_a_model_of_eight_images() -> None:
    lm = scripted_lm(sees_at(333.0, 3.0), "openai/gpt-4o")
    asked_of = tuple(DIFFERENCES[0].model_copy(update={"key": f"s{i}"}) for i in range(30))
    limits = {"*": ModelLimits(max_images=8)}
    a, b = long_noise(600, 1), long_noise(600, 2)
    outcome = TwoLooks(LMs(lm, table=limits), measure=False, threads=1)(
        action="squat", video_a=a, video_b=b, differences=asked_of
    ).outcome
    assert max(len(one.images) for one in lm.engine.asked) <= 8
    assert {finding.verdict.answer for finding in outcome.differences} == {"c"}
    planned = estimate_looks([pair_size(a, b, 30, finds=True)], Settings(lm="openai/gpt-4o", models=limits))
    assert planned.calls >= len(lm.engine.asked)


@pytest.mark.parametrize("n_differences", [2, 6])
def test_what_the_parts_show_in_open_mode_is_one_list_the_surest_first(n_differences: int) -> None:
    def reply(asked: Asked) -> str:
        if not asked.asks_for("differences"):
            entry = {"reason": "seen", "size": "clear", "answer": "a", "confidence": 0.9}
            return chat_reply(verdicts=[{"key": key, **entry} for key in keys_of(asked)])
        part = int(times_of(asked, "A")[0])
        entry = {"moments_a": [part], "moments_b": [part], "answer": "b"}
        return chat_reply(
            differences=[
                {"statement": "the stance is wider", "confidence": 0.5, **entry},
                {"statement": f"the squat is deeper {part}", "confidence": 0.6 + part / 20, **entry},
            ]
        )

    outcome, _ = run(reply, (16, 16), max_images=8, effort="low", n_differences=n_differences)
    expected = [f"the squat is deeper {part}" for part in (3, 2, 1, 0)] + ["the stance is wider"]
    assert [finding.difference.statement for finding in outcome.differences] == expected[:n_differences]


def test_open_mode_judges_more_than_are_wanted_and_keeps_what_holds() -> None:
    statements = [f"statement {i}" for i in range(8)]

    def reply(asked: Asked) -> str:
        exchanged = "statement 0" in asked.prompt
        if asked.asks_for("differences"):
            entry = {"moments_a": [0.5], "moments_b": [0.5], "answer": "b" if exchanged else "a", "confidence": 0.9}
            named = statements if exchanged else statements[:4]
            return chat_reply(differences=[{"statement": text, **entry} for text in named])
        entry = {"reason": "seen", "size": "none", "answer": "c", "confidence": 0.95}
        holds = {"reason": "seen", "size": "clear", "answer": "b", "confidence": 0.9}
        of = statements_of(asked)
        return chat_reply(
            verdicts=[{"key": key, **(holds if text in statements[3:6] else entry)} for key, text in of.items()]
        )

    outcome, asked = run(reply, (12, 12), size=(480, 640), n_differences=4)
    kept = {finding.difference.statement: finding.verdict.answer for finding in outcome.differences}
    assert len(kept) == 4
    assert {text for text, answer in kept.items() if answer == "a"} == set(statements[3:6])
    # What the first order names is looked for in large frames, what the other adds in small ones.
    first, second = (one for one in asked if one.asks_for("differences"))
    assert len(first.images) == len(second.images)
    assert sum(map(len, first.images)) > 2 * sum(map(len, second.images))
    # Both may name half as many again as are wanted, for each is judged.
    assert [re.findall(r"## n_differences ## \]\]\n(\d+)", one.prompt)[-1] for one in (first, second)] == ["6", "6"]


def sees_in_turn(*overviews: dict[str, str], judged: str) -> Callable[[Asked], str]:
    """Names other differences at each overview (statement -> answer), and judges all alike, B being shown first."""
    shown = iter(overviews)

    def reply(asked: Asked) -> str:
        if asked.asks_for("differences"):
            entry = {"moments_a": [0.5], "moments_b": [1.0], "confidence": 0.9}
            found = [{"statement": text, "answer": answer, **entry} for text, answer in next(shown).items()]
            return chat_reply(differences=found)
        entry = {"reason": "seen", "size": "clear", "answer": judged, "confidence": 0.9}
        return chat_reply(verdicts=[{"key": key, **entry} for key in keys_of(asked)])

    return reply


def test_open_mode_sees_the_overview_in_both_orders_and_adds_what_the_first_passed_over() -> None:
    # Shown second, A is called B: what is true of A is "b" there, for the judge as for the second overview.
    reply = sees_in_turn({"it is deeper": "a"}, {"it is deeper": "b", "it is wider": "b"}, judged="b")
    outcome, asked = run(reply, (12, 12), n_differences=5)
    first, second = (one for one in asked if one.asks_for("differences"))
    assert first.prompt.count("it is deeper") == 0
    assert "it is deeper" in second.prompt
    found = {finding.difference.statement: finding.verdict for finding in outcome.differences}
    assert list(found) == ["it is deeper", "it is wider"]
    assert {verdict.answer for verdict in found.values()} == {"a"}
    # Its moments are those of the second overview, in terms of the true A and B.
    assert {0.5, 1.0} <= {frame.time_s for frame in outcome.differences[0].frames_a}
    assert [frame.time_s for frame in outcome.differences[1].frames_a] == [1.0]


def test_of_a_long_clip_open_mode_sees_the_second_overview_near_the_moments_of_the_first() -> None:
    def reply(asked: Asked) -> str:
        if not asked.asks_for("differences"):
            return Reader()(asked)
        named = {f"moments_{v.lower()}": [t for t in times_of(asked, v) if abs(t - 30) < 2][:4] for v in "AB"}
        return chat_reply(differences=[{"statement": "it is deeper", "answer": "b", "confidence": 0.8, **named}])

    _, asked = run(reply, (240, 240), n_differences=5)
    first, second = (one for one in asked if one.asks_for("differences"))
    assert (times_of(first, "A")[0], times_of(first, "A")[-1]) == (0.0, 59.75)
    assert min(times_of(second, "A")) > 25
    assert max(times_of(second, "B")) < 35


def test_what_depends_on_the_order_is_no_difference_and_comes_last() -> None:
    reply = sees_in_turn(
        {"it is deeper": "a", "it is wider": "a"}, {"it is deeper": "a", "it is wider": "b"}, judged="c"
    )
    outcome, _ = run(reply, (12, 12), n_differences=5)
    assert [finding.difference.statement for finding in outcome.differences] == ["it is wider", "it is deeper"]
    assert outcome.differences[1].verdict.answer == "c"


def test_a_second_overview_that_fails_leaves_the_first() -> None:
    seen = sees_in_turn({"it is deeper": "a"}, judged="b")

    def reply(asked: Asked) -> str:
        if asked.asks_for("differences") and "it is deeper" in asked.prompt:
            raise lm15.ServerError("down")
        return seen(asked)

    outcome, _ = run(reply, (12, 12), n_differences=5)
    assert [finding.verdict.answer for finding in outcome.differences] == ["a"]
    assert any("Nothing was found" in notice for notice in outcome.notices)
    assert outcome.fault is None


@pytest.mark.parametrize(("effort", "n_overviews"), [("low", 1), ("medium", 2)])
def test_the_plan_of_open_mode_holds_both_overviews(effort: EffortName, n_overviews: int) -> None:
    lm = scripted_lm(sees_in_turn({"it is deeper": "a"}, {"it is deeper": "b"}, judged="b"))
    a, b = noise_footage(12, seed=1), noise_footage(12, seed=2)
    TwoLooks(LMs(lm), measure=False, effort=effort)(action="squat", video_a=a, video_b=b, n_differences=3)
    assert sum(one.asks_for("differences") for one in lm.engine.asked) == n_overviews
    planned = estimate_looks([pair_size(a, b, 3, finds=False)], Settings(lm="openai/gpt-4o", effort=effort))
    assert planned.calls >= len(lm.engine.asked)
    assert planned.images >= sum(len(one.images) for one in lm.engine.asked)
