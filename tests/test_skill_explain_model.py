"""What a model says of the costliest parts: only what stands in both orders is told, and only advice that cites it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.support.curves import write_curves
from tests.support.explained import SHALLOW, Coach, known_poses, render
from tests.support.scripted import Asked, chat_reply, scripted_lm
from tests.support.step_truth import serve
from viddiff import build, skill
from viddiff.cli import main
from viddiff.core.errors import InputError, UsageError
from viddiff.programs.skilldiff.explainer import SkillExplainer
from viddiff.skill.parts import MAX_EXPLAINED_PARTS

SHALLOWER = "the squat is shallower"
KNEES = "the knees are further apart"
HEELS = "the heels lift further"


@pytest.fixture(scope="module")
def shallow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("explained") / "shallow.mp4", SHALLOW)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    poses = known_poses()
    monkeypatch.setattr(build, "poses", lambda settings: poses)


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as left:
        main(["skill", "explain", *map(str, arguments)])
    return int(left.value.code or 0)


def explained(query: Path, reference: Path, answer: Any, **options: Any) -> skill.SkillExplanation:
    return skill.explain(query, reference, action="bodyweight squat", lm=scripted_lm(answer), **options)


def test_what_stands_in_both_orders_is_told_with_advice_that_cites_it(shallow: Path, squats: list[Path]) -> None:
    measured = skill.explain(shallow, squats[0])
    # Keys of findings count from 1: the last one is of what the coach saw.
    advice: list[tuple[str, list[Any]]] = [
        ("Sit lower.", ["1"]),
        ("Smile.", []),
        ("Breathe.", ["99"]),
        ("Both.", [1, "2", "2", "x"]),
    ]
    coach = Coach(true=[SHALLOWER], first=[KNEES], proposed=[SHALLOWER, KNEES, HEELS], advice=advice)
    found = explained(shallow, squats[0], coach)
    statements = [one.difference.statement for one in found.findings]
    assert set(statements) == {SHALLOWER, *(one.difference.statement for one in measured.findings)}
    n_shown = sum(part.shown for part in found.parts)
    assert statements.count(SHALLOWER) == n_shown
    assert {one.difference.statement for one in found.others} == {KNEES, HEELS}
    swayed = next(one for one in found.others if one.difference.statement == KNEES)
    assert swayed.verdict.status == "unsure"
    assert [(one.text, one.findings) for one in found.advice] == [("Sit lower.", (0,)), ("Both.", (0, 1))]
    assert found.n_failed == 0
    seen = next(one for one in found.findings if one.difference.statement == SHALLOWER)
    assert seen.verdict.swapped_answer == seen.verdict.answer == "a"
    assert seen.verdict.evidence_a == (1,)
    assert {usage.role: usage.calls for usage in found.usage} == {"text": n_shown + 1, "vision": 6 * n_shown}


def test_the_model_is_shown_the_same_phase_and_what_was_measured(shallow: Path, squats: list[Path]) -> None:
    lm = scripted_lm(Coach())
    found = skill.explain(shallow, squats[0], action="squat", lm=lm, differences=["the squat is deeper"])
    asked: list[Asked] = [one for one in lm.engine.asked if one.images]
    assert len(asked) == 2 * sum(part.shown for part in found.parts)
    assert all(2 <= len(one.images) <= build.IMAGES_OF_A_QUESTION for one in asked)
    assert any("torso lengths" in one.prompt for one in asked)
    assert found.findings == skill.explain(shallow, squats[0]).findings
    assert found.advice == ()


def test_what_a_measurement_contradicts_does_not_stand(shallow: Path, squats: list[Path]) -> None:
    deeper = "the squat is deeper"
    found = explained(shallow, squats[0], Coach(true=[deeper]), differences=[deeper])
    of_hold = next(one for one in found.others if one.difference.statement == deeper)
    assert of_hold.verdict.status == "unsure"
    assert "The measurement says otherwise" in of_hold.verdict.reason
    assert deeper not in {one.difference.statement for one in found.findings}


#: Names of fields -> what documents written before call them.
OLD_KEYS = {
    "findings": "sentences",
    "references": "against",
    "chance_distance": "any_frames",
    "within_reference": "own",
    "reason_unknown": "doubt",
    "problems": "faults",
}


def with_old_keys(value: Any) -> Any:
    """A document as it was written before its fields got their names, and parts a repetition and a phase."""
    if isinstance(value, list):
        return [with_old_keys(one) for one in value]
    if not isinstance(value, dict):
        return value
    new = ("repetition", "phase")
    return {OLD_KEYS.get(name, name): with_old_keys(one) for name, one in value.items() if name not in new}


def test_documents_with_the_old_names_of_fields_are_read(shallow: Path, squats: list[Path]) -> None:
    found = explained(shallow, squats[0], Coach(true=[SHALLOWER], advice=[("Sit lower.", ["1"])]))
    assert found.advice
    old = json.dumps(with_old_keys(json.loads(found.to_json())))
    assert not any(f'"{name}":' in old for name in OLD_KEYS)
    read = skill.SkillExplanation.from_json(old)
    assert with_old_keys(json.loads(read.to_json())) == json.loads(old)
    assert {part.phase for part in read.parts} == {None}


def test_a_call_that_fails_is_counted_and_told(shallow: Path, squats: list[Path]) -> None:
    coach = Coach(true=[SHALLOWER], proposed=[SHALLOWER])

    def garbled(asked: Asked) -> str:
        return "no answer" if asked.asks_for("answer") or asked.asks_for("advice") else coach(asked)

    found = explained(shallow, squats[0], garbled, attempts=1)
    n_shown = sum(part.shown for part in found.parts)
    assert [one.verdict.status for one in found.others] == ["failed"] * n_shown
    assert found.n_failed == n_shown + 1
    assert any("No advice could be written" in notice for notice in found.notices)
    assert found.findings
    assert found.advice == ()

    nothing = explained(shallow, squats[0], lambda asked: "no answer", attempts=1)
    assert any("No fault could be proposed" in notice for notice in nothing.notices)
    assert nothing.n_failed == n_shown + 1


def test_the_same_clip_is_not_shown_to_a_model(squats: list[Path]) -> None:
    found = explained(squats[0], squats[0], lambda asked: pytest.fail("it was asked"))
    assert found.findings == ()
    assert found.usage == ()


def test_a_model_of_scores_gives_the_cost(
    shallow: Path, squats: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "check_pose", lambda settings: None)
    data = shutil.copytree(squats[0].parent, tmp_path / "data")
    rows = [
        {"id": path.stem, "video": path.name, "score": score, "split": "train", "activity": "squat"}
        for path, score in zip(squats, (60, 90), strict=True)
    ]
    (data / "items.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    skill.train(data, tmp_path / "model", features="pose", epochs=1, steps=1, batch=2)
    found = skill.explain(shallow, squats[0], model=tmp_path / "model", lm=scripted_lm(Coach()))
    assert found.score is not None
    assert found.action == "squat"
    assert [part.cost for part in found.parts] == [part.deduction for part in found.score.parts]
    assert sum(part.cost or 0 for part in found.parts) == pytest.approx(found.score.best - found.score.score, abs=1e-4)
    assert sum(part.shown for part in found.parts) <= MAX_EXPLAINED_PARTS


def test_what_cannot_be_is_said_before_anything_is_read(tmp_path: Path) -> None:
    lm = scripted_lm(Coach())
    with pytest.raises(UsageError, match="--action"):
        skill.explain("a.mp4", "b.mp4", lm=lm)
    with pytest.raises(InputError, match="names a video"):
        skill.explain("a.mp4", "b.mp4", lm=lm, action="squat", differences=["deeper than in video B"])
    with pytest.raises(UsageError, match="needs a model"):
        skill.explain("a.mp4", "b.mp4", differences=["the squat is deeper"])
    skill.train(write_curves(tmp_path / "data"), tmp_path / "model", epochs=1, steps=1, batch=4)
    with pytest.raises(InputError, match="it cannot score videos"):
        skill.explain("a.mp4", "b.mp4", model=tmp_path / "model")


def test_the_command_asks_nothing_twice(
    shallow: Path, squats: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coach = Coach(true=[SHALLOWER], proposed=[SHALLOWER], advice=[("Sit lower.", ["2"])])
    with serve(coach) as server:
        command: list[str | Path] = [shallow, "--reference", squats[0], "--action", "bodyweight squat"]
        command += ["--lm", "openai/coach", "--api-base", server.url, "--cache-dir", tmp_path / "cache"]
        assert run(*command, "--dry-run") == 0
        assert "4 calls, 0 images" in capsys.readouterr().out
        assert server.requests == []
        assert run(*command) == 0
        told = " ".join(capsys.readouterr().out.split())
        n_requests = len(server.requests)
        assert run(*command, "--json") == 0
        assert len(server.requests) == n_requests
    found = skill.SkillExplanation.model_validate_json(capsys.readouterr().out)
    assert "-> Sit lower. [2]" in told
    assert "The squat is shallower in the hold: more so in the query." in told
    assert sum(usage.calls - usage.cached_calls for usage in found.usage) == 0


def test_the_program_is_an_ordinary_module(tmp_path: Path) -> None:
    program = SkillExplainer()
    assert [name for name, _ in program.named_predictors()] == [
        "proposer.propose.predict",
        "differencer.judge.predict",
        "advice_writer.advise.predict",
    ]
    example = dspy.Example(action="squat", part="the hold", measured=[], n_faults=2, faults=[SHALLOWER])
    program.proposer.propose.predict.demos = [example.with_inputs("action", "part", "measured", "n_faults")]
    program.save(tmp_path / "explainer.json")
    other = SkillExplainer()
    other.load(tmp_path / "explainer.json")
    assert other.proposer.propose.predict.demos[0]["faults"] == [SHALLOWER]
    lm = scripted_lm(lambda asked: chat_reply(faults=[HEELS]))
    other.set_lm(lm)
    with dspy.context(adapter=dspy.ChatAdapter()):
        assert other.proposer(action="squat", part="the hold", measured=[], n_faults=2).faults == [HEELS]
    assert SHALLOWER in lm.engine.asked[0].prompt


def test_states_that_were_saved_before_the_proposer_was_a_module_are_read(tmp_path: Path) -> None:
    program, path = SkillExplainer(), tmp_path / "explainer.json"
    program.proposer.propose.predict.demos = [dspy.Example(action="squat", faults=[SHALLOWER])]
    program.save(path)
    text = path.read_text("utf-8").replace("proposer.propose.", "propose.").replace("advice_writer.advise.", "advise.")
    path.write_text(text, "utf-8")
    other = SkillExplainer()
    other.load(path)
    assert other.proposer.propose.predict.demos[0]["faults"] == [SHALLOWER]
