"""docs/extending.md does what it says: its examples run from top to bottom as printed."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dspy
import pytest

import viddiff
from tests.optimize.compilations import everything, examples_of
from tests.support.attentive import Attentive, truth_of
from tests.support.scripted import Asked, chat_reply, scripted_lm
from viddiff import build
from viddiff.core.registry import Registry
from viddiff.eval.formats import FORMATS
from viddiff.eval.skilldiff.forms import FORMS
from viddiff.eval.stepdiff.controls import CONTROLS
from viddiff.eval.stepdiff.methods import METHODS as STEP_METHODS
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.methods import METHODS
from viddiff.localizer.strategies import STRATEGIES
from viddiff.motion.pose.estimators import KINDS
from viddiff.motion.quantities import QUANTITIES
from viddiff.optimize.components import COMPILABLE
from viddiff.optimize.registry import OPTIMIZERS
from viddiff.programs.compiled.registry import COMPONENTS
from viddiff.report.terminal.program import compiled_view
from viddiff.video import FrameStore

TEXT = (Path(__file__).parents[1] / "docs" / "extending.md").read_text("utf-8")
CODE = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
REGISTRIES: tuple[Registry[Any], ...] = (
    *(STRATEGIES, build.METHODS, METHODS, FORMATS, KINDS, QUANTITIES, STEP_METHODS, CONTROLS, FORMS),
    *(OPTIMIZERS, COMPONENTS, COMPILABLE),
)


@pytest.fixture
def registries_as_before() -> Iterator[None]:
    """What is registered is registered for the whole process."""
    with contextlib.ExitStack() as stack:
        for registry in REGISTRIES:
            stack.enter_context(registry.temporary())
        yield


@pytest.mark.usefixtures("registries_as_before", "own_place")
def test_the_examples_run_as_printed(
    bench: Path, steps: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What the page says to render.
    assert "\nviddiff synth --pairs 6 --out synth\nviddiff synth --task step --pairs 7 --out steps\n" in TEXT
    # Links that lead out of the folder of the data are refused.
    shutil.copytree(bench, "synth")
    Path("steps").symlink_to(steps)
    data = load_data("synth/rows.jsonl"), Path("synth"), Path("synth/rows.jsonl")
    judging = Attentive(truth_of(everything(examples_of(data, FrameStore(None)))))

    def answer(asked: Asked) -> str:
        return chat_reply(part="knees") if asked.asks_for("part") else judging(asked)

    lm = scripted_lm(answer, "openai/gpt-4o-mini")
    monkeypatch.setattr(dspy, "LM", lambda *_, **__: lm)
    page: dict[str, Any] = {"__name__": "extending"}
    for block in CODE:
        exec(compile(block, "docs/extending.md", "exec"), page)
    assert capsys.readouterr().out.splitlines() == [
        "down: 1.50 to 2.25 s",
        "up: 2.25 to 2.92 s",
        "shorter a",
        "0.62 of 42 statements are judged correctly",
        "{'0': 'a'} 0.0",
        "standing/1 oblique (35, 33, 2)",
        "0.25 torsos",
        "{'tau-b': 0.19}",
        "{'tau-b': -0.3}",
        "[('vault/ann', 'vault/ann.mp4', 8.5), ('vault/bob', 'vault/bob.mp4', 7.0)]",
        "first",
        "knees",
        "4 of 4 right, 0 failed",
        "4 of 4 right, 0 failed",
    ]
    records = [json.loads(line) for line in Path("parts/journal.jsonl").read_text().splitlines()]
    answers = [record["item"] for record in records if record["type"] == "answer"]
    assert sorted(answers) == sorted(example.statement for example in page["examples"])
    clips = [f"synth/videos/squat_0000_{side}.mp4" for side in "ab"]
    compared = viddiff.compare(*clips, action="squat", differences=["the squat is deeper"], pose="standing")
    assert compared.differences[0].verdict.answer == "c"
    assert page["evaluation"].rows == viddiff.evaluate("synth/rows.jsonl", "longer", out="runs/longer").rows
    assert len(page["program"].predictors()[0].demos) == 1
    assert (page["namer"].artifact.component, page["namer"].artifact.card.metric) == ("namer", "right parts")
    assert "  viddiff parts ... --program namer --lm ..." in list(compiled_view(page["namer"].artifact, Path("namer")))
