"""Every program class of the package is an ordinary dspy module."""

from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import dspy
import pytest

import viddiff.programs
from tests.support.loaded import noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import scripted_lm
from viddiff.core.errors import UsageError
from viddiff.core.types import Segment
from viddiff.lms import LMs
from viddiff.localizer.localizer import Localizer
from viddiff.programs.predict import AsyncModule, ClipPredict
from viddiff.programs.skilldiff.explainer import ShownPart, SkillExplainer
from viddiff.programs.stepdiff.answerer import StepAnswerer
from viddiff.programs.stepdiff.captioner import StepCaptioner
from viddiff.programs.stepdiff.finder import StepFinder
from viddiff.programs.stepdiff.instructions import InstructionComparer
from viddiff.programs.stepdiff.ranker import StepRanker
from viddiff.programs.viddiff.baseline import Baseline
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.two_looks import TwoLooks
from viddiff.video.transcript import Cue

A, B = noise_footage(8, seed=1), noise_footage(8, seed=2)
PAIR = {"action": "squat", "video_a": A, "video_b": B, "n_differences": 2}
STEP = {"step": "squat", "reference": A, "candidate": B}
PART = Segment(stage="down", start_s=0.0, stop_s=1.0)
FRAMES = (A.sequence.frame(0),)
#: What each program is given that asks models by role.
INPUTS: dict[type[AsyncModule], dict[str, Any]] = {
    VidDiff: PAIR,
    TwoLooks: PAIR,
    Baseline: PAIR,
    StepCaptioner: STEP,
    StepAnswerer: {"question": "why?", "reference": A, "candidate": B},
    StepRanker: {"reference": A, "candidates": [B], "category": "Technique"},
    StepFinder: {"video": A, "cues": [Cue(0.0, 1.0, "Chop them.")]},
    InstructionComparer: {"reference": A, "candidate": B},
    SkillExplainer: {"action": "squat", "parts": [ShownPart(PART, 1.0, FRAMES, FRAMES)]},
}


def program_classes() -> list[type[dspy.Module]]:
    """Every module class of the package."""
    return [
        value
        for module in pkgutil.walk_packages(viddiff.programs.__path__, "viddiff.programs.")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, type) and issubclass(value, dspy.Module) and value.__module__ == module.name
        if value not in (AsyncModule, ClipPredict)
    ]


def made(kind: type[dspy.Module], **options: Any) -> Any:
    """A program; what needs a trained projector gets something that stands for it."""
    if kind is VidDiff:
        options["localizer"] = Localizer("uniform")
    return kind(None, **options) if kind.__name__.startswith("Projected") else kind(**options)


def parts_of(program: dspy.Module) -> list[dspy.Module]:
    """The programs within a program."""
    return [part for _, part in program.named_sub_modules(AsyncModule) if part is not program]


PROGRAMS = program_classes()
COMPOSITES = [kind for kind in PROGRAMS if parts_of(made(kind))]


@pytest.mark.parametrize("kind", PROGRAMS)
def test_every_program_is_awaited_copied_saved_loaded_and_given_a_model(
    kind: type[dspy.Module], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert issubclass(kind, AsyncModule)
    assert "forward" in vars(kind)
    program = copy.deepcopy(made(kind))
    for predictor in program.predictors():
        predictor.demos = [dspy.Example(reason="seen")]
    program.save(tmp_path / "program.json")
    fresh = made(kind)
    fresh.load(tmp_path / "program.json")
    assert fresh.dump_state() == program.dump_state()
    assert all(predictor.demos for predictor in fresh.predictors())
    lm = dspy.LM("openai/own")
    program.set_lm(lm)
    assert all(predictor.lm is lm for predictor in program.predictors())
    monkeypatch.setattr(kind, "forward", lambda self, **inputs: dspy.Prediction(**inputs))
    assert asyncio.run(program.acall(word="seven")).word == "seven"


@pytest.mark.parametrize("kind", COMPOSITES)
def test_a_part_that_an_optimizer_froze_is_saved_and_loaded(kind: type[dspy.Module], tmp_path: Path) -> None:
    program, fresh = made(kind), made(kind)
    for predictor in program.predictors():
        predictor.demos = [dspy.Example(reason="seen")]
    whole = program.dump_state()
    for part in parts_of(program):
        part._compiled = True
    program.save(tmp_path / "program.json")
    fresh.load(tmp_path / "program.json")
    assert fresh.dump_state() == program.dump_state() == whole
    assert all(part._compiled for part in parts_of(program))
    assert not any(part._compiled for part in parts_of(fresh))


def test_the_programs_that_ask_by_role_are_all_here() -> None:
    assert {kind for kind in PROGRAMS if "lms" in inspect.signature(kind.__init__).parameters} == set(INPUTS)


@pytest.mark.parametrize("kind", list(INPUTS))
@pytest.mark.parametrize("frozen", [False, True])
def test_a_model_of_its_own_beside_lms_is_refused(kind: type[AsyncModule], frozen: bool) -> None:
    own, counted = (scripted_lm(both(lambda asked: judge_reply())) for _ in range(2))
    program = made(kind, lms=LMs(counted))
    program.set_lm(own)
    for part in parts_of(program):
        part._compiled = frozen
    with pytest.raises(UsageError, match=r"has a model of its own.*set_lm\(None\)"):
        program(**INPUTS[kind])
    assert not own.engine.asked
    assert not counted.engine.asked
