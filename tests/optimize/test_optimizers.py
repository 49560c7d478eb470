"""Every optimizer runs on a differencer, and asks the model of each role for its own part only."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy import lm15

from tests.optimize.scripted_lms import BETTER, scripted_lms
from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply
from tests.support.scripted import Asked
from viddiff.core.errors import BackendError, UsageError
from viddiff.lms import LMs
from viddiff.optimize.checkpoint import SOUND_STATE, STATE
from viddiff.optimize.monitor import FailureMonitor
from viddiff.optimize.optimizer_runner import run
from viddiff.optimize.registry import OPTIMIZERS, Job
from viddiff.optimize.viddiff.feedback import judge_feedback
from viddiff.optimize.viddiff.students import both_orders
from viddiff.programs.differencer import Differencer
from viddiff.signatures.clip import Clip

VIDEOS = [noise_footage(2, seed=seed) for seed in (1, 2)]
A, B = (video.sequence for video in VIDEOS)
frames = frames_of(*VIDEOS)
SMALL: dict[str, dict[str, Any]] = {
    "gepa": {"max_metric_calls": 14},
    "mipro": {"num_candidates": 2, "num_trials": 2},
    "simba": {"max_steps": 1, "num_candidates": 2},
    "copro": {"breadth": 2},
    "bootstrap-random": {"num_candidate_programs": 1},
}


def example(i: int) -> dspy.Example:
    fields: dict[str, Any] = {
        "action": "squat",
        "video_a": Clip.of("A", [A.frame(0), A.frame(1)]),
        "video_b": Clip.of("B", [B.frame(0)]),
        "statement": f"the squat is deeper {i}",
        "measurements": [],
        "answer": "ab"[i % 2],
        "sample_key": f"s{i}",
        "action_key": "squat",
        "frames_wanted_a_s": (),
        "frames_wanted_b_s": (),
    }
    return dspy.Example(**fields).with_inputs("action", "video_a", "video_b", "statement", "measurements")


EXAMPLES = [example(i) for i in range(6)]


def answer(asked: Asked) -> str:
    """Right for about half of the examples, and for all once the instructions are better."""
    statement = asked.prompt.rpartition("the squat is deeper ")[2][:1]
    return judge_reply("ab"[int(statement) % 2] if BETTER in asked.system else "a")


def job(lms: LMs, monitor: FailureMonitor | None = None, **options: Any) -> Job:
    monitor = monitor or FailureMonitor()
    role = monitor.with_check(functools.partial(lms.role, "vision"))
    student = both_orders(Differencer(1), role)
    return Job(student, EXAMPLES[:4], EXAMPLES[4:], judge_feedback, lms, monitor, options=options)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_runs_and_shows_frames_to_the_vision_model_only(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lms = scripted_lms(answer)
    compiled = run(name, job(lms, **SMALL.get(name, {})))
    assert capsys.readouterr().out == ""
    with dspy.context(adapter=dspy.ChatAdapter()):
        assert compiled(**EXAMPLES[5].inputs()).error is None
    assert not lms.lms["text"].engine.asked
    assert not [asked for asked in lms.lms["reflection"].engine.asked if asked.images]
    asked = lms.lms["vision"].engine.asked
    assert asked
    if name != "simba":
        assert {role: lms.meters[role].usage.calls for role in ("vision", "reflection")} == {
            role: len(lms.lms[role].engine.asked) for role in ("vision", "reflection")
        }
    assert all(len(each.images) % 3 == 0 and each.images for each in asked)
    if name in ("bootstrap", "labeled"):
        assert compiled.predictors()[0].demos
        assert "sample_key" not in compiled.predictors()[0].demos[0]


def test_gepa_writes_the_instructions_that_score_better() -> None:
    compiled = run("gepa", job(scripted_lms(answer), max_metric_calls=24))
    assert compiled.predictors()[0].signature.instructions == BETTER


def test_gepa_keeps_its_state_under_the_name_that_a_checkpoint_knows(tmp_path: Path) -> None:
    run("gepa", replace(job(scripted_lms(answer), max_metric_calls=14), log_dir=tmp_path))
    assert {STATE, SOUND_STATE} <= {path.name for path in tmp_path.iterdir()}


def test_a_fatal_fault_ends_the_compilation_after_one_call() -> None:
    def refuse(asked: Asked) -> str:
        raise lm15.AuthError("no such key")

    lms = scripted_lms(refuse)
    with pytest.raises(BackendError):
        run("bootstrap", job(lms))
    assert len(lms.lms["vision"].engine.asked) == 1


def test_what_cannot_be_is_said_before_any_call() -> None:
    lms = scripted_lms(lambda asked: pytest.fail("a model was asked"))
    with pytest.raises(UsageError, match="no optimizer 'sgd'"):
        run("sgd", job(lms))
    with pytest.raises(UsageError, match="no option 'depth'; it takes: k"):
        run("labeled", job(lms, depth=1))
    short = job(lms)
    with pytest.raises(UsageError, match="needs 3 train examples or more; there are 1"):
        run("gepa", Job(short.student, short.train[:1], short.val, short.metric, lms, short.monitor))
