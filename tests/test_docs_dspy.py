"""docs/dspy.md does what it says: its code is run from top to bottom as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.optimize.compilations import data_in, everything, examples_of
from tests.support.attentive import Attentive, Everybody, Writing, truth_of
from tests.support.scripted import scripted_lm
from viddiff.programs.compiled.artifact import load
from viddiff.video import FrameStore

TEXT = (Path(__file__).parents[1] / "docs" / "dspy.md").read_text("utf-8")
CODE = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def as_before() -> Iterator[None]:
    """What ``dspy.configure`` sets, it sets for the whole process."""
    before = dict(dspy.settings.config)
    yield
    dspy.configure(**before)


@pytest.mark.usefixtures("as_before")
def test_the_code_of_the_page_runs_as_it_stands(
    own_place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = everything(examples_of(data_in(own_place), FrameStore(None)))
    models = Everybody(Attentive(truth_of(known)), Writing(sorted({example.statement for example in known})))
    (own_place / "programs").mkdir()
    lm = scripted_lm(models, "openai/gpt-4o-mini")
    monkeypatch.setattr(dspy, "LM", lambda *_, **__: lm)
    page: dict[str, Any] = {}
    for block in CODE:
        exec(compile(block, "docs/dspy.md", "exec"), page)
    said = capsys.readouterr().out
    assert "The right answer to" in said
    assert "StreamResponse(" in said
    assert page["few_shot"].judge.predict.demos
    assert load(own_place / "programs" / "few-shot").card.optimizer == "BootstrapFewShot"
    assert page["compiled"].artifact.card.optimizer == "labeled"
    assert "sure" in said
    assert isinstance(page["again"], type(page["program"]))
