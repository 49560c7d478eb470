"""Scored performances are read row by row, counted, and divided by performer."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viddiff.cli import main
from viddiff.core.errors import InputError, UsageError
from viddiff.eval.skilldiff.check import check_data
from viddiff.eval.skilldiff.load import load_data, load_features, read_data
from viddiff.eval.skilldiff.split import split_by_group, to_lines

GOOD: dict[str, Any] = {"id": "-one", "features": "made/one.npy", "score": 60.5, "group": "Ann"}


def written(folder: Path, rows: list[Any], pairs: list[Any] | None = None) -> Path:
    for name, found in (("items.jsonl", rows), ("pairs.jsonl", pairs)):
        if found is not None:
            lines = (row if isinstance(row, str) else json.dumps(row) for row in found)
            (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def people(n_people: int, n_clips: int) -> list[dict[str, Any]]:
    return [
        {"id": f"{person}/{clip}", "video": f"{person}-{clip}.mp4", "score": person + clip / 10, "group": f"P{person}"}
        for person in range(n_people)
        for clip in range(n_clips)
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "the line is not JSON"),
        ("[1]", "not an object"),
        ({**GOOD, "id": ""}, "'id'"),
        ({"id": "a", "score": 1}, "give 'video' or 'features'"),
        ({**GOOD, "video": "a.mp4"}, "one of them"),
        ({**GOOD, "features": "../secret.npy"}, "leaves the folder"),
        ({**GOOD, "features": "/etc/passwd.npy"}, "leaves the folder"),
        ({**GOOD, "features": "one.pkl"}, "give a .npy or .npz file"),
        ({**GOOD, "score": "high"}, "'score'"),
        ('{"id": "a", "video": "a.mp4", "score": NaN}', "NaN is not a number"),
        ({**GOOD, "max_score": 60}, "above 'max_score'"),
        ({**GOOD, "scores": 3}, "'scores'"),
        ({**GOOD, "split": "val"}, "'split'"),
        ({**GOOD, "references": ["-one"]}, "its own reference"),
        ({**GOOD, "references": ["nobody"]}, "'nobody' is not an id"),
        ({**GOOD, "id": "first"}, "stands in line 1 already"),
        ({**GOOD, "references": ["tested"]}, "in the test part"),
        ({**GOOD, "references": ["dive"]}, "of another activity"),
        ({**GOOD, "segments": [{"start_s": 2, "stop_s": 1, "deduction": 3}]}, "'segments.0'"),
    ],
)
def test_a_wrong_row_is_named(row: object, reason: str, tmp_path: Path) -> None:
    sound = [
        {**GOOD, "id": "first"},
        {**GOOD, "id": "tested", "split": "test"},
        {**GOOD, "id": "dive", "activity": "dive"},
    ]
    written(tmp_path, [*sound, row])
    data, (bad,) = read_data(tmp_path)
    assert (bad.file, bad.line) == ("items.jsonl", 4)
    assert reason in bad.reason
    assert [item.id for item in data.items] == ["first", "tested", "dive"]
    with pytest.raises(InputError, match=r"'items.jsonl', line 4: "):
        load_data(tmp_path)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ({"better": "a", "worse": "a"}, "better than itself"),
        ({"better": "a", "worse": "c"}, "no right row with the id 'c'"),
        ({"better": "a", "worse": "dive"}, "of different activities"),
        ({"better": "a"}, "'worse' is missing"),
    ],
)
def test_a_wrong_pair_is_named(pair: object, reason: str, tmp_path: Path) -> None:
    rows = [{"id": name, "video": f"{name}.mp4"} for name in ("a", "b")]
    rows.append({"id": "dive", "video": "d.mp4", "activity": "dive"})
    written(tmp_path, rows, [{"better": "a", "worse": "b"}, pair])
    data, (bad,) = read_data(tmp_path / "items.jsonl")
    assert (bad.file, bad.line) == ("pairs.jsonl", 2)
    assert reason in bad.reason
    assert len(data.pairs) == 1


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_data(tmp_path / "none")
    with pytest.raises(InputError, match="holds no performance: it is empty"):
        read_data(written(tmp_path, []))


def test_features_are_arrays_of_numbers_and_never_pickles(tmp_path: Path) -> None:
    file = tmp_path / "one.npy"
    np.save(file, np.arange(24.0).reshape(4, 3, 2))
    assert load_features(file).tolist() == np.arange(24.0).reshape(4, 3, 2).mean(axis=1).tolist()
    for wrong, complaint in (
        (np.zeros(4), "shape"),
        (np.zeros((1, 4)), "at least two frames"),
        (np.full((3, 2), np.nan), "NaN or infinite"),
        (np.array([["a", "b"]] * 3), "no array of numbers"),
    ):
        np.save(file, wrong)
        with pytest.raises(InputError, match=complaint):
            load_features(file)
    file.write_bytes(pickle.dumps(Explosive()))
    with pytest.raises(InputError, match="no array of numbers"):
        load_features(file)
    np.save(file, np.array([Explosive()], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="no array of numbers"):
        load_features(file)
    file.write_bytes(b"")
    with pytest.raises(InputError, match="no array of numbers"):
        load_features(file)


class Explosive:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was opened",))


def test_no_performer_is_in_two_parts(tmp_path: Path) -> None:
    rows = people(8, 3)
    rows[0]["references"] = ["3/0"]
    data = load_data(written(tmp_path, rows, [{"better": "1/0", "worse": "0/0"}, {"better": "2/1", "worse": "2/0"}]))
    for seed in range(6):
        divided = split_by_group(data, 0.25, seed)
        of = {part: {item.group for item in divided.items if item.split == part} for part in ("train", "test")}
        assert not of["train"] & of["test"]
        assert "P3" in of["train"]
        assert len(of["test"]) == 2
        for pair in divided.pairs:
            parts = {divided.by_id[pair.better].split, divided.by_id[pair.worse].split}
            assert pair.split == (parts.pop() if len(parts) == 1 else None)
    backwards = data.model_copy(update={"items": data.items[::-1]})
    one, other = ({item.id: item.split for item in split_by_group(given).items} for given in (data, backwards))
    assert one == other
    again = tmp_path / "again"
    again.mkdir()
    for name, text in to_lines(divided).items():
        (again / name).write_text(text, "utf-8")
    assert load_data(again).items == divided.items


def test_what_cannot_be_divided_is_said(tmp_path: Path) -> None:
    data = load_data(written(tmp_path, people(1, 3)))
    with pytest.raises(InputError, match="one person"):
        split_by_group(data)
    with pytest.raises(UsageError, match=r"The test share 1\.5"):
        split_by_group(data, 1.5)


def test_the_commands_count_and_divide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**row, "split": "test" if i % 2 else "train"} for i, row in enumerate(people(4, 2))]
    folder = written(tmp_path, rows)

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["skill", "data", *arguments])
        return int(left.value.code or 0), capsys.readouterr().out

    code, said = run("check", str(folder))
    assert code == 1
    assert "4 performers are in both parts" in " ".join(said.split())
    assert "missing: 0-0.mp4" in said
    for row in rows:
        (folder / row["video"]).touch()
    assert run("split", str(folder), "--by", "group", "--out", str(folder)) == (
        0,
        "train: 6 performances of 3 performers\ntest: 2 performances of 1 performers\n",
    )
    code, said = run("check", str(folder), "--json")
    assert code == 0
    assert json.loads(said)["splits"] == {"test": 2, "train": 6}
    assert json.loads(said)["notices"] == []
    with (folder / "items.jsonl").open("a") as file:
        file.write("{}\n")
    assert run("check", str(folder))[0] == 3
    assert len(check_data(folder).bad_rows) == 1
