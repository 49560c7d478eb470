"""Compiling the captioner, the verifier and the ranker of StepDiff on rendered pairs, and running what was compiled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import dspy
import pytest
from click.testing import CliRunner

from tests.optimize.scripted_lms import outputs_of
from tests.support.scripted import Asked, chat_reply, scripted_lm
from tests.support.step_truth import TruthfulModel, clips_in, serve
from viddiff import build
from viddiff import optimize as optimizing
from viddiff.cli.compile import compile_
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.core.types import silent
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.manifest import StepManifest
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.options import RunOptions
from viddiff.eval.stepdiff.run import run
from viddiff.lms import LMs
from viddiff.optimize.compiler import source_of
from viddiff.optimize.estimate import estimate_compilation
from viddiff.optimize.protocol import Compilation
from viddiff.optimize.request import request_of
from viddiff.optimize.stepdiff.feedback import caption_feedback, choice_feedback, compare_feedback, rank_feedback
from viddiff.optimize.stepdiff.judge import JudgeMetric
from viddiff.optimize.stepdiff.source import LabelledSteps
from viddiff.programs.compiled.artifact import load, save
from viddiff.synthetic.steps.attempts import Group, plan_group
from viddiff.synthetic.steps.bench import VIDEOS
from viddiff.synthetic.steps.rows import caption_rows, choice_rows, rank_rows
from viddiff.video import FrameStore

pytestmark = pytest.mark.usefixtures("read_once")

#: Only with this in its instructions the model looks at the clips.
CUE = "Look at the clips."
FILES = {"captioner": "diffcap", "verifier": "diffmcq", "ranker": "diffrank", "comparer": "diffrank"}


def own_settings() -> Settings:
    """Settings of this test: what a compilation goes on from lies in its own cache."""
    return Settings(attempts=1, threads=2, effort="low")


@pytest.fixture(scope="module")
def data(steps: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with true rows of the rendered clips, each clip in turn as the reference of the others."""
    folder = tmp_path_factory.mktemp("rows")
    (folder / VIDEOS).symlink_to(steps / VIDEOS)
    groups = [
        Group(reference, tuple(other for other in group.attempts if other is not reference))
        for group in (plan_group(index, 0) for index in range(2))
        for reference in group.attempts
    ]
    rows = {
        "diffcap": [row for group in groups for row in islice(caption_rows(group), 1)],
        "diffmcq": [row for seed in range(6) for row in islice(choice_rows(groups[0], False, (seed,)), 4)],
        "diffrank": [row for group in groups for row in islice(rank_rows(group), 1)],
    }
    for name, made in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    return folder


class Looking:
    """Knows the truth of rendered pairs, and tells it only where its instructions say to look."""

    def __init__(self, folder: Path) -> None:
        items = [item for name in FILES.values() for item in load_items(folder / f"{name}.jsonl").items]
        self.truth = TruthfulModel(clips_in(folder / VIDEOS), items)

    def __call__(self, asked: Asked) -> str:
        if CUE in asked.system or asked.asks_for("covered"):
            return self.truth(asked)
        if asked.asks_for("entries"):
            return chat_reply(entries=[{"key": "1", "differences": []}])
        if asked.asks_for("checks"):
            return chat_reply(checks=[{"key": "1", "reason": "a guess", "probability": 0.5}])
        if asked.asks_for("closer"):
            return chat_reply(reason="a guess", closer="equal")
        return chat_reply(reason="a guess", similarity=50)


@pytest.fixture(scope="module")
def model(data: Path) -> Looking:
    return Looking(data)


def writing(asked: Asked) -> str:
    """A model that writes instructions, and learns from what it is told of the answers."""
    learned = any(text in asked.prompt for text in ("Labelled:", "is true of one pair", "one grade", "called closer"))
    fields = dict.fromkeys(outputs_of(asked), CUE if learned else "Answer.")
    return json.dumps(fields) if "JSON object" in asked.system else chat_reply(**fields)


def compilation(component: str, data: Path, lms: LMs, optimizer: str = "gepa", **request: Any) -> Compilation:
    wanted = request_of(**{"component": component, "optimizer": optimizer, "judge": "lexical", **request})
    source = source_of(wanted, data / f"{FILES[component]}.jsonl", None, own_settings(), lms)
    return Compilation(wanted, source, own_settings(), lms, lambda task, done, total: None)


@pytest.mark.parametrize("component", list(FILES))
def test_gepa_learns_to_look_and_programs_on_steps_run_it(
    component: str, data: Path, model: Looking, tmp_path: Path
) -> None:
    lms = LMs(scripted_lm(model), reflection=scripted_lm(writing))
    artifact = compilation(component, data, lms, options={"max_metric_calls": 12}).run().artifact
    before = {"captioner": 0.0, "verifier": 0.25, "ranker": 0.5, "comparer": 0.5}[component]
    least = {"captioner": 1.0, "verifier": 1.0, "ranker": 0.95, "comparer": 0.95}[component]
    assert all(score.before == before and (score.after or 0) >= least for score in artifact.card.scores)
    assert all(asked.images for asked in lms.lms["vision"].engine.asked)
    (state,) = artifact.state.values()
    assert CUE in state.instructions
    path = save(artifact, tmp_path / component)
    assert load(path).card.component == component
    settings = Settings(lm="openai/x", program=(path,))
    parts = {
        "captioner": build.step_captioner(settings, lms).captioner,
        "verifier": build.step_verifier(settings),
        "ranker": build.step_ranker(settings, lms).grader,
        "comparer": build.step_ranker(settings, lms).comparer,
    }
    asked = {name: part.named_predictors()[0][1].signature.instructions for name, part in parts.items()}
    assert [name for name, instructions in asked.items() if CUE in instructions] == [component]


class Lucky:
    """Guesses as often as it is told to, then has luck; with an example before the question it always looks."""

    def __init__(self, model: Looking, n_guesses: int) -> None:
        self.model, self.n_left = model, n_guesses
        self.lock = threading.Lock()

    def __call__(self, asked: Asked) -> str:
        if "assistant" in asked.roles:
            question = len(asked.roles) - asked.roles[::-1].index("assistant")
            return self.model.truth(replace(asked, parts=asked.parts[question:], roles=asked.roles[question:]))
        with self.lock:
            self.n_left -= 1
            return self.model(asked) if self.n_left >= 0 else self.model.truth(asked)


def test_an_evaluation_runs_what_was_compiled_and_names_it(data: Path, model: Looking, tmp_path: Path) -> None:
    verifier = build.step_verifier(own_settings())
    predictor = verifier.named_predictors()[0][1]
    predictor.signature = predictor.signature.with_instructions(CUE)
    program = optimizing.save(verifier, tmp_path / "verifier")
    rows = load_items(data / "diffmcq.jsonl")
    found = {}
    for name, programs in (("plain", ()), ("compiled", (program,))):
        settings = own_settings().model_copy(update={"program": programs, "cache_dir": tmp_path / "cache"})
        lms = LMs(scripted_lm(model))
        wanted = RunOptions(limit=2)
        found[name] = run(rows, data / VIDEOS, METHODS["contrast"], wanted, settings, tmp_path / name, silent, lms)
        manifest = StepManifest.model_validate_json((tmp_path / name / "manifest.json").read_text())
        assert list(manifest.programs) == (["verifier"] if programs else [])
    assert [found[name].scores[0].strict for name in ("plain", "compiled")] == [0.25, 1.0]


def test_demos_help_a_model_that_follows_them(data: Path, model: Looking) -> None:
    counts = compilation("captioner", data, LMs(scripted_lm(model))).source.counts
    lms = LMs(scripted_lm(Lucky(model, counts["val"] + counts["test"])))
    artifact = compilation("captioner", data, lms, "bootstrap", options={"max_bootstrapped_demos": 1}).run().artifact
    (state,) = artifact.state.values()
    assert len(state.demos) == 1
    assert [(score.before, score.after) for score in artifact.card.scores] == [(0.0, 1.0)] * 2


def test_captions_are_judged_by_a_model_and_to_invent_is_worse_than_to_say_nothing(data: Path, model: Looking) -> None:
    lms = LMs(scripted_lm(model), reflection=scripted_lm(writing), judge=scripted_lm(model))
    made = compilation("captioner", data, lms, judge="lm", options={"max_metric_calls": 12})
    counts = made.source.counts
    roles = {role.role: role.calls for role in estimate_compilation(made).roles}
    assert roles["judge"] == roles["vision"] == 12 + 2 * (counts["val"] + counts["test"])
    card = made.run().artifact.card
    assert [(score.before, score.after) for score in card.scores] == [(0.5, 1.0)] * 2
    assert all(score.name == "(1 + coverage - invention) / 2" for score in card.scores)
    metric = JudgeMetric(lms, own_settings())
    invented = metric(dspy.Example(**CAPTION), dspy.Prediction(answer=[("A hat instead of a cap.",)], error=None))
    assert (invented.score, "It tells a difference that is not labelled." in invented.text) == (0.0, True)
    failed = JudgeMetric(LMs(scripted_lm(lambda asked: "no idea")), own_settings())(
        dspy.Example(**CAPTION), dspy.Prediction(answer=[("A teal shirt, instead of a red one.",)], error=None)
    )
    assert (failed.score, "the words were compared" in failed.text) == (1.0, True)


def test_rows_that_name_their_step_are_divided_by_it(data: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (data / "diffrank.jsonl").read_text().splitlines()]
    named = ({**row, "step": f"step {place % 4}"} for place, row in enumerate(rows))
    (tmp_path / "diffrank.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in named))
    (tmp_path / VIDEOS).symlink_to(data / VIDEOS)
    source = compilation("ranker", tmp_path, LMs(scripted_lm(lambda asked: ""))).source
    assert isinstance(source, LabelledSteps)
    parts = [{item.step for item in items} for items in source.items.values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 4
    assert source.split == "by-step-0"
    examples = source.read(FrameStore(None), lambda task, done, total: None)
    assert {example.step for example in examples.train} == parts[0]


def test_rows_of_one_reference_stay_together(data: Path) -> None:
    lms = LMs(scripted_lm(lambda asked: ""))
    source = compilation("ranker", data, lms).source
    assert isinstance(source, LabelledSteps)
    parts = [{item.reference.id for item in items} for items in source.items.values()]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_a_dry_run_counts_a_call_for_each_pair_of_clips(data: Path) -> None:
    lms = LMs(scripted_lm(lambda asked: ""), reflection=scripted_lm(writing))
    made = compilation("verifier", data, lms, options={"max_metric_calls": 20})
    own, _ = estimate_compilation(made).roles
    counts = made.source.counts
    assert own.calls == 4 * (20 + 2 * (counts["val"] + counts["test"]))
    assert own.images == 2 * 4 * own.calls
    compared = compilation("comparer", data, lms, options={"max_metric_calls": 20})
    counts, (own, _) = compared.source.counts, estimate_compilation(compared).roles
    # Six comparisons of four candidates, each of three clips.
    assert own.calls == 6 * (20 + 2 * (counts["val"] + counts["test"]))
    assert own.images == 3 * 4 * own.calls


def test_the_command_compiles_and_steps_uses_the_file(data: Path, model: Looking, tmp_path: Path) -> None:
    program = tmp_path / "ranker.json"
    with serve(lambda asked: model(asked) if asked.parts and has_image(asked) else writing(asked)) as server:
        flags = ["--lm", "openai/x", "--api-base", server.url, "--attempts", "1", "--effort", "low"]
        rows = str(data / "diffrank.jsonl")
        command = ["ranker", "--data", rows, "--out", str(program), "--option", "max_metric_calls=12", *flags]
        done = CliRunner().invoke(compile_, command)
    assert done.exit_code == 0, done.output
    assert "viddiff steps rank" in done.output
    (state,) = load(program).state.values()
    assert CUE in state.instructions


def has_image(asked: Asked) -> bool:
    """Whether a request shows frames."""
    return bool(asked.images)


def test_other_rows_and_other_programs_are_refused(data: Path, tmp_path: Path) -> None:
    lms = LMs(scripted_lm(lambda asked: ""))
    request = request_of(component="captioner")
    with pytest.raises(InputError, match=r"learns from rows of diffcap; 'diffrank\.jsonl' holds diffrank"):
        source_of(request, data / "diffrank.jsonl", None, own_settings(), lms)
    with pytest.raises(UsageError, match="learns from a file of StepDiff"):
        optimizing.compile("ranker", [dspy.Example()], lms=lms)
    path = optimizing.save(build.step_verifier(own_settings()), tmp_path / "verifier")
    with pytest.raises(UsageError, match="is run by viddiff steps"):
        build.method_name(Settings(lm="x/y"), build.compiled_programs(Settings(lm="x/y", program=(path,)), has_lm=True))
    judge = optimizing.save(new_judge(), tmp_path / "judge")
    with pytest.raises(UsageError, match="cannot run a compiled judge"):
        build.step_captioner(Settings(lm="x/y", program=(judge,)), lms)


def new_judge() -> Any:
    """A judge as it is before compiling."""
    from viddiff.programs.compiled.registry import new_program

    return new_program("judge")


FAILED = dspy.Prediction(answer=None, error="The server is down.")
Case = tuple[Callable[..., Any], dict[str, Any], list[Any], float, str]
CAPTION = {"category": "Visuals", "captions": ("a teal shirt instead of a red one",)}
CHOICE = {"difference": "a teal shirt instead of a red one", "answer": 1}
RANK = {"category": "Visuals", "scores": (0, 5, 3, 3)}
CASES: list[Case] = [
    (caption_feedback, CAPTION, [("A teal shirt, instead of a red one.",)], 1.0, "Labelled: 'a teal shirt"),
    (caption_feedback, CAPTION, [()], 0.0, "No difference in Visuals was found"),
    (choice_feedback, CHOICE, [0.1, 0.8, 0.2, 0.1], 1.0, "which was given 0.80"),
    (choice_feedback, CHOICE, [0.8, 0.8, 0.2, 0.1], 0.5, "the other way round"),
    (rank_feedback, RANK, [10, 90, 50, 50], 1.0, "10 (right: 0), 90 (right: 100)"),
    (rank_feedback, RANK, [50, 50, 50, 50], 0.5, "orders nothing"),
]


@pytest.mark.parametrize(("feedback", "labels", "told", "score", "text"), CASES)
def test_feedback_scores_as_the_benchmark_does(
    feedback: Callable[..., Any], labels: dict[str, Any], told: list[Any], score: float, text: str
) -> None:
    judged = feedback(dspy.Example(**labels), dspy.Prediction(answer=told, error=None))
    assert judged.score == pytest.approx(score)
    assert text in judged.text
    failed = feedback(dspy.Example(**labels), FAILED)
    assert (failed.score, "The server is down." in failed.text) == (0.0, True)


@pytest.mark.parametrize(
    ("closer", "answer", "score", "text"),
    [
        ([(1, 0, "first"), (0, 2, "second"), (2, 3, "equal")], [0, 100, 50, 50], 1.0, "Every comparison was right."),
        (
            [(1, 0, "first"), (1, 2, "second"), (2, 3, "first")],
            [0, 50, 100, 100],
            0.6,
            "similarities 100 and 60 the second was called closer. Of two candidates with similarities 60 and 60",
        ),
    ],
)
def test_feedback_on_comparisons_names_those_that_are_wrong(
    closer: list[tuple[int, int, str]], answer: list[int], score: float, text: str
) -> None:
    judged = compare_feedback(dspy.Example(**RANK), dspy.Prediction(answer=answer, closer=closer, error=None))
    assert judged.score == pytest.approx(score)
    assert text in judged.text
    assert compare_feedback(dspy.Example(**RANK), FAILED).score == 0.0
