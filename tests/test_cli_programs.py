"""``viddiff programs`` and ``--program`` on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.eval.runs import make_pairs, serving, settled
from tests.programs.compiled import FOOTAGE, artifact, compiled_differencer, compiled_proposer
from tests.support.frames import frames_of
from tests.support.scripted import scripted_lm
from viddiff.api import compare
from viddiff.cli import main
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings, load_settings
from viddiff.eval.manifest import claim
from viddiff.eval.viddiffbench.evaluate import evaluate
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.programs.compiled.artifact import load, restore, save
from viddiff.programs.compiled.program_card import PartScore

frames = frames_of(FOOTAGE)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save(artifact(), tmp_path / "differencer-gepa")


def test_show_tells_the_card_the_scores_and_the_changed_instructions(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "programs", "show", str(saved))
    assert code == 0
    for told in ("differencer, compiled by gepa", "53.0 [45, 60]", "+8.0 [+1, +15]", "+Look at the hips."):
        assert told in out
    code, out, _ = run(capsys, "programs", "show", str(saved), "--json")
    document = json.loads(out)
    assert document["card"]["optimizer"] == "gepa"
    assert "+Look at the hips." in document["instructions_diff"]["judge.predict"]


def test_show_prints_hostile_text_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(artifact(data="[red]x[/red]\x1b[2J\u202e", notices=("[link=http://evil]a[/link]",)), tmp_path / "p")
    code, out, _ = run(capsys, "programs", "show", str(path))
    assert code == 0
    assert "[red]x[/red]" in out
    assert "[link=http://evil]" in out
    assert "\x1b[2J" not in out
    assert "\u202e" not in out


def test_every_use_tells_of_a_program_that_is_no_better_on_val(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    val = PartScore(part="val", name="closed accuracy", n=24, before=0.667, after=0.417)
    path = save(artifact(scores=(val,)), tmp_path / "worse")
    says = "although compiling made it no better on val (66.7 % before, 41.7 % after)"
    pairs = make_pairs(tmp_path, 1)
    with serving() as server:
        used = ("--program", str(path), "--localizer", "uniform", "--lm", "openai/x", "--api-base", server.url)
        videos = (str(tmp_path / "0a.mp4"), str(tmp_path / "0b.mp4"))
        _, out, _ = run(capsys, "compare", *videos, "--action", "squat", "--difference", "the squat is deeper", *used)
        assert says in " ".join(out.split())
        code, _, err = run(capsys, "eval", "--data", str(pairs), "--out", str(tmp_path / "run"), *used)
        assert code == 0
        assert says in err


def test_export_writes_copies_for_others(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "programs", "export", str(saved), "--out", str(tmp_path / "whole"), "--embed")
    assert code == 0
    assert "whole.json" in err
    assert len(load(tmp_path / "whole").frames) == 16
    code, _, _ = run(capsys, "programs", "export", str(saved), "--out", str(tmp_path / "bare"), "--strip-demos")
    assert code == 0
    assert "video_a" not in load(tmp_path / "bare").state["judge.predict"].demos[0]
    code, _, err = run(capsys, "programs", "show", str(tmp_path / "nothing"))
    assert code == 3
    assert "cannot be read" in err


def test_compare_runs_compiled_programs_and_says_which(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = make_pairs(tmp_path, 1).parent
    proposer = save(artifact(compiled_proposer()), tmp_path / "proposer-mipro")
    with serving() as server:
        code, out, _ = run(
            capsys,
            *("compare", str(pairs / "0a.mp4"), str(pairs / "0b.mp4"), "--action", "squat", "--json"),
            *("--program", str(saved), "--program", str(proposer), "--localizer", "uniform"),
            *("--lm", "openai/x", "--api-base", server.url, "--no-cache"),
        )
        asked = [request.prompt for request in server.requests]
    assert code == 0
    document = json.loads(out)
    assert document["programs"] == {"differencer": load(saved).label, "proposer": load(proposer).label}
    assert str(tmp_path) not in out
    assert any("Look at the hips." in prompt for prompt in asked)
    assert any("Split it well." in prompt for prompt in asked)


def test_a_dry_run_is_of_the_method_that_runs_the_program(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = make_pairs(tmp_path, 1).parent
    command = ("compare", str(pairs / "0a.mp4"), str(pairs / "0b.mp4"), "--action", "squat", "--lm", "openai/x")
    planned = {}
    for more in ((), ("--program", str(saved))):
        code, out, _ = run(capsys, *command, "--dry-run", "--json", *more)
        assert code == 0
        planned[more] = json.loads(out)["program"]
    assert list(planned.values()) == ["two_looks", "viddiff"]


def test_a_program_that_cannot_be_run_is_refused_before_anything_is_asked(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved.write_text(saved.read_text().replace("hips", "lips"))
    with serving() as server:
        command = ("compare", "a.mp4", "b.mp4", "--action", "squat", "--program", str(saved))
        code, _, err = run(capsys, *command, "--lm", "openai/x", "--api-base", server.url)
        assert (code, len(server.requests)) == (3, 0)
        assert "was changed or damaged" in err
    code, _, err = run(capsys, *command)
    assert code == 2
    assert "--program needs a model" in err


@pytest.mark.parametrize("give", [str, Path, load, lambda path: restore(load(path)), lambda path: [path]])
def test_in_python_compare_takes_what_viddiff_takes(give: Callable[[Path], Any], saved: Path, tmp_path: Path) -> None:
    pairs = make_pairs(tmp_path, 1).parent
    proposer = artifact(compiled_proposer())
    videos = (pairs / "0a.mp4", pairs / "0b.mp4")
    options: dict[str, Any] = {"action": "squat", "settings": Settings(localizer="uniform", cache=False)}
    lm = scripted_lm(settled)
    named = give(saved)
    found = compare(*videos, lm=lm, program=named, **options)
    assert found.programs == {"differencer": load(saved).label}
    assert any("Look at the hips." in asked.system for asked in lm.engine.asked)
    listed = named if isinstance(named, list) else [named]
    found = compare(*videos, lm=lm, program=[*listed, proposer], **options)
    assert set(found.programs) == {"proposer", "differencer"}


def test_in_python_what_is_no_program_is_one_sentence(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="program cannot be int: give a file"):
        compare("a.mp4", "b.mp4", action="squat", lm="openai/x", program=5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"'none\.json' cannot be read"):
        compare("a.mp4", "b.mp4", action="squat", lm="openai/x", program="none")
    with pytest.raises(UsageError, match="needs a model"):
        compare("a.mp4", "b.mp4", action="squat", program=saved)


def test_one_path_is_a_list_of_programs_in_settings(monkeypatch: pytest.MonkeyPatch, own_place: Path) -> None:
    assert load_settings(program="p.json").program == (Path("p.json"),)
    monkeypatch.setenv("VIDDIFF_PROGRAM", "p.json")
    assert load_settings().program == (Path("p.json"),)
    monkeypatch.setenv("VIDDIFF_PROGRAM", '["p.json", "q.json"]')
    assert load_settings().program == (Path("p.json"), Path("q.json"))
    monkeypatch.delenv("VIDDIFF_PROGRAM")
    (own_place / "viddiff.toml").write_text('program = "p.json"')
    assert load_settings().program == (Path("p.json"),)


def test_another_program_is_another_run_and_runs_without_any_go_on(saved: Path, tmp_path: Path) -> None:
    pairs = make_pairs(tmp_path, 1)
    options = EvalOptions(data=str(pairs), localizer="uniform")
    with serving() as server:
        settings = {"lm": "openai/x", "api_base": server.url, "cache": False}
        evaluate(options, Settings(**settings), tmp_path / "run", lambda *_: None)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"programs.differencer: None -> "):
            evaluate(options, Settings(program=(saved,), **settings), tmp_path / "run", lambda *_: None)  # type: ignore[arg-type]
        n_asked = len(server.requests)
        result = evaluate(options, Settings(program=(saved,), **settings), tmp_path / "other", lambda *_: None)  # type: ignore[arg-type]
        assert result.manifest.programs == {"differencer": load(saved).digest}
        assert all(
            "Look at the hips." in request.prompt for request in server.requests[n_asked:] if len(request.images) > 4
        )
    with pytest.raises(UsageError, match="cannot run a compiled differencer"):
        evaluate(options.model_copy(update={"method": "measured"}), Settings(program=(saved,)), tmp_path / "m", print)
    # A run folder that was made before there were programs.
    before = result.manifest.model_copy(update={"programs": {}})
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "manifest.json").write_text(before.model_dump_json(exclude={"programs"}))
    claim(tmp_path / "old", Manifest.model_validate(before.model_dump()))


def test_a_missing_program_is_said_before_the_videos_are_read(tmp_path: Path) -> None:
    options = EvalOptions(data=str(make_pairs(tmp_path, 1)))
    with pytest.raises(InputError, match="cannot be read"):
        evaluate(options, Settings(program=(tmp_path / "none",), lm="openai/x"), tmp_path / "run", lambda *_: None)


def test_programs_is_a_command() -> None:
    assert "programs" in sys.modules["viddiff.cli"].app.commands


def test_frames_of_examples_are_looked_for_in_the_cache_folder_of_the_settings(tmp_path: Path) -> None:
    from tests.support.loaded import jpeg_of
    from viddiff.build import compiled_programs
    from viddiff.core.types import FrameRef
    from viddiff.signatures.clip import Clip
    from viddiff.video import FrameStore

    named = tmp_path / "named by the flag"
    store = FrameStore(named)
    ref = FrameRef(time_s=0, ref=store.put(jpeg_of(np.full((48, 64, 3), 77, dtype=np.uint8))))
    differencer = compiled_differencer(1)
    demo = differencer.judge.predict.demos[0]
    demo["video_a"], demo["video_b"] = Clip.of("A", (ref,)), Clip.of("B", (ref,))
    path = save(artifact(differencer), tmp_path / "program")
    with pytest.raises(InputError, match="1 of 1 frames"):
        compiled_programs(Settings(lm="openai/x", program=(path,)), has_lm=True)
    (program,) = compiled_programs(Settings(lm="openai/x", program=(path,), cache_dir=named), has_lm=True)
    assert program.artifact.label == load(path).label
