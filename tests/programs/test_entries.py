"""Answers with one entry for each statement: what lacks one is asked for again, has failed, and is not kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dspy
import pytest

from tests.support.loaded import noise_footage
from tests.support.scripted import chat_reply, scripted_lm
from viddiff.core.types import Difference
from viddiff.eval.viddiffbench.control_pairs import first_frame
from viddiff.lms import LMs
from viddiff.lms.cache import configure
from viddiff.programs.entries import completeness_check, entries_by_key
from viddiff.programs.viddiff.baseline import Baseline
from viddiff.signatures.viddiff.finder import StatementMoments
from viddiff.video.close_up import close_up

GIVEN = tuple(Difference(key=key, name=key, statement=f"the {key} is lower", num_frames="1") for key in ("arm", "leg"))


def entries(*keys: str) -> list[StatementMoments]:
    return [StatementMoments(key=key, answer="c") for key in keys]


def test_a_key_with_several_entries_has_none() -> None:
    assert entries_by_key(entries("1", "2", "2", "9"), ["1", "2", "3"]).keys() == {"1"}
    check = completeness_check("found", ["1", "2"])
    assert check(dspy.Prediction(found=entries("2", "1"))) is None
    assert check(dspy.Prediction(found=entries("1", "2", "2"))) == "no entry, or several, for 2"


@pytest.mark.parametrize("answered", [("arm",), ("arm", "leg", "leg")])
def test_a_statement_that_one_call_leaves_out_is_asked_again_and_then_failed(
    answered: tuple[str, ...], tmp_path: Path
) -> None:
    configure(tmp_path / "answers")
    lm = scripted_lm(lambda asked: chat_reply(verdicts=[{"key": key, "answer": "a"} for key in answered]), cache=True)
    for n_asked in (3, 6):
        footage = {"video_a": noise_footage(4, seed=1), "video_b": noise_footage(4, seed=2)}
        outcome = Baseline(LMs(lm))(action="squat", differences=GIVEN, **footage).outcome
        arm, leg = (finding.verdict for finding in outcome.differences)
        assert (arm.answer, leg.answer, leg.status, leg.fault) == ("a", None, "failed", "garbled")
        # Nothing was kept: the next run asks again.
        assert len(lm.engine.asked) == n_asked


def test_the_control_of_the_first_frame_shows_no_other_frame(tmp_path: Path) -> None:
    shown = first_frame(replace(noise_footage(12, seed=1), path=tmp_path / "a.mp4"))
    assert shown.path is None
    assert [frame.time_s for frame in close_up(shown, [0.0, 1.0, 2.5])] == [0.0]
