"""docs/compile.md does what it says: its commands are run as they stand, and its table is that of the code."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eval.runs import serving
from tests.support.attentive import Attentive, Everybody, Writing, truth_of
from tests.support.scripted import Asked, scripted_lm
from tests.support.servers import OpenAIServer
from viddiff.cli import main
from viddiff.core.settings import load_settings
from viddiff.eval.viddiffbench.data import load_data
from viddiff.lms import LMs
from viddiff.optimize.compiler import source_of
from viddiff.optimize.registry import OPTIMIZERS
from viddiff.optimize.request import request_of
from viddiff.programs.compiled.artifact import load
from viddiff.video import FrameStore

TEXT = (Path(__file__).parents[1] / "docs" / "compile.md").read_text("utf-8")
COMMANDS = [line for line in TEXT.splitlines() if line.startswith("viddiff ")]


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as left:
        main(shlex.split(command)[1:])
    said = capsys.readouterr()
    assert left.value.code == 0, f"{command}\n{said.err}"
    return said.out


class Later:
    """A model that is told what is true of the rendered pairs."""

    def __init__(self) -> None:
        self.model: Everybody | None = None

    def __call__(self, asked: Asked) -> str:
        assert self.model is not None
        return self.model(asked)

    def learn(self) -> None:
        data = load_data("synth/rows.jsonl")
        settings = load_settings()
        nobody = LMs(scripted_lm(lambda asked: ""))
        wanted = request_of(component="differencer", by="pair", options={"max_metric_calls": 60})
        source = source_of(wanted, data, Path("synth"), settings, nobody)
        examples = source.read(FrameStore(settings.cache_dir), lambda *_: None)
        everything = [*examples.train, *examples.val, *examples.test]
        statements = sorted({example.statement for example in everything})
        self.model = Everybody(Attentive(truth_of(everything)), Writing(statements))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Later, OpenAIServer]]:
    later = Later()
    with serving(later) as server:
        # Everything goes to this machine, whatever provider a command names.
        monkeypatch.setenv("VIDDIFF_API_BASE", server.url)
        monkeypatch.setenv("VIDDIFF_ATTEMPTS", "1")
        yield later, server


def test_the_commands_of_the_tutorial_run_as_they_stand(
    model: tuple[Later, OpenAIServer], bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later, server = model
    # What this renders is there already, as other tests need it too.
    assert COMMANDS[0] == "viddiff synth --pairs 6 --out synth"
    Path("synth").symlink_to(bench)
    later.learn()
    n_before = 0
    for command in COMMANDS[1:]:
        out = run(command, capsys)
        if "--dry-run" in command:
            assert len(server.requests) == n_before
            assert "nothing was sent" in out
        if command.startswith("viddiff programs show"):
            assert "compiled by gepa" in out
            assert "+Compare the two videos." in out
        n_before = len(server.requests)
    assert load(Path("programs/differencer-gepa")).card.scores[1].after is not None
    assert load(Path("shared/differencer")).card == load(Path("programs/differencer-gepa")).card
    assert {request.body["model"] for request in server.requests} >= {"gpt-4o-mini", "gpt-5", "gpt-4o", "qwen2.5-vl"}


def test_the_table_of_optimizers_is_that_of_the_code() -> None:
    rows = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("| `")]
    told = {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}
    assert list(told) == list(OPTIMIZERS)
    for name in OPTIMIZERS:
        optimizer = OPTIMIZERS[name]
        _, instructions, demos, least, reflects = told[name]
        needs = f"{optimizer.min_train} train" + (f", {optimizer.min_val} val" if optimizer.min_val else "")
        yes = {True: "yes", False: "no"}
        assert (instructions, demos, least, reflects) == (
            yes[optimizer.instructions],
            yes[optimizer.demos],
            needs,
            yes[optimizer.reflects],
        ), name
