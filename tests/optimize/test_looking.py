"""Compiling the finder and the judge of two looks: on their own frames, with feedback that names what went wrong."""

from __future__ import annotations

import json
from pathlib import Path

import dspy
import pytest

from tests.optimize.compilations import compilation, data_in
from tests.optimize.scripted_lms import outputs_of
from tests.support.plans import statements_in
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff import build
from viddiff.core.settings import Settings
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.lms import LMs
from viddiff.optimize.estimate import plan_of
from viddiff.optimize.looking import finder_feedback, judge_together_feedback
from viddiff.programs.compiled.artifact import load, save
from viddiff.programs.viddiff.calibration import Opinion
from viddiff.programs.viddiff.finder import Moments
from viddiff.programs.viddiff.judge import JudgeAnswer

Data = tuple[DataSet, Path, Path]
CUE = "Look closely."
SETTINGS = Settings(attempts=1, threads=2, pose="none", measurements=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return data_in(tmp_path_factory.mktemp("pairs"))


def watching(asked: Asked) -> str:
    """A vision model that finds the moments, and differences that are none, only when it is told to look closely."""
    told = CUE in asked.system
    keys = statements_in(asked)
    if asked.asks_for("found"):
        moments = {"moments_a": [0.5], "moments_b": [1.0]} if told else {"moments_a": [0.0], "moments_b": []}
        return chat_reply(found=[{"key": key, "answer": "c", **moments} for key in keys])
    entry = {"answer": "c", "size": "none"} if told else {"answer": "a", "size": "slight"}
    return chat_reply(verdicts=[{"key": key, "reason": "seen", **entry} for key in keys])


def writing(asked: Asked) -> str:
    told = CUE if "Missed:" in asked.prompt or "A false alarm:" in asked.prompt else "Answer."
    fields = dict.fromkeys(outputs_of(asked), told)
    return json.dumps(fields) if "JSON object" in asked.system else chat_reply(**fields)


def models() -> LMs:
    return LMs(scripted_lm(watching), reflection=scripted_lm(writing))


@pytest.fixture(scope="module")
def same(data: Data) -> Data:
    """The pairs, in none of which anything differs."""
    rows = json.loads(data[2].read_text())
    for row in rows:
        for difference in row["differences"].values():
            difference["label"] = "c"
    path = data[1] / "same.json"
    path.write_text(json.dumps(rows))
    return load_data(str(path)), data[1], path


@pytest.mark.parametrize("component", ["finder", "judge"])
def test_gepa_learns_from_what_was_missed_and_two_looks_runs_it(component: str, same: Data, tmp_path: Path) -> None:
    lms = models()
    made = compilation(same, lms, component, settings=SETTINGS, options={"max_metric_calls": 20})
    artifact = made.run().artifact
    assert [(score.before, score.after) for score in artifact.card.scores] == [(0.0, 1.0)] * 2
    assert all(asked.images for asked in lms.lms["vision"].engine.asked)
    (state,) = artifact.state.values()
    assert CUE in state.instructions
    path = save(artifact, tmp_path / component)
    settings = Settings(lm="openai/x", program=(path,))
    compiled = build.compiled_programs(settings, has_lm=True)
    assert build.method(settings, compiled) == "two_looks"
    program = build.two_looks(settings, models(), compiled)
    assert getattr(program, component) is compiled[0]
    assert load(path).card.component == component


def test_feedback_names_the_false_alarm_and_what_was_left_out() -> None:
    gold = dspy.Example(statements={"d": "it is deeper", "w": "it is wider"}, answers={"d": "c", "w": "b"})
    seen = JudgeAnswer(opinion=Opinion(answer="a", size="slight"), reason="A is lower.")
    told = judge_together_feedback(gold, dspy.Prediction(answer={"d": seen}, error=None))
    assert told.score == 0
    assert "A false alarm: 'it is deeper' was answered 'a' (size 'slight')" in told.text
    assert "'it is wider' was left out" in told.text


def test_a_finder_without_an_answer_missed_everything() -> None:
    from viddiff.signatures.clip import Clip

    gold = dspy.Example(
        statements={"d": "it is deeper"},
        wanted={"d": Moments(a=(0.5,), b=(1.0,))},
        video_a=Clip.of("A", ()),
        video_b=Clip.of("B", ()),
    )
    told = finder_feedback(gold, dspy.Prediction(answer=None, error="refused"))
    assert told.score == 0
    assert "Missed: 'it is deeper' is seen best at 1.00 s" in told.text
    assert "nothing was named" in told.text


def test_a_dry_run_counts_a_call_for_each_pair(data: Data) -> None:
    made = compilation(data, models(), "judge", settings=SETTINGS, options={"max_metric_calls": 20})
    own, _ = plan_of(made).roles
    counts = made.source.counts
    assert (own.role, own.calls) == ("vision", 20 + 2 * (counts["val"] + counts["test"]))
    assert own.images == 24 * own.calls
