"""The protocol: every optimizer gains on pairs that it never saw, and what ends a compilation is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import dspy
import pytest
from dspy import lm15

from tests.optimize.compilations import SMALL, compilation, data_in, everything, examples_of, fakes, silent
from tests.support.attentive import SUBJECTS, Attentive, Writing, truth_of
from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff.core.errors import BackendError, InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.eval import manifest
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.lms import LMs, adapter_of
from viddiff.lms.cache import configure
from viddiff.optimize import compile as compile_program
from viddiff.optimize.estimate import estimate_compilation
from viddiff.optimize.examples import Examples
from viddiff.optimize.registry import OPTIMIZERS
from viddiff.optimize.request import request_of
from viddiff.optimize.scoring import mean_of
from viddiff.programs.compiled.artifact import load, restore, save
from viddiff.programs.compiled.predictor_state import state_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.signatures.clip import Clip, open_stores
from viddiff.video import FrameStore

pytestmark = pytest.mark.usefixtures("read_once")
SAVED = [name for name in OPTIMIZERS if OPTIMIZERS[name].saved]
Data = tuple[DataSet, Path, Path]


@pytest.fixture(scope="module")
def store() -> FrameStore:
    return FrameStore(None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return data_in(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def examples(data: Data, store: FrameStore) -> Examples:
    return examples_of(data, store)


def asked_of(lms: LMs, role: str) -> list[Asked]:
    return [asked for name, lm in lms.lms.items() if name == role for asked in lm.engine.asked]


@pytest.mark.parametrize("name", SAVED)
def test_every_optimizer_gains_on_test_pairs_and_what_it_made_asks_the_same_from_a_file(
    name: str, data: Data, examples: Examples, store: FrameStore, tmp_path: Path
) -> None:
    lms = fakes(examples)
    artifact = compilation(data, lms, optimizer=name).run().artifact
    val, test = artifact.card.scores
    assert test.before is not None
    assert test.after is not None
    assert val.after is not None
    assert val.before is not None
    assert val.after >= val.before
    assert test.after > test.before
    assert test.n == len(examples.test)
    assert not asked_of(lms, "text")
    assert not any(asked.images for asked in asked_of(lms, "reflection"))
    assert all(asked.images for asked in asked_of(lms, "vision"))
    path = save(artifact, tmp_path / name)
    assert path.stat().st_size < 50_000
    with open_stores(store):
        built = [requests(restore(made), examples) for made in (artifact, load(path))]
    assert built[0] == built[1]


def requests(program: object, examples: Examples) -> list[Asked]:
    lm = scripted_lm(lambda asked: judge_reply())
    assert isinstance(program, Differencer)
    with dspy.context(lm=lm, adapter=adapter_of("chat")):
        program(**examples.test[0].inputs())
    asked: list[Asked] = lm.engine.asked
    return asked


@pytest.mark.parametrize("name", SAVED)
def test_every_optimizer_compiles_the_proposer(name: str, data: Data, examples: Examples, tmp_path: Path) -> None:
    lms = fakes(examples)
    least = {"mipro": {"num_candidates": 2, "num_trials": 2}, "copro": {"depth": 1, "breadth": 2}}
    options = least.get(name, SMALL[name])
    if name in ("gepa", "simba"):
        # The two actions in each part are too few for these.
        with pytest.raises(UsageError, match=r"needs \d train examples or more; there are 2"):
            compilation(data, lms, "proposer", name, options=options)
        return
    request = {"options": options, "judge": "lexical", "keep_anyway": True}
    artifact = compilation(data, lms, "proposer", name, **request).run().artifact  # type: ignore[arg-type]
    assert artifact.card.scores[1].name == "recall"
    assert artifact.card.metric == "recall of the taxonomy (lexical judge)"
    assert artifact.card.scores[1].n == 2
    # Two actions can prove nothing.
    assert artifact.card.scores[1].p_value in (0.5, 1.0)
    assert any("cues separate stages" in notice for notice in artifact.card.notices)
    assert not asked_of(lms, "vision")
    assert not any(asked.images for asked in (*asked_of(lms, "text"), *asked_of(lms, "reflection")))
    program = restore(load(save(artifact, tmp_path / name)))
    assert isinstance(program, Proposer)
    if name == "labeled":
        assert [len(predictor.demos) for predictor in program.predictors()] == [2, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "options"),
    [("gepa", {"max_metric_calls": 12}), ("simba", {"max_steps": 1, "num_candidates": 2, "bsize": 4})],
)
def test_with_actions_enough_these_compile_the_proposer_too(
    name: str, options: dict[str, int], data: Data, examples: Examples, tmp_path: Path
) -> None:
    rows = json.loads(data[2].read_text())
    for number, row in enumerate(rows):
        row["action"] = row["action_description"] = f"action {number}"
    (tmp_path / "pairs.json").write_text(json.dumps(rows))
    many = (load_data(str(tmp_path / "pairs.json"), data[1]), data[1], tmp_path / "pairs.json")
    lms = fakes(examples)
    artifact = compilation(many, lms, "proposer", name, options=options, judge="lexical").run().artifact
    assert artifact.card.scores[1].n == 3
    assert not any(asked.images for asked in (*asked_of(lms, "text"), *asked_of(lms, "reflection")))
    assert isinstance(restore(load(save(artifact, tmp_path / name))), Proposer)


class Misled:
    """Answers right, unless there are examples in the prompt."""

    def __init__(self, examples: Examples) -> None:
        self.right = Attentive(truth_of(everything(examples))).right

    def __call__(self, asked: Asked) -> str:
        *demos, statement = re.findall(r"\[\[ ## statement ## \]\]\s*(.+)", asked.prompt)
        return judge_reply("c" if demos else self.right(asked, statement.strip()))


def test_a_program_that_is_worse_on_val_is_not_kept(data: Data, examples: Examples, tmp_path: Path) -> None:
    lms = fakes(examples, Misled(examples))
    artifact = compilation(data, lms, optimizer="labeled").run().artifact
    val, test = artifact.card.scores
    assert (val.before, val.after) == (1.0, 0.0)
    assert (test.before, test.after) == (1.0, None)
    assert artifact.card.kept == "default"
    assert artifact.state == state_of(Differencer())
    assert artifact.card.caution in artifact.card.notices
    assert artifact.card.caution == (
        "The differencer is the default program: what labeled compiled was no better on val "
        "(100.0 % before, 0.0 % after)."
    )
    n_asked = len(asked_of(lms, "vision"))
    assert n_asked == 2 * val.n + test.n


def test_a_program_that_is_worse_is_kept_where_wanted_and_every_use_says_so(data: Data, examples: Examples) -> None:
    artifact = (
        compilation(data, fakes(examples, Misled(examples)), optimizer="labeled", keep_anyway=True).run().artifact
    )
    assert artifact.card.kept == "compiled"
    assert artifact.card.scores[1].after == 0.0
    assert artifact.state["judge.predict"].demos
    caution = artifact.card.caution
    assert caution is not None
    assert caution in artifact.card.notices
    assert "although compiling made it no better on val (100.0 % before, 0.0 % after)" in caution
    assert caution in VidDiff(program=artifact).own_notices()


def test_what_a_test_pair_shows_reaches_no_call_of_the_optimizer(data: Data, examples: Examples) -> None:
    phases: list[str] = [""]
    seen: list[tuple[str, Asked]] = []
    right = Attentive(truth_of([*examples.train, *examples.val, *examples.test]))

    def judge(asked: Asked) -> str:
        seen.append((phases[-1], asked))
        return right(asked)

    def hear(task: str, done: int, total: int) -> None:
        phases.append(task)

    compilation(data, fakes(examples, judge), progress=hear).run()
    hidden = {frame.ref for example in examples.test for clip in clips_of(example) for frame in clip.frames}
    shown = {frame.ref for example in examples.train for clip in clips_of(example) for frame in clip.frames}
    assert hidden
    assert not hidden & shown

    def of(phase: str) -> set[str]:
        import hashlib

        return {hashlib.sha256(i).hexdigest() for told, asked in seen if told.startswith(phase) for i in asked.images}

    assert of("scoring on test") == hidden
    assert of("compiling") & shown
    assert not of("compiling") & hidden


def clips_of(example: dspy.Example) -> tuple[Clip, Clip]:
    return example.video_a, example.video_b


def test_feedback_on_flipped_and_unparsed_answers_reaches_reflection(data: Data, examples: Examples) -> None:
    def judge(asked: Asked) -> str:
        return "I would rather not say in that form." if "arms" in asked.prompt else judge_reply("a")

    lms = fakes(examples, judge)
    compilation(data, lms, options={"max_metric_calls": 24, "reflection_minibatch_size": 4}).run()
    told = "\n".join(asked.prompt for asked in asked_of(lms, "reflection"))
    assert "it followed the order in which they were shown" in told
    assert "could not be parsed" in told
    assert "The right answer to" in told


def test_a_gain_holds_for_localized_frames_and_labels_without_a_difference(data: Data, examples: Examples) -> None:
    settings = Settings(attempts=1, threads=2, localizer="uniform")
    nobody = LMs(scripted_lm(proposer_reply), scripted_lm(lambda asked: ""))
    request = {"frames": "localized", "labels": "abc", "optimizer": "labeled", "settings": settings}
    found = compilation(data, nobody, **request).source.read(FrameStore(settings.cache_dir), silent)  # type: ignore[arg-type]
    lms = fakes(found)
    artifact = compilation(data, lms, **request).run().artifact  # type: ignore[arg-type]
    assert artifact.card.frames == "localized"
    assert {example.answer for example in found.train} == {"a", "b", "c"}
    assert {example.answer for example in found.test} == {"a", "b"}
    assert asked_of(lms, "text")


def test_a_key_that_is_refused_ends_it_before_anything_is_compiled(data: Data, examples: Examples) -> None:
    def judge(asked: Asked) -> str:
        raise lm15.AuthError("Incorrect API key")

    lms = fakes(examples, judge)
    with pytest.raises(BackendError, match="the key was refused"):
        compilation(data, lms).run()
    assert len(asked_of(lms, "vision")) <= 2
    assert not asked_of(lms, "reflection")


def test_where_nothing_is_answered_nothing_is_compiled(data: Data, examples: Examples) -> None:
    lms = fakes(examples, lambda asked: "no form at all")
    with pytest.raises(BackendError, match=r"None of the \d+ examples was answered"):
        compilation(data, lms).run()
    assert not asked_of(lms, "reflection")


def test_a_reflection_model_that_cannot_be_had_ends_it(data: Data, examples: Examples) -> None:
    def refuse(asked: Asked) -> str:
        raise lm15.AuthError("Incorrect API key")

    lms = fakes(examples)
    broken = LMs(lms.lms["text"], lms.lms["vision"], reflection=scripted_lm(refuse))
    with pytest.raises(BackendError, match="the key was refused"):
        compilation(data, broken, options={"max_metric_calls": 400}).run()
    assert len(asked_of(broken, "vision")) < 200


@pytest.mark.parametrize("name", ["gepa", "bootstrap-random"])
def test_a_budget_ends_it_with_the_best_so_far_and_money_left_to_score(
    name: str, data: Data, examples: Examples
) -> None:
    options = {"max_metric_calls": 50} if name == "gepa" else {"num_candidate_programs": 3}
    # Without a cache GEPA does not go on where the first run ended.
    settings = Settings(attempts=1, threads=2, cache=False)
    unlimited = fakes(examples, model="openai/gpt-4o-mini")
    spent_usd: dict[str, float] = {}

    def hear(task: str, done: int, total: int) -> None:
        spent_usd[task] = unlimited.spent_usd

    whole = compilation(data, unlimited, optimizer=name, options=options, progress=hear, settings=settings)
    before_usd = [0.0]
    whole.out_of_money = lambda reserve_usd: before_usd.append(reserve_usd)  # type: ignore[method-assign]
    whole.run()
    reserve_usd, compiled_usd = before_usd[-1], spent_usd[f"compiling with {name}, calls"]
    scored_usd = reserve_usd / whole.reserve
    budget = scored_usd + reserve_usd + 0.4 * (compiled_usd - scored_usd)
    lms = fakes(examples, model="openai/gpt-4o-mini", budget_usd=budget)
    compiled = compilation(data, lms, optimizer=name, options=options, settings=settings).run()
    assert compiled.budget_reached
    assert any("was reached while compiling" in notice for notice in compiled.artifact.card.notices)
    assert all(score.after is not None for score in compiled.artifact.card.scores)
    assert len(asked_of(lms, "vision")) < len(asked_of(unlimited, "vision"))
    assert lms.spent_usd <= budget


def test_what_cannot_be_is_said_before_anything_is_read(
    data: Data, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    lms = fakes(examples)
    monkeypatch.setattr("viddiff.optimize.viddiff.sources.pair_reader", lambda *_: pytest.fail("read"))
    for request, says in (
        ({"optimizer": "sgd"}, "There is no optimizer 'sgd': choose one of gepa"),
        ({"optimizer": "knn"}, "there is no program to save"),
        ({"options": {"depth": 2}}, "no option 'depth'"),
        ({"by": "action"}, "three subsets need at least three"),
        ({"train_limit": 1, "labels": "ab", "optimizer": "simba"}, "needs 4 train examples or more"),
    ):
        with pytest.raises((UsageError, InputError), match=says):
            compilation(data, lms, **request)
    blind = LMs(lms.lms["text"], scripted_lm(lambda asked: "", "openai/gpt-3.5-turbo"))
    with pytest.raises(UsageError, match="takes no images"):
        compilation(data, blind)
    with pytest.raises(UsageError, match="'budget' cannot be 'huge'"):
        request_of(component="differencer", budget="huge")


def test_in_python_a_compiled_module_comes_back_with_its_papers(data: Data, examples: Examples) -> None:
    lms = fakes(examples)
    differencer = compile_program(
        "differencer",
        data[2],
        lms=lms,
        optimizer="copro",
        by="pair",
        settings=Settings(attempts=1),
        options=SMALL["copro"],
    )
    assert isinstance(differencer, Differencer)
    assert differencer.artifact.card.optimizer == "copro"
    assert any(cue in differencer.judge.predict.signature.instructions for _, cue in SUBJECTS.values())


def test_a_plan_of_the_proposer_has_its_judge_and_what_writes_instructions(data: Data, examples: Examples) -> None:
    lms = fakes(examples)

    def calls(**request: object) -> dict[str, int]:
        made = compilation(data, lms, "proposer", "copro", **request)  # type: ignore[arg-type]
        return {role.role: role.calls for role in estimate_compilation(made).roles}

    planned = calls()
    assert set(planned) == {"text", "judge", "reflection"}
    assert planned["judge"] == planned["text"] // 2
    assert set(calls(judge="lexical")) == {"text", "reflection"}
    made = compilation(data, lms, optimizer="labeled")
    assert [role.role for role in estimate_compilation(made).roles] == ["vision"]


def test_in_python_answers_are_kept_in_the_cache_folder(data: Data, examples: Examples, tmp_path: Path) -> None:
    settings = Settings(attempts=1, cache_dir=tmp_path / "here")
    before = dspy.cache
    n_asked = []
    for _ in range(2):
        truth = truth_of(everything(examples))
        lm = scripted_lm(Attentive(truth), cache=True)
        options = {"optimizer": "labeled", "by": "pair", "settings": settings, "options": SMALL["labeled"]}
        made = compile_program("differencer", data[2], lms=LMs(lm), **options)  # type: ignore[arg-type]
        n_asked.append((len(lm.engine.asked), made.artifact.card.calls, made.artifact.card.sessions))
    assert dspy.cache is before
    assert list((tmp_path / "here" / "answers").iterdir())
    (n_first, first, _), (n_second, second, sessions) = n_asked
    assert n_first == first == second > 0
    assert (n_second, sessions) == (0, 2)


def test_a_judge_of_the_proposer_is_paid_by_its_own_role(data: Data, examples: Examples) -> None:
    def match(asked: Asked) -> str:
        if asked.asks_for("matches"):
            return chat_reply(matches=[{"reference": "R1", "prediction": "P1"}])
        return chat_reply(relations=[{"key": "Q1", "relation": "same"}])

    lms = fakes(examples)
    judged = LMs(lms.lms["text"], lms.lms["vision"], scripted_lm(match), lms.lms["reflection"])
    compilation(data, judged, "proposer", "copro", options={"depth": 1, "breadth": 2}).run()
    calls = {usage.role: usage.calls for usage in judged.usage}
    assert (calls["text"], calls["judge"]) == (len(asked_of(judged, "text")), len(asked_of(judged, "judge")))
    # It asks for several answers in one call.
    assert 0 < calls["reflection"] <= len(asked_of(judged, "reflection"))


def test_a_run_whose_first_scores_were_paid_for_before_keeps_money_back_too(
    data: Data, examples: Examples, store: FrameStore, tmp_path: Path
) -> None:
    configure(tmp_path / "answers")
    settings = Settings(attempts=1, threads=1, cache=False)

    def caching(budget_usd: float | None = None) -> LMs:
        seeing = scripted_lm(Attentive(truth_of(everything(examples))), "openai/gpt-4o-mini", cache=True)
        statements = sorted({example.statement for example in everything(examples)})
        writing = scripted_lm(Writing(statements), "local/x")
        return LMs(scripted_lm(proposer_reply, "local/x"), seeing, reflection=writing, budget_usd=budget_usd)

    paid = caching()
    first = compilation(data, paid, settings=settings)
    with open_stores(store):
        before = first.score("val", Differencer(1), examples), first.score("test", Differencer(1), examples)
    scoring_usd = paid.spent_usd
    lms = caching(budget_usd=1.6 * scoring_usd)
    options = {"max_metric_calls": 400}
    compiled = compilation(data, lms, options=options, settings=settings, keep_anyway=True).run()
    assert [score.before for score in compiled.artifact.card.scores] == [mean_of(part) for part in before]
    assert compiled.budget_reached
    assert any("was reached while compiling" in notice for notice in compiled.artifact.card.notices)
    assert all(score.after is not None for score in compiled.artifact.card.scores)


def test_what_gepa_goes_on_from_is_of_the_same_frames_and_the_same_server(data: Data, examples: Examples) -> None:
    lms = fakes(examples)

    def folder(of: Examples, **settings: str) -> Path | None:
        return compilation(data, lms, settings=Settings(attempts=1, **settings)).folder(of)  # type: ignore[arg-type]

    def others(part: list[dspy.Example]) -> list[dspy.Example]:
        return [example.copy(video_a=Clip.of("A", example.video_b.frames)) for example in part]

    folders = {
        "as it is": folder(examples),
        "other frames to learn from": folder(replace(examples, train=others(examples.train))),
        "other frames to choose by": folder(replace(examples, val=others(examples.val))),
        "another server": folder(examples, api_base="http://localhost:1/v1"),
    }
    with pytest.MonkeyPatch.context() as patch:
        found = manifest.signatures
        patch.setattr(manifest, "signatures", lambda task: found(task)[: -1 if task == "stepdiff" else None])
        folders["other prompts of another task"] = folder(examples)
    assert len(set(folders.values())) == len(folders)
    assert folder(examples) == folders["as it is"]
