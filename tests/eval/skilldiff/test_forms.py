"""Public data sets are read in the forms of their authors; the files here are made up, and hold no row of theirs."""

from __future__ import annotations

import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from viddiff.cli import main
from viddiff.cli.skill_data import FORM_NAMES
from viddiff.core.errors import InputError, UsageError
from viddiff.eval.skilldiff.forms import FORMS, convert
from viddiff.eval.skilldiff.forms.pickles import read_numbers
from viddiff.eval.skilldiff.items import SkillData
from viddiff.eval.skilldiff.load import load_data, load_features


def write(folder: Path, files: dict[str, Any]) -> Path:
    """Files by path: text, a table for MATLAB, or else a pickle."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".mat":
            savemat(path, content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else pickle.dumps(content))
    return folder


BEST = {
    "data/BEST/splits/origami/train.txt": "-a b_1\nb_1 c\n-a b_1\n",
    "data/BEST/splits/origami/test.txt": "d e\n",
    "data/BEST/splits/braid_hair/train.txt": "x y\n",
    "data/BEST/splits/braid_hair/test.txt": "c d\n\nx d\n",
}
SURGERY = {
    "splits/surgery/train_split2.txt": "Knot_Tying/K_B001 Suturing/S_C002\n",
    "splits/surgery/test_split2.txt": "Suturing/S_D001 Knot_Tying/K_B001\n",
}
TABLES = {
    "annotations/Knot_Tying/splits/knot_tying_train_1.csv": "Better,Worse,\nC002,B001,\nB001,C003,\n",
    "annotations/Knot_Tying/splits/knot_tying_val_1.csv": "Better,Worse,\nD001,B001,\nB001,D001,\n",
}
SKATING = {
    "data/train_dataset.txt": "1 20.5 21.25 1\n7 30.25 31.5 0\n",
    "data/test_dataset.txt": "12 11.25 12.5 2\n12 11.25 12.5 2\n",
    "data/fs_dataset.csv": "number,total,tes,pcs,ded,,,\n1,2,3,4,1,Ann SKATER,2015,X\n12,1,1,1,1,Ann SKATER,2016,Y\n",
}
SPORTS = {
    "Split_4/split_4_train_list.mat": {
        "consolidated_train_list": np.array([[1, 3, 80.5], [2, 14, 15.2], [1, 3, 80.5]])
    },
    "Split_4/split_4_test_list.mat": {"consolidated_test_list": np.array([[6, 1, 99.36]])},
}
DIVES = {
    "final_annotations_dict.pkl": {
        (1, 14): {"final_score": np.float64(81.6), "difficulty": 3.4, "armstand": 0, "judges": np.array([8.0, 8.5])},
        (2, 3): {"final_score": 60.0, "difficulty": 3.0},
        (9, 9): {"final_score": 1.0, "difficulty": 1.0},
    },
    "train_split_0.pkl": [(1, 14)],
    "test_split_0.pkl": [(2, 3)],
}
FINE = {
    "Annotations/fine-grained_annotation_aqa.pkl": {
        ("Cup_Men3m", 0): ["107B", 74.4, 3.1, 5, np.zeros(90)],
        ("Cup_Men3m", 1): ["5253B", 52.0, 2.6, 4, np.zeros(80)],
    },
    "Annotations/train_split.pkl": [("Cup_Men3m", 0)],
    "Annotations/test_split.pkl": [["Cup_Men3m", 1]],
}


def told(data: SkillData) -> dict[str, tuple[str | None, float | None]]:
    return {item.id: (item.split, item.score) for item in data.items}


def test_best_is_pairs_of_five_tasks(tmp_path: Path) -> None:
    data, notices = convert("best", write(tmp_path, BEST))
    assert told(data)["origami/-a"] == ("train", None)
    assert told(data)["origami/d"] == ("test", None)
    assert told(data)["braid_hair/c"] == ("test", None)
    assert [(pair.better, pair.worse, pair.split) for pair in data.pairs if pair.better.startswith("origami")] == [
        ("origami/-a", "origami/b_1", "train"),
        ("origami/b_1", "origami/c", "train"),
        ("origami/d", "origami/e", "test"),
    ]
    assert data.by_id["origami/-a"].features == "origami/-a_rgb.npz"
    assert notices == ("1 pairs of the test part show a performance of the training part.",)


def test_epic_skills_has_two_forms(tmp_path: Path) -> None:
    data, _ = convert("epic-skills", write(tmp_path / "one", SURGERY), fold=2)
    assert told(data)["surgery/Suturing/S_D001"] == ("test", None)
    assert data.by_id["surgery/Knot_Tying/K_B001"].path == "surgery/Knot_Tying/K_B001_rgb.npz"
    with pytest.raises(InputError, match=r"no 'train_split1\.txt'"):
        convert("epic-skills", tmp_path / "one")
    data, notices = convert("epic-skills", write(tmp_path / "two", TABLES))
    assert told(data)["knot_tying/D001"] == ("test", None)
    assert [pair.split for pair in data.pairs] == ["train", "train", "test", "test"]
    assert notices == (
        "1 pairs are labelled both ways.",
        "2 pairs of the test part show a performance of the training part.",
    )


def test_the_two_scores_of_fis_v_are_never_mixed(tmp_path: Path) -> None:
    write(tmp_path, SKATING)
    data, notices = convert("fis-v", tmp_path)
    assert told(data) == {
        "skating, tes/1": ("train", 20.5),
        "skating, tes/7": ("train", 30.25),
        "skating, tes/12": ("test", 11.25),
    }
    assert [item.group for item in data.items] == ["Ann SKATER", None, "Ann SKATER"]
    assert notices == ("1 duplicate rows were used once.",)
    data, _ = convert("fis-v", tmp_path, files="c3d/{name}.mp4", target="pcs")
    assert told(data)["skating, pcs/12"] == ("test", 12.5)
    assert data.items[0].video == "c3d/1.mp4"
    with pytest.raises(UsageError, match="no target 'total': choose one of tes, pcs"):
        convert("fis-v", tmp_path, target="total")


def test_aqa7_is_six_sports(tmp_path: Path) -> None:
    data, notices = convert("aqa-7", write(tmp_path, SPORTS))
    assert told(data) == {
        "diving/003": ("train", 80.5),
        "gym_vault/014": ("train", 15.2),
        "sync_diving_10m/001": ("test", 99.36),
    }
    assert notices == ("1 duplicate rows were used once.",)


@pytest.mark.parametrize(
    ("form", "files", "execution"),
    [
        ("mtl-aqa", DIVES, {"1_14": ("train", 24.0), "2_3": ("test", 20.0)}),
        ("finediving", FINE, {"Cup_Men3m_0": ("train", 24.0), "Cup_Men3m_1": ("test", 20.0)}),
    ],
)
def test_dives_are_scored_with_or_without_their_difficulty(
    form: str, files: dict[str, Any], execution: dict[str, tuple[str, float]], tmp_path: Path
) -> None:
    data, notices = convert(form, write(tmp_path, files), target="execution")
    assert {item.id.split("/")[1]: (item.split, round(item.score or 0, 9)) for item in data.items} == execution
    assert ("1 dives are in no part" in " ".join(notices)) == (form == "mtl-aqa")
    data, _ = convert(form, tmp_path)
    assert data.items[0].activity == "diving, score"


class Explosive:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch opened",))


class NamesOutside(pickle.Pickler):
    """Writes 3 as the name of something outside of the pickle."""

    def persistent_id(self, obj: Any) -> str | None:
        """See pickle.Pickler."""
        return "elsewhere" if obj == 3 else None


def test_no_code_of_a_pickle_is_run(tmp_path: Path) -> None:
    write(tmp_path, DIVES)
    for hostile in (Explosive(), [(1, Explosive())], {"f": pytest.fail}, np.array([Explosive()], dtype=object)):
        write(tmp_path, {"train_split_0.pkl": hostile})
        with pytest.raises(InputError, match=r"'train_split_0\.pkl' is refused: it names "):
            convert("mtl-aqa", tmp_path)
    buffer = io.BytesIO()
    NamesOutside(buffer).dump([3])
    for damaged in (
        buffer.getvalue(),
        b"",
        b"\x80\x04.",
        pickle.dumps([(1, 14)])[:-3],
        b"not a pickle",
        b"cos\nsystem\n.",
    ):
        (tmp_path / "train_split_0.pkl").write_bytes(damaged)
        with pytest.raises(InputError, match=r"'train_split_0\.pkl' is"):
            convert("mtl-aqa", tmp_path)
    assert not Path("opened").exists()


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_and_numbers_of_a_pickle_are_read(protocol: int, tmp_path: Path) -> None:
    table = {(1, 2): [np.float32(0.5), np.arange(3), "dive", None, True, {"deep": (1, 2)}]}
    path = tmp_path / "numbers.pkl"
    path.write_bytes(pickle.dumps(table, protocol))
    found = read_numbers(path)
    assert repr(found) == repr(table)
    # As NumPy 1 names it.
    path.write_bytes(pickle.dumps(table, 2).replace(b"numpy._core.", b"numpy.core."))
    assert repr(read_numbers(path)) == repr(table)


@pytest.mark.parametrize(
    ("form", "files", "complaint"),
    [
        ("best", {"s/a/train.txt": "a b c\n", "s/a/test.txt": ""}, "'train.txt', line 1: two names are expected"),
        ("best", {"s/a/train.txt": "a a\n", "s/a/test.txt": ""}, "two names are expected"),
        ("best", {"s/a/train.txt": "a ../../b\n", "s/a/test.txt": ""}, "leaves the folder"),
        ("best", {}, r"There is no 'train\.txt'"),
        ("fis-v", {**SKATING, "data/test_dataset.txt": "1 2 3\n"}, "<id> <TES>"),
        ("fis-v", {**SKATING, "data/test_dataset.txt": "9 high 3 0\n"}, "line 1: could not convert"),
        ("fis-v", {**SKATING, "data/test_dataset.txt": "9 nan 3 0\n"}, "finite"),
        ("fis-v", {**SKATING, "data/test_dataset.txt": "1 20.5 21.25 1\n"}, "two rows that differ"),
        ("fis-v", {**SKATING, "old/test_dataset.txt": ""}, "There are 2 'test_dataset.txt'"),
        ("aqa-7", {**SPORTS, "Split_4/split_4_test_list.mat": {"other": np.zeros(3)}}, "not a MATLAB file with"),
        ("aqa-7", {**SPORTS, "Split_4/split_4_test_list.mat": {"consolidated_test_list": np.zeros((3, 2))}}, "no rows"),
        (
            "aqa-7",
            {**SPORTS, "Split_4/split_4_test_list.mat": {"consolidated_test_list": np.array([[7, 1, 2.0]])}},
            "classes are 1 to 6",
        ),
        ("mtl-aqa", {**DIVES, "test_split_0.pkl": [(5, 5)]}, "score or the difficulty is missing"),
        ("mtl-aqa", {**DIVES, "test_split_0.pkl": {"a": 1}}, "holds no list"),
        ("mtl-aqa", {**DIVES, "final_annotations_dict.pkl": [1]}, "holds no table"),
    ],
)
def test_a_wrong_file_is_named(form: str, files: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=complaint):
        convert(form, write(tmp_path, files))


def test_features_of_an_archive_are_its_one_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", np.ones((4, 3)))
    assert load_features(tmp_path / "one.npz").shape == (4, 3)
    np.savez(tmp_path / "two.npz", np.ones((4, 3)), np.ones((4, 3)))
    with pytest.raises(InputError, match="no array of numbers"):
        load_features(tmp_path / "two.npz")


def test_the_command_writes_rows_that_are_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(FORM_NAMES) == sorted(FORMS)
    write(tmp_path / "theirs", SKATING)

    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as left:
            main(["skill", "data", *arguments])
        return int(left.value.code or 0)

    command = ("convert", str(tmp_path / "theirs"), "--form", "fis-v", "--out", str(tmp_path / "ours"))
    assert run(*command) == 0
    assert "licence: none stated\n3 performances, 0 pairs\n" in capsys.readouterr().out
    assert len(load_data(tmp_path / "ours").items) == 3
    # Their files are not there yet.
    assert run("check", str(tmp_path / "ours"), "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["missing"] == ["1.npy", "7.npy", "12.npy"]
    assert any("performers are in both parts" in notice for notice in report["notices"])
    assert run(*command[:2], "--form", "logo", "--out", str(tmp_path)) == 2
    assert run(*command, "--files", "{video}.npy") == 2
