"""docs/stepdiff.md does what it says: its commands are run as they stand."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.programs.stepdiff.answers import given
from tests.support.scripted import Asked, chat_reply
from tests.support.step_language import language_of
from tests.support.step_truth import TruthfulModel, clips_in, serve
from viddiff.cli import main
from viddiff.eval.stepdiff.controls import CONTROLS
from viddiff.eval.stepdiff.items import RankItem
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.methods import METHODS
from viddiff.eval.stepdiff.predictions import write_predictions
from viddiff.report.stepdiff.terminal_scores import ROUTES

TEXT = (Path(__file__).parents[1] / "docs" / "stepdiff.md").read_text("utf-8")
ALL_COMMANDS = [line for line in TEXT.splitlines() if line.startswith("viddiff ")]
OF_PROJECTOR = [line for line in ALL_COMMANDS if "projector" in line]
COMMANDS = [line for line in ALL_COMMANDS if line not in OF_PROJECTOR]


class Seer(TruthfulModel):
    """A model that is asked for the first time when the clips are there, and knows the truth about them."""

    def __init__(self) -> None:
        items = [item for name in ("diffcap", "diffrank") for item in load_items(Path(f"steps/{name}.jsonl")).items]
        super().__init__(clips_in(Path("steps/videos")), items)

    def __call__(self, asked: Asked) -> str:
        if asked.asks_for("answerable"):
            seen = {"seen_reference": "upright", "seen_candidate": "deep", "answerable": "yes", "confidence": 0.9}
            return chat_reply(answer="The candidate.", frames_reference=[1], frames_candidate=[1], **seen)
        if asked.asks_for("summary"):
            made = {"question": "Which tool?", "answer": "The second takes a whisk.", "kind": "difference"}
            return chat_reply(summary="", items=[made])
        if asked.asks_for("supported"):
            return chat_reply(reason="read", answerable_from="both", supported=True)
        if "only one is known" in asked.system:
            return chat_reply(answer="")
        if asked.asks_for("doing"):
            return chat_reply(doing="A person squats.")
        if asked.asks_for("steps"):
            last = max(map(int, given(asked, "lines")))
            return chat_reply(task="exercise", steps=[{"name": "squat", "first_line": 1, "last_line": last}])
        if asked.asks_for("matches"):
            return chat_reply(matches=[{"key": "1", "candidate": "1", "similarity": 100}])
        return super().__call__(asked)


def lay_out_clips() -> str:
    """The files that the page names, from the rendered ones; a category in which they are ranked."""
    item = load_items(Path("steps/diffrank.jsonl")).items[0]
    assert isinstance(item, RankItem)
    videos, candidates = Path("steps/videos"), Path("candidates")
    candidates.mkdir()
    Path("reference.mp4").hardlink_to(videos / f"{item.reference.video}.mp4")
    for clip in item.candidates:
        (candidates / f"{clip.video}.mp4").hardlink_to(videos / f"{clip.video}.mp4")
    captions = ({"text": f"stirs with a {tool} on a low flame"} for tool in ("whisk", "spoon"))
    rows = ({"clip": f"v{i}_0_5", "keystep": "fry onions", "captions": [one]} for i, one in enumerate(captions))
    Path("clips.jsonl").write_text("\n".join(map(json.dumps, rows)))
    Path("said.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nNow squat.\n")
    Path("mine.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nAnd down.\n")
    Path("mine.mp4").hardlink_to(videos / f"{item.candidates[0].video}.mp4")
    return item.category


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints; it must succeed."""
    with pytest.raises(SystemExit) as left:
        main(shlex.split(command)[1:])
    said, errors = capsys.readouterr()
    assert left.value.code == 0, f"{command}\n{errors}"
    return said


def test_the_commands_run(steps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) == 15
    rendering, *rest = sorted(COMMANDS, key=lambda command: not command.startswith("viddiff synth"))
    # The fixture has run this command, with nine clips less than the page says.
    assert rendering == "viddiff synth --task step --pairs 16 --out steps"
    Path("steps").mkdir()
    for made in steps.iterdir():
        Path("steps", made.name).symlink_to(made)
    category = lay_out_clips()
    data = load_items(Path("steps/diffrank.jsonl"))
    write_predictions(Path("steps/predictions.jsonl"), data, CONTROLS["untied"](data, 0))
    with serve(Seer()) as server:
        place = f" --api-base {server.url}"
        ranked = f'--category "{category}"'
        rest = [command.replace("--category Technique", ranked) for command in rest]
        said = {command: run(command + (place if "--lm" in command else ""), capsys) for command in rest}
    told = {" ".join(command.split()[1:3]): text for command, text in said.items()}
    assert "tau-b" in told["score steps/predictions.jsonl"]
    assert "1.000 of the captions agree" in " ".join(told["score runs/captions/predictions.jsonl"].split())
    assert Path("exports/side_by_side.mp4").exists()
    assert "paper: StepDiff" in told["table steps/ours.json"]
    assert "The candidate." in told["steps ask"]
    assert "no difference seen" in told["steps compare"]
    assert "1 questions: 1 kept" in told["steps make-data"]
    assert "step 1" in told["steps compare"]
    assert Path("found.html").exists()
    for folder in ("captions", "ranks"):
        assert Path("runs", folder, "predictions.jsonl").exists()


def test_a_projector_is_trained_and_asked(steps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("steps").symlink_to(steps)
    lay_out_clips()
    language_of(steps, Path("language"))
    short = " --held-out 0.5 --steps 2 --batch 4 --frames 4 --width 16"
    train, *asked = OF_PROJECTOR
    assert "rows held out" in run(train + short, capsys)
    said = [run(command, capsys) for command in asked]
    assert "by the likelihood of a whole answer" in " ".join(said[0].split())
    assert len(said) == 3


def test_the_controls_of_the_page_are_those_that_there_are() -> None:
    section = TEXT.split("## Controls")[1].split("##")[0]
    assert [name for name in CONTROLS if f"`{name}`" not in section] == []


def test_the_page_names_every_method_and_where_scores_come_from() -> None:
    table = TEXT.split("| `--method` |")[1].split("## Predictions")[0]
    names = [
        name.replace("vlembed-", "-") if name not in ("vlembed", "vlembed-reference") else name for name in METHODS
    ]
    assert [name for name in (*names, *ROUTES) if f"`{name}`" not in table] == []
