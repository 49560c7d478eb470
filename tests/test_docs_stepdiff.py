"""docs/stepdiff.md does what it says: its commands are run as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from viddiff.cli import main
from viddiff.eval.stepdiff.controls import CONTROLS
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.predictions import write_predictions

TEXT = (Path(__file__).parents[1] / "docs" / "stepdiff.md").read_text("utf-8")
COMMANDS = [line for line in TEXT.splitlines() if line.startswith("viddiff ")]


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 5
    said = {}
    for command in COMMANDS:
        if command.startswith("viddiff score"):
            data = load_items(Path("steps/diffrank.jsonl"))
            write_predictions(Path("steps/said.jsonl"), data, CONTROLS["untied"](data, 0))
        # Eight clips less are rendered than the page says.
        with pytest.raises(SystemExit) as left:
            main(shlex.split(command.replace("--pairs 16", "--pairs 8 --workers 1"))[1:])
        said[command.split()[1]], errors = capsys.readouterr()
        assert left.value.code == 0, f"{command}\n{errors}"
    assert "tau-b" in said["score"]
    assert "paper: StepDiff" in said["table"]


def test_the_controls_of_the_page_are_those_that_there_are() -> None:
    section = TEXT.split("## Controls")[1].split("##")[0]
    assert [name for name in CONTROLS if f"`{name}`" not in section] == []
