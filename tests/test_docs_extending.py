"""docs/extending.md does what it says: its examples run from top to bottom as printed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.motion.drawn import still
from tests.optimize.compilations import data_in, everything, examples_of
from tests.support.attentive import Attentive, truth_of
from tests.support.scripted import scripted_lm
from viddiff.eval.formats import FORMATS
from viddiff.eval.viddiffbench.methods import METHODS
from viddiff.localizer.strategies import STRATEGIES
from viddiff.motion.measurement.evaluate import evaluate
from viddiff.motion.measurement.spec import MeasurementSpec
from viddiff.motion.quantities import QUANTITIES
from viddiff.optimize.registry import OPTIMIZERS
from viddiff.video import FrameStore

TEXT = (Path(__file__).parents[1] / "docs" / "extending.md").read_text("utf-8")
CODE = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def registries_as_before() -> Iterator[None]:
    """What is registered is registered for the whole process."""
    with contextlib.ExitStack() as held:
        for registry in (STRATEGIES, METHODS, FORMATS, QUANTITIES, OPTIMIZERS):
            held.enter_context(registry.temporary())
        yield


@pytest.mark.usefixtures("registries_as_before")
def test_the_examples_run_as_printed(
    own_place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_place / "pairs").mkdir()
    known = everything(examples_of(data_in(own_place / "pairs"), FrameStore(None)))
    lm = scripted_lm(Attentive(truth_of(known)), "openai/gpt-4o-mini")
    monkeypatch.setattr(dspy, "LM", lambda *_, **__: lm)
    page: dict[str, Any] = {"__name__": "extending"}
    for block in CODE:
        exec(compile(block, "docs/extending.md", "exec"), page)
    said = capsys.readouterr().out
    assert "Segment(stage='down', start_s=0.75" in said
    assert {row.answer for row in page["made"].rows} == {"b"}
    assert page["made"].rows == page["viddiff"].evaluate("pairs", "longer", out="runs/longer").rows
    assert "{'0': 'a'} " in said
    reading = evaluate(MeasurementSpec(quantity="hand_over_elbow", side="left"), *still("side", 1, {}))
    assert reading.value is not None
    assert reading.value < 0
    assert page["program"].artifact.card.optimizer == "first"
    assert len(page["program"].predictors()[0].demos) == 1
