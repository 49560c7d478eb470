"""The modules are ordinary dspy modules: saved, loaded, pickled, awaited and given models by dspy's own means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.programs.compiled import FOOTAGE, clip_of, compiled_differencer
from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff import optimize
from viddiff.build import localizer
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import load_settings
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.programs.compiled.artifact import load
from viddiff.programs.compiled.predictor_state import state_of
from viddiff.programs.compiled.program_loading import programs_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.signatures.clip import Clip

frames = frames_of(FOOTAGE)
QUESTION: dict[str, Any] = {
    "action": "squat",
    "video_a": clip_of("A", 1, 2),
    "video_b": clip_of("B", 3),
    "statement": "the squat is deeper",
}
PAIR: dict[str, Any] = {
    "action": "squat",
    "video_a": noise_footage(8, seed=1),
    "video_b": noise_footage(8, seed=2),
    "n_differences": 2,
}


@pytest.fixture(autouse=True)
def chat_adapter() -> Iterator[None]:
    with dspy.context(adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), trace=[], disable_history=True):
        yield


class Wrapper(dspy.Module):  # type: ignore[misc]
    """A program of a user's around a module of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = [Differencer()]

    def forward(self, **inputs: Any) -> dspy.Prediction:
        return self.looks[0](**inputs)


def uniform(**options: Any) -> VidDiff:
    return VidDiff(localizer=Localizer("uniform"), **options)


def asked_by(program: dspy.Module, inputs: dict[str, Any]) -> list[Asked]:
    lm = scripted_lm(both(lambda asked: judge_reply()))
    with dspy.context(lm=lm):
        program(**inputs)
    asked: list[Asked] = lm.engine.asked
    return sorted(asked, key=lambda one: one.prompt)


@pytest.mark.parametrize("kind", ["viddiff", "wrapper", "frozen", "pickled state"])
def test_any_program_saves_its_clips_as_references_and_loads_them_as_clips(kind: str, tmp_path: Path) -> None:
    compiled = compiled_differencer()
    compiled._compiled = kind == "frozen"
    before, after = (Wrapper(), Wrapper()) if kind == "wrapper" else (uniform(differencer=compiled), uniform())
    if isinstance(before, Wrapper):
        before.looks[0] = compiled
    path = tmp_path / ("program.pkl" if kind == "pickled state" else "program.json")
    before.save(path)
    assert compiled._compiled == (kind == "frozen")
    assert path.stat().st_size < 50_000
    assert b"base64" not in path.read_bytes()
    after.load(path, allow_pickle=path.suffix == ".pkl")
    (demos,) = [predictor.demos for predictor in after.predictors() if predictor.demos]
    assert [type(demo.video_a) for demo in demos] == [Clip, Clip]
    inputs = QUESTION if kind == "wrapper" else PAIR
    assert asked_by(after, inputs) == asked_by(before, inputs)
    again = tmp_path / f"again{path.suffix}"
    after.save(again)
    assert again.read_bytes() == path.read_bytes() or path.suffix == ".pkl"


def test_a_frozen_stage_is_loaded_into() -> None:
    saved, program = uniform(differencer=compiled_differencer()), uniform()
    program.differencer._compiled = True
    program.load_state(saved.dump_state())
    assert program.differencer._compiled
    assert state_of(program.differencer) == state_of(saved.differencer)


def test_a_whole_program_is_saved_without_its_models(tmp_path: Path) -> None:
    settings = load_settings(cache_dir=tmp_path / "cache")
    secret = dspy.LM("openai/secret-model", api_key="sk-secret-0123456789")
    before = VidDiff(LMs(secret), differencer=compiled_differencer(), localizer=localizer(settings), threads=3)
    before.save(tmp_path / "program", save_program=True)
    assert not [path for path in (tmp_path / "program").iterdir() if b"secret-" in path.read_bytes()]
    after = dspy.load(str(tmp_path / "program"), allow_pickle=True)
    assert isinstance(after, VidDiff)
    assert after.lms is None
    assert after.throttle.most == 3
    assert after.localizer.encoder is not None
    assert after.localizer.encoder.key == before.localizer.encoder.key  # type: ignore[union-attr]
    assert after.localizer.store.root == tmp_path / "cache" / "embeddings"
    assert state_of(after.differencer) == state_of(before.differencer)
    after.localizer = Localizer("uniform")
    assert asked_by(after, PAIR)


@pytest.mark.parametrize(
    ("program", "inputs"),
    [(Differencer(), QUESTION), (Proposer(), {"action": "squat", "n_differences": 2}), (uniform(), PAIR)],
)
def test_each_module_can_be_awaited(program: dspy.Module, inputs: dict[str, Any]) -> None:
    lm = scripted_lm(both(lambda asked: judge_reply("b")))

    async def several() -> list[dspy.Prediction]:
        return list(await asyncio.gather(*(program.acall(**inputs) for _ in range(3))))

    with dspy.context(lm=lm, trace=[]):
        found = asyncio.run(several())
        assert dspy.settings.trace
        straight = program(**inputs)
    assert [dict(one) for one in found] == [dict(straight)] * 3


def test_what_a_call_raises_is_raised_when_it_is_awaited() -> None:
    with dspy.context(lm=scripted_lm(lambda asked: "no form at all")), pytest.raises(dspy.AdapterParseError):
        asyncio.run(Differencer(1).acall(**QUESTION))


@pytest.mark.parametrize("stage", ["proposer", "differencer"])
def test_a_stage_with_a_model_of_its_own_beside_lms_is_refused(stage: str) -> None:
    own, counted = (scripted_lm(both(lambda asked: judge_reply())) for _ in range(2))
    lms = LMs(counted)
    program = uniform(lms=lms)
    getattr(program, stage).set_lm(own)
    signature = {"proposer": "ProposeDifferences", "differencer": "JudgeDifference"}[stage]
    with pytest.raises(UsageError, match=rf"The predictor of {signature} has a model of its own.*set_lm\(None\)"):
        program(**PAIR)
    assert not own.engine.asked
    getattr(program, stage).set_lm(None)
    assert program(**PAIR).outcome.differences
    assert sum(usage.calls for usage in lms.usage) == len(counted.engine.asked)


def test_without_lms_models_are_given_as_dspy_has_it() -> None:
    text, vision = (scripted_lm(both(lambda asked: judge_reply())) for _ in range(2))
    program = uniform()
    program.differencer.set_lm(vision)
    with dspy.context(lm=text):
        program(**PAIR)
    assert all(asked.images for asked in vision.engine.asked)
    assert not any(asked.images for asked in text.engine.asked)


def test_a_file_of_dspys_is_named_as_such_and_becomes_a_program(tmp_path: Path) -> None:
    compiled = compiled_differencer()
    compiled.set_lm(dspy.LM("openai/own"))
    compiled.save(tmp_path / "state.json")
    with pytest.raises(InputError, match=r"was written by dspy's save.*viddiff\.optimize\.save"):
        load(tmp_path / "state.json")
    path = optimize.save(compiled, tmp_path / "made", optimizer="MyOptimizer", data="my clips")
    assert compiled.get_lm().model == "openai/own"
    assert "openai/own" not in path.read_text()
    artifact = load(path)
    assert (artifact.card.optimizer, artifact.card.data) == ("MyOptimizer", "my clips")
    assert artifact.card.caution is None
    (loaded,) = programs_of(path)
    assert state_of(loaded) == state_of(compiled)
    assert json.loads(path.read_text())["card"]["models"] == {}
