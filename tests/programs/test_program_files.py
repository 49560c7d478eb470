"""Several compiled programs in one file: each for another component, and each method runs its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.programs.compiled import artifact
from viddiff import build
from viddiff.cli import main
from viddiff.core.errors import InputError, UsageError
from viddiff.core.settings import Settings
from viddiff.programs.compiled.artifact import add, load, load_all, save
from viddiff.programs.compiled.program_loading import programs_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.viddiff.finder import Finder
from viddiff.programs.viddiff.judge import Judge
from viddiff.programs.viddiff.proposer import Proposer


def components(path: Path) -> list[str]:
    return [one.component for one in load_all(path)]


def test_a_program_is_added_beside_those_for_other_components(tmp_path: Path) -> None:
    path = add(artifact(Finder()), tmp_path / "all")
    assert load(path).component == "finder"
    add(artifact(Differencer()), path)
    changed = add(artifact(Finder(), data="other"), path)
    assert components(path) == ["differencer", "finder"]
    assert load_all(changed)[1].card.data == "other"
    with pytest.raises(InputError, match=r"holds 2 programs \(differencer, finder\)"):
        load(path)


def test_each_method_runs_its_own_of_a_file(tmp_path: Path) -> None:
    path = save([artifact(one) for one in (Finder(), Judge(), Differencer(), Proposer())], tmp_path / "p")
    settings = Settings(lm="x/y", program=(path,))
    compiled = build.compiled_programs(settings, has_lm=True)
    assert build.method_name(settings, compiled) == "two_looks"
    used = {
        method: [type(one).__name__ for one in build.programs_of_method(method, settings, compiled)]
        for method in ("two_looks", "viddiff")
    }
    assert used == {"two_looks": ["Finder", "Judge"], "viddiff": ["Differencer", "Proposer"]}
    stages = programs_of(save([artifact(one) for one in (Differencer(), Proposer())], tmp_path / "q"))
    assert build.method_name(settings, stages) == "viddiff"
    # What was given alone is meant to be run.
    with pytest.raises(UsageError, match="cannot run a compiled judge"):
        build.programs_of_method("viddiff", settings, programs_of(artifact(Judge())))


def test_a_changed_or_doubled_program_in_a_file_is_refused(tmp_path: Path) -> None:
    path = save([artifact(Finder()), artifact(Judge())], tmp_path / "p")
    document = json.loads(path.read_text())
    document["programs"][1]["card"]["data"] = "other"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="changed or damaged"):
        load_all(path)
    document["programs"][1] = document["programs"][0]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="two programs for one component"):
        load_all(path)


def test_files_are_merged_and_shown_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (save(artifact(kind), tmp_path / name) for kind, name in ((Finder(), "f"), (Judge(), "j")))

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["programs", *arguments])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    assert run("merge", str(one), str(other), "--out", str(tmp_path / "all"))[0] == 0
    assert components(tmp_path / "all") == ["finder", "judge"]
    code, out, _ = run("show", str(tmp_path / "all"))
    assert (code, out.count("digest")) == (0, 2)
    assert [one["stage"] for one in json.loads(run("show", str(tmp_path / "all"), "--json")[1])] == ["finder", "judge"]
    assert run("export", str(tmp_path / "all"), "--out", str(tmp_path / "bare"), "--strip-demos")[0] == 0
    assert components(tmp_path / "bare") == ["finder", "judge"]
    code, _, err = run("merge", str(one), str(one), "--out", str(tmp_path / "twice"))
    assert (code, "Two of these programs are for the finder" in err) == (2, True)
