"""Compiling the planner: its plans are read on rendered people whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path

import dspy
import pytest

from tests.eval.runs import make_pairs
from tests.optimize.compilations import compilation
from tests.optimize.scripted_lms import outputs_of
from tests.support.plans import statements_in
from tests.support.poses import KnownPoses
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff import build
from viddiff.core.errors import UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import Difference
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.eval.viddiffbench.identity import digests_of
from viddiff.eval.viddiffbench.methods import METHODS
from viddiff.lms import LMs, adapter_of
from viddiff.motion.measurement.pair import PosePair
from viddiff.motion.measurement.spec import MeasurementSpec, Moment, NotMeasurable
from viddiff.motion.quantities import QUANTITIES
from viddiff.optimize import compile as compile_program
from viddiff.optimize import metric
from viddiff.optimize.estimate import plan_of
from viddiff.optimize.planning import UNANSWERED, plan_feedback, planner_examples
from viddiff.optimize.students import PlannerStudent
from viddiff.programs.compiled.artifact import build as built
from viddiff.programs.compiled.artifact import load, save
from viddiff.programs.viddiff.planner import MeasurementPlanner
from viddiff.synthetic.demo import demo_clips
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.synthetic.squat import ASPECTS
from viddiff.synthetic.truth import true_differences

N_PAIRS = 10
DEPTH = "The hips get lower in the squat"
STANCE = "The feet are further apart"
BOTTOM = Moment(kind="extreme", of="hip_height", which="min")
DEEPER = MeasurementSpec(quantity="hip_over_knee", at=Moment(kind="extreme", which="min"), more="lower")
CUE = "Low hips are a small number."
Data = tuple[DataSet, Path, Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Pairs of an action each; every other one shows the same people exchanged."""
    folder = tmp_path_factory.mktemp("pairs")
    path = make_pairs(folder, N_PAIRS)
    rows = json.loads(path.read_text())
    for number, row in enumerate(rows):
        label = "ab"[number % 2]
        row["action"] = row["action_description"] = f"squat {number}"
        row["differences"] = {
            "depth": {"name": "depth", "description": DEPTH, "label": label},
            "stance": {"name": "stance", "description": STANCE, "label": label},
        }
    path.write_text(json.dumps(rows))
    return load_data(str(path)), folder, path


@pytest.fixture
def poses(monkeypatch: pytest.MonkeyPatch) -> KnownPoses:
    shown = demo_clips(0)
    known = KnownPoses.of_clips(
        {f"{number}{side}.mp4": shown[(number + i) % 2] for number in range(N_PAIRS) for i, side in enumerate("ab")}
    )
    monkeypatch.setattr(build, "poses", lambda settings: known)
    monkeypatch.setattr(build, "check_pose", lambda settings: None)
    return known


def planning(asked: Asked) -> str:
    """A text model that plans the depth the wrong way round unless its instructions say how the number goes."""
    more = "lower" if CUE in asked.system else "higher"
    plans = {
        DEPTH: {"quantity": "hip_over_knee", "at": {"kind": "extreme", "which": "min"}, "more": more},
        STANCE: {"quantity": "stance_width"},
    }
    return chat_reply(
        measurements=[{"key": key, "measurement": plans[text]} for key, text in statements_in(asked).items()]
    )


def writing(asked: Asked) -> str:
    """A reflection model that writes what it read in the feedback."""
    told = f"Plan what is measured. {CUE}" if "right is" in asked.prompt else "Plan."
    fields = dict.fromkeys(outputs_of(asked), told)
    return json.dumps(fields) if "JSON object" in asked.system else chat_reply(**fields)


def models() -> LMs:
    return LMs(
        scripted_lm(planning),
        scripted_lm(lambda asked: pytest.fail("the vision model was asked")),
        reflection=scripted_lm(writing),
    )


def test_the_truth_of_the_demo_is_what_the_pairs_are_labelled() -> None:
    a, b = demo_clips(0)
    truth = {one.difference.key: one.label for one in true_differences(ASPECTS, a.performance, b.performance)}
    assert (truth["depth"], truth["stance"]) == ("a", "a")


def test_gepa_learns_from_what_was_measured_and_the_program_plans_in_use(
    data: Data, poses: KnownPoses, tmp_path: Path
) -> None:
    lms = models()
    made = compilation(data, lms, "planner", by="action", options={"max_metric_calls": 30})
    artifact = made.run().artifact
    val, test = artifact.card.scores
    assert (val.before, val.after) == (0.5, 1.0)
    assert (test.before, test.after) == (0.5, 1.0)
    assert artifact.card.kept == "compiled"
    assert artifact.card.metric == test.name == "measured rightly"
    assert "more true where it is higher" in lms.lms["reflection"].engine.asked[0].prompt
    path = save(artifact, tmp_path / "planner")
    planner = built(load(path))
    assert isinstance(planner, MeasurementPlanner)
    settings = Settings(lm="openai/x", plans="model", program=(path,))
    compiled = build.compiled_programs(settings, has_lm=True)
    assert build.method(settings, compiled) == "two_looks"
    user = LMs(scripted_lm(planning))
    asked = Difference(key="d", name="depth", statement=DEPTH)
    with dspy.context(adapter=adapter_of("chat")):
        plans, _ = build.plans(settings, user, compiled).plan("squat", [asked])
    assert isinstance(plans["d"], MeasurementSpec)
    assert plans["d"].more == "lower"
    assert digests_of(METHODS["measured"], settings) == {"planner": artifact.digest}


def test_a_planner_that_nobody_would_ask_is_refused(tmp_path: Path) -> None:
    from viddiff import optimize

    path = optimize.save(MeasurementPlanner(QUANTITIES.values()), tmp_path / "planner")
    settings = Settings(lm="openai/x", program=(path,))
    with pytest.raises(UsageError, match="--plans model"):
        build.method(settings, build.compiled_programs(settings, has_lm=True))


@pytest.mark.parametrize(
    ("plan", "score", "words"),
    [
        (
            DEEPER,
            1.0,
            "'hips over knees at the minimum' was measured, more true where it is lower: right in 1 of 1 pairs.",
        ),
        (
            DEEPER.model_copy(update={"more": "higher"}),
            0.0,
            "which tells 'b'; right is 'a': the statement is more true",
        ),
        (NotMeasurable(why="It is about a bar."), UNANSWERED, "nothing was planned: It is about a bar."),
        (MeasurementSpec(quantity="knee_angle", at=BOTTOM), UNANSWERED, "which tells nothing ("),
    ],
)
def test_feedback_names_the_statement_the_plan_what_was_measured_and_the_label(
    plan: MeasurementSpec | NotMeasurable, score: float, words: str
) -> None:
    a, b = (landmarks_of(clip) for clip in demo_clips(0))
    depth = Difference(key="depth", name="depth", statement=DEPTH)
    gold = dspy.Example(differences=(depth,), answers={"p": {"depth": "a"}})
    told = plan_feedback(
        gold, dspy.Prediction(plans={"depth": plan}, failures={}), {"p": PosePair(a, b, ((0, 6), (0, 6)))}
    )
    assert told.score == score
    assert repr(DEPTH) in told.text
    assert words in told.text


def test_an_action_is_one_example_with_all_that_its_pairs_are_asked(data: Data) -> None:
    first, second = (sample.model_copy(update={"action_key": "squat"}) for sample in data[0].samples[:2])
    second = second.model_copy(update={"labels": {"depth": "c", "stance": "b"}})
    (gold,) = planner_examples([first, second])
    assert [one.key for one in gold.differences] == ["depth", "stance"]
    assert gold.answers == {first.key: {"depth": "a", "stance": "a"}, second.key: {"stance": "b"}}
    (gold,) = planner_examples([first, second], "abc")
    assert gold.answers[second.key] == {"depth": "c", "stance": "b"}


def test_labels_cannot_be_shown_as_plans(data: Data) -> None:
    with pytest.raises(UsageError, match="no answers of a planner"):
        compilation(data, models(), "planner", "labeled")


def test_a_failed_call_is_no_plan_of_the_grammar() -> None:
    lm = scripted_lm(lambda asked: "I would rather not.")
    student = PlannerStudent(MeasurementPlanner(QUANTITIES.values(), 1))
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), trace=[]):
        found = student(action="squat", differences=[Difference(key="d", name="depth", statement=DEPTH)])
        assert "I would rather not" in dspy.settings.trace[0][2].unparsed
    assert found.plans is None
    assert "could not be parsed" in found.error
    gold = dspy.Example(differences=(), answers={})
    assert plan_feedback(gold, found, {}).score == 0


def test_a_plan_that_cannot_be_used_scores_as_a_wrong_one_and_says_why() -> None:
    def answer(asked: Asked) -> str:
        return chat_reply(measurements=[{"key": key, "measurement": {"quantity": "luck"}} for key in ("1",)])

    depth = Difference(key="d", name="depth", statement=DEPTH)
    student = PlannerStudent(MeasurementPlanner(QUANTITIES.values(), 1))
    with dspy.context(lm=scripted_lm(answer), adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        found = student(action="squat", differences=[depth])
    assert (found.plans, found.error) == ({}, None)
    told = plan_feedback(dspy.Example(differences=(depth,), answers={"p": {"d": "a"}}), found, {})
    assert told.score == 0
    assert f"The plan for {DEPTH!r} failed: The quantity 'luck' is not among" in told.text


def test_examples_of_the_callers_need_a_metric_of_the_callers() -> None:
    with pytest.raises(UsageError, match="judged on the clips of a data set"):
        compile_program("planner", [], lms="openai/x")
    with pytest.raises(UsageError, match="judged on the clips of a data set"):
        metric("planner")


def test_a_dry_run_counts_a_call_for_each_action(data: Data) -> None:
    made = compilation(data, models(), "planner", by="action", options={"max_metric_calls": 30})
    (own, reflection) = plan_of(made).roles
    counts = made.source.counts
    assert (own.role, own.images, reflection.role) == ("text", 0, "reflection")
    assert own.calls == 30 + 2 * (counts["val"] + counts["test"])
