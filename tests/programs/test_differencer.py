"""The differencer: what is saved and what is made of odd answers."""

from __future__ import annotations

import json
from pathlib import Path

import dspy
import pytest

from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.types import Measurement
from viddiff.programs.answers import as_share, positions
from viddiff.programs.differencer import Differencer, measurement_texts
from viddiff.signatures.clip import Clip
from viddiff.signatures.measurements import measurement_text

FOOTAGE = noise_footage(16)
frames = frames_of(FOOTAGE)


def clip_of(video: str, *indexes: int) -> Clip:
    return Clip.of("A" if video == "A" else "B", [FOOTAGE.sequence.frame(i) for i in indexes])


def inputs() -> dict[str, object]:
    return {
        "action": "squat",
        "video_a": clip_of("A", *range(8)),
        "video_b": clip_of("B", *range(8, 16)),
        "statement": "the squat is deeper",
    }


def with_demos() -> Differencer:
    differencer = Differencer()
    reply = {"reason": "seen", "answer": "a", "confidence": 0.9, "frames_a": [1], "frames_b": [2]}
    demo = dspy.Example(**inputs(), measurements=[], **reply)
    differencer.judge.predict.demos = [demo.with_inputs(*inputs(), "measurements")] * 3
    return differencer


def requests_of(differencer: Differencer) -> list[Asked]:
    lm = scripted_lm(lambda asked: judge_reply())
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        differencer(**inputs())
    asked: list[Asked] = lm.engine.asked
    return asked


def test_a_saved_program_holds_references_only_and_asks_the_same_after_loading(tmp_path: Path) -> None:
    before = with_demos()
    path = tmp_path / "differencer.json"
    before.save(path)
    assert path.stat().st_size < 50_000
    text = path.read_text()
    assert "base64" not in text
    assert json.loads(text)["judge.predict"]["lm"] is None
    after = Differencer()
    after.load(path)
    assert requests_of(after) == requests_of(before)
    assert len(requests_of(after)[0].images) == 4 * 16


def test_frames_come_before_the_statement_so_that_questions_share_a_prefix() -> None:
    (asked,) = requests_of(Differencer())
    kinds = [part[0] for part in asked.parts]
    assert kinds.count("image") == 16
    assert "the squat is deeper" not in "".join(asked.texts[:-1])
    assert "the squat is deeper" in asked.texts[-1]


@pytest.mark.parametrize(
    ("said", "meant"), [(0.7, 0.7), (70, 0.7), (1, 1), (0, 0), (-1, None), (101, None), (None, None)]
)
def test_confidence_in_percent_is_understood_and_nonsense_dropped(said: float | None, meant: float | None) -> None:
    assert as_share(said) == meant


def test_frames_that_were_not_shown_are_dropped() -> None:
    assert positions([0, 1, 3, 3, 9, -2], 3) == (0, 2)
    assert positions(None, 3) == ()


def test_a_numeric_answer_as_text_parses() -> None:
    reply = chat_reply(reason="x", answer=" b ", confidence="0.5", frames_a="[1, 2]", frames_b="[]")
    lm = scripted_lm(lambda asked: reply)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        verdict = Differencer()(**inputs()).verdict
    assert (verdict.answer, verdict.evidence_a, verdict.evidence_b) == ("b", (0, 1), ())


def test_measurements_without_both_numbers_are_not_told_and_words_are_told_as_they_are() -> None:
    whole = Measurement(name="duration", unit="s", a=1.0, b=2.0)
    assert measurement_texts([whole, whole.model_copy(update={"b": None}), "as it is"]) == [
        measurement_text(whole),
        "as it is",
    ]
