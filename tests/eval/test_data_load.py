"""Loading: both releases, every kind of file, and one sentence for whatever is wrong."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.eval.data_rows import SHARED, Row, official_rows, pair, write_json, write_json_lines
from viddiff.core.errors import BackendError, InputError
from viddiff.eval.viddiffbench.data import clip_span, load_data, resolve_video, videos_root
from viddiff.eval.viddiffbench.dataset import VideoRef

releases = pytest.mark.parametrize("release", ["549", "557"])


def said(error: pytest.ExceptionInfo[Exception]) -> str:
    """The message, which is one sentence (or one with an aside) on one line."""
    message = str(error.value)
    assert "\n" not in message
    assert "Traceback" not in message
    assert message[-1] in ".'"
    return message


@releases
def test_rows_become_samples(release: str, tmp_path: Path) -> None:
    rows = official_rows(release)
    dataset = load_data(str(write_json(tmp_path / "rows.json", rows)))
    assert dataset.release == release
    assert dataset.name == "rows.json"
    assert [sample.key for sample in dataset.samples] == [row["sample_key"] for row in rows]
    for sample, row in zip(dataset.samples, rows, strict=True):
        labels = {key: label for key, label in json.loads(row["differences_gt"]).items() if label}
        assert sample.labels == labels
        assert [difference.key for difference in sample.differences] == list(labels)
        for difference in sample.differences:
            annotated = json.loads(row["differences_annotated"])[difference.key]
            assert difference.statement == annotated["description"]
            assert difference.num_frames == annotated["num_frames"]
        assert sample.action == row["action_description"]
        assert sample.n_differences_open == math.ceil(1.5 * len(labels))
        assert sample.domain == sample.action_key.rsplit("_", 1)[0]


def test_both_releases_give_the_same_samples(tmp_path: Path) -> None:
    new, old = (load_data(str(write_json(tmp_path / f"{r}.json", official_rows(r)))) for r in ("549", "557"))
    assert new.samples == old.samples
    assert new.content_hash == old.content_hash


@releases
def test_every_kind_of_file_gives_the_same_data(release: str, tmp_path: Path) -> None:
    rows = official_rows(release, per_action=1)
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra bench is not installed")
    table = pytest.importorskip("pyarrow").Table.from_pylist(rows)
    parquet.write_table(table, tmp_path / "rows.parquet")
    decoded = [{**row, "videos": json.loads(row["videos"])} for row in rows]
    sources = [
        write_json(tmp_path / "rows.json", rows),
        write_json(tmp_path / "decoded.json", decoded),
        write_json_lines(tmp_path / "rows.jsonl", rows),
        tmp_path / "rows.parquet",
    ]
    loaded = [load_data(str(source)) for source in sources]
    assert len({dataset.content_hash for dataset in loaded}) == 1
    assert len({dataset.model_dump_json(exclude={"name"}) for dataset in loaded}) == 1


@pytest.mark.parametrize("parts", [["test"], ["train"], ["train", "test"], []])
def test_folders_saved_by_datasets(parts: list[str], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra bench is not installed")
    rows = official_rows(per_action=1)
    plain = load_data(str(write_json(tmp_path / "rows.json", rows)))
    table = datasets.Dataset.from_list([{**row, "vid0_thumbnail": "x"} for row in rows])
    saved = datasets.DatasetDict(dict.fromkeys(parts, table)) if parts else table
    saved.save_to_disk(str(tmp_path / "saved"))
    dataset = load_data(str(tmp_path / "saved"))
    assert dataset.name == "saved"
    assert dataset.samples == plain.samples


def test_a_saved_folder_without_a_test_part_is_ambiguous(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra bench is not installed")
    table = datasets.Dataset.from_list(official_rows(per_action=1))
    datasets.DatasetDict({"one": table, "two": table}).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(InputError, match="'one', 'two'") as error:
        load_data(str(tmp_path / "saved"))
    said(error)


def test_a_hub_id_without_the_hub_is_one_sentence() -> None:
    pytest.importorskip("datasets", reason="the extra bench is not installed")
    with pytest.raises(BackendError, match="'nobody/nothing-here'") as error:
        load_data("nobody/nothing-here")
    assert "network" in said(error)


@pytest.mark.parametrize(("module", "source"), [("datasets", "nobody/nothing"), ("pyarrow", "rows.parquet")])
def test_a_missing_extra_says_how_to_install_it(module: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    Path("rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(BackendError, match=r"pip install 'viddiff\[bench\]'"):
        load_data(source)


def test_the_shared_pairs() -> None:
    path = SHARED / "videos" / "pairs.json"
    if not path.is_file():
        pytest.skip("the real videos are not at hand (shared/videos)")
    dataset, rows = load_data(str(path)), json.loads(path.read_text())
    assert dataset.release == "pairs"
    assert [sample.key for sample in dataset.samples] == [row["key"] for row in rows]
    squat = dataset.samples[0]
    assert squat.action == rows[0]["action_description"]
    assert squat.labels == {key: value["label"] for key, value in rows[0]["differences"].items()}
    assert squat.key_times_a["1"] == (1.3, 3.0)
    assert squat.n_differences_open == 11
    assert load_data(str(path.parent)).samples == dataset.samples


def test_pairs_with_everything(tmp_path: Path) -> None:
    video = {"path": "takes/a", "fps_original": 25, "frames_trim": [50, 100, 2]}
    given = pair(video_a=video, action_key="sq", domain="gym", split="hard", n_differences_open=4)
    (sample,) = load_data(str(write_json(tmp_path / "pairs.json", [given]))).samples
    assert sample.video_a == VideoRef(path="takes/a", fps_original=25.0, frames_trim=(50, 100, 2))
    assert clip_span(sample.video_a) == (2.0, 4.0)
    assert clip_span(sample.video_b) == (None, None)
    assert (sample.action_key, sample.domain, sample.split, sample.n_differences_open) == ("sq", "gym", "hard", 4)
    assert sample.labels == {"0": "a", "1": "c"}
    assert sample.differences[1].name == "the squat is slower"
    assert sample.key_times_b == {"0": (1.0,)}


def changed(**fields: Any) -> Callable[[Row], None]:
    return lambda row: row.update(fields)


def edited(column: str, edit: Callable[[Any], None]) -> Callable[[Row], None]:
    def apply(row: Row) -> None:
        value = json.loads(row[column])
        edit(value)
        row[column] = json.dumps(value)

    return apply


BAD_ROWS: dict[str, tuple[Callable[[Row], Any], str]] = {
    "invalid JSON": (changed(differences_gt='{"0": "a"'), "'differences_gt' cannot be read: invalid JSON"),
    "JSON of another shape": (changed(videos='{"path": "x"}'), "'videos'"),
    "a key twice in JSON": (changed(differences_gt='{"0": "a", "0": "b"}'), "'0' is given twice"),
    "NaN": (edited("videos", lambda v: v[0].update(fps_original=float("nan"))), "NaN is not a number"),
    "deep JSON": (changed(differences_gt="[" * 200_000), "nested too deeply"),
    "a label outside a/b/c": (edited("differences_gt", lambda v: v.update({next(iter(v)): "d"})), "got 'd'"),
    "a label that is a number": (edited("differences_gt", lambda v: v.update({next(iter(v)): 1})), "got 1"),
    "a label without a statement": (
        edited("differences_gt", lambda v: v.update({"999": "a"})),
        "annotated.999' is miss",
    ),
    "an unknown split": (changed(split="hrad"), "'split' is 'hrad', which is none of easy, medium, hard"),
    "no column": (lambda row: row.pop("videos"), "'videos' is missing"),
    "one video": (edited("videos", lambda v: v.pop()), "'videos.1' is missing"),
    "an absolute path": (edited("videos", lambda v: v[1].update(path="/etc/passwd")), "'videos.1.path'.* is absolute"),
    "a Windows path": (edited("videos", lambda v: v[0].update(path="C:/x.mp4")), "is absolute"),
    "a path upwards": (edited("videos", lambda v: v[0].update(path="data/../../x.mp4")), "leaves its folder"),
    "a backslash": (edited("videos", lambda v: v[0].update(path="data\\x.mp4")), "backslash"),
    "an empty path": (edited("videos", lambda v: v[0].update(path="")), "is empty"),
    "a rate of zero": (edited("videos", lambda v: v[0].update(fps_original=0)), "fps_original"),
    "no rate": (edited("videos", lambda v: v[0].update(fps_original=None)), "needs fps_original"),
    "an empty clip": (edited("videos", lambda v: v[0].update(frames_trim=[9, 9, None])), r"\[9, 9, None\] is not"),
    "a negative start": (edited("videos", lambda v: v[0].update(frames_trim=[-9, 9])), r"\[-9, 9\] is not"),
    "a step of zero": (edited("videos", lambda v: v[0].update(frames_trim=[0, 9, 0])), r"\[0, 9, 0\] is not"),
    "an empty key": (changed(sample_key=""), "'sample_key'"),
    "a marker in a text": (changed(action_description="<<CUSTOM-TYPE-START>>"), "'action_description'.* marker"),
    "an odd num_frames": (
        edited("differences_annotated", lambda v: v[next(iter(v))].update(num_frames="2")),
        "got '2'",
    ),
}


@releases
@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_told_with_its_number_key_and_field(name: str, release: str, tmp_path: Path) -> None:
    spoil, what = BAD_ROWS[name]
    rows = official_rows(release, per_action=1)
    spoil(rows[2])
    with pytest.raises(InputError, match=what) as error:
        load_data(str(write_json_lines(tmp_path / "rows.jsonl", rows)))
    assert said(error).startswith("rows.jsonl, row 3")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["a", "0", "[1]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("01ab"), inner, max_size=3),
    max_leaves=6,
)


@cache
def official_row() -> Row:
    return official_rows(per_action=1)[0]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values, as_text=st.booleans(), which=st.integers(0, 30))
def test_whatever_stands_in_a_column_is_a_sample_or_one_sentence(
    value: object, as_text: bool, which: int, tmp_path: Path
) -> None:
    row: Row = [dict(official_row()), pair()][which % 2]
    column = sorted(row)[which % len(row)]
    row[column] = json.dumps(value) if as_text else value
    source = str(write_json(tmp_path / "rows.json", [row]))
    try:
        dataset = load_data(source)
    except InputError:
        with pytest.raises(InputError) as error:
            load_data(source)
        said(error)
        return
    (sample,) = dataset.samples
    assert set(sample.labels) == {difference.key for difference in sample.differences}


def test_bad_pairs(tmp_path: Path) -> None:
    cases: dict[str, Row] = {
        "differences.0.label": {"differences": {"0": {"description": "x", "label": "A"}}},
        "differences.0.frames_a.0": {"differences": {"0": {"description": "x", "label": "a", "frames_a": [-1]}}},
        "video_b.path": {"video_b": "../x.mp4"},
        "video_a": {"video_a": {"path": "x", "frames_trim": [1, 2]}},
        "action_description": {"action_description": "\x1b[31m"},
        "n_differences_open": {"n_differences_open": -1},
    }
    for field, changes in cases.items():
        with pytest.raises(InputError, match=f"'{field}'") as error:
            load_data(str(write_json(tmp_path / "pairs.json", [pair("one"), pair("two", **changes)])))
        assert said(error).startswith("pairs.json, pair 2 ('two'): ")


def test_duplicate_keys(tmp_path: Path) -> None:
    rows = official_rows(per_action=1)
    with pytest.raises(InputError, match=f"'{rows[0]['sample_key']}' is given twice"):
        load_data(str(write_json(tmp_path / "rows.json", [*rows, rows[0]])))
    with pytest.raises(InputError, match="'p' is given twice"):
        load_data(str(write_json(tmp_path / "pairs.json", [pair(), pair()])))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("x.json", b"[]", "holds no rows"),
        ("x.json", b"{}", "no list of rows"),
        ("x.json", b"[1]", "row 1 is not an object"),
        ("x.json", b"[", "invalid JSON"),
        ("x.json", b"\xff\xfe", "UTF-8"),
        ("x.jsonl", b"{}\n{", "line 2: invalid JSON"),
        ("x.parquet", b"PAR1 but not really", "parquet"),
        ("x.csv", b"a,b", "not a readable data set"),
    ],
)
def test_files_that_are_no_data_set(name: str, content: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=what) as error:
        load_data(str(tmp_path / name))
    assert str(tmp_path) not in said(error)


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no data set 'rows\.json'"):
        load_data("rows.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds 0 files with rows"):
        load_data("empty")
    write_json(tmp_path / "pairs.json", [pair()])
    with pytest.raises(InputError, match="no folder 'nowhere'"):
        load_data("pairs.json", Path("nowhere"))
    assert videos_root("pairs.json") == Path()
    assert videos_root("pairs.json", tmp_path) == tmp_path
    assert videos_root(str(tmp_path / "pairs.json")) == tmp_path


def spoil_all(rows: list[Row], value: object) -> list[Row]:
    return [{**row, "retrieval_frames": json.dumps(value)} for row in rows]


def test_key_moments_in_seconds_of_the_clip(tmp_path: Path) -> None:
    row = official_rows(per_action=1)[0]
    first, *_ = json.loads(row["differences_gt"])
    videos = [
        {"path": "a", "fps_original": 8, "frames_trim": [16, 40, None]},
        {"path": "b", "fps_original": 30, "frames_trim": [0, 90, 3]},
    ]
    row["videos"] = json.dumps(videos)
    row["retrieval_frames"] = json.dumps([{first: [12], "999": [1]}, {first: [3, 29]}])
    (sample,) = load_data(str(write_json(tmp_path / "rows.json", [row]))).samples
    assert clip_span(sample.video_a) == (2.0, 5.0)
    assert sample.key_times_a == {first: (1.5,)}
    assert sample.key_times_b == {first: pytest.approx((0.3, 2.9))}
    assert sample.notices == ()


@pytest.mark.parametrize("value", ["frames", {"0": [1]}, [{}], [{"0": [-1]}, {}], [{"0": "three"}, {}], [[1], [2]]])
def test_key_moments_of_another_layout_cost_no_sample(value: object, tmp_path: Path) -> None:
    rows = official_rows(per_action=1)
    first = [{**row, "differences_gt": json.dumps({"0": "a"})} for row in rows if '"0"' in row["differences_annotated"]]
    dataset = load_data(str(write_json(tmp_path / "rows.json", spoil_all(first, value))))
    assert all(not sample.key_times_a and not sample.key_times_b for sample in dataset.samples)
    assert dataset.notices[0].startswith(f"{len(first)} of {len(first)} samples: The key moments")


def test_exchanged_pairs_are_counted_and_warned_of(tmp_path: Path) -> None:
    rows = official_rows("549")
    swapped = [row for row in rows if row["split"] == "easy"][:3]
    for row in swapped:
        videos = json.loads(row["videos"])
        frames = [{key: [0] for key in json.loads(row["differences_gt"])} for _ in "ab"]
        frames[0] = {key: [10_000] for key in frames[0]}
        row["videos"], row["retrieval_frames"] = json.dumps(videos[::-1]), json.dumps(frames)
    dataset = load_data(str(write_json(tmp_path / "rows.json", rows)))
    assert dataset.notices[0].startswith(f"3 of {len(rows)} samples: Key moments lie beyond")
    assert "Up to 7 of the" in dataset.notices[1]
    keys = {row["sample_key"] for row in swapped}
    assert {sample.key for sample in dataset.samples if sample.notices} == keys
    assert not any(sample.key_times_a for sample in dataset.samples if sample.key in keys)
    assert not load_data(str(write_json(tmp_path / "old.json", official_rows("557")))).notices


@pytest.mark.parametrize(
    ("trim", "span"),
    [
        (None, (None, None)),
        ([None, None, None], (None, None)),
        ([0, None], (None, None)),
        ([30], (0.0, 1.0)),
        ([15, 60, None], (0.5, 2.0)),
        ([15, 60, 2], (0.5, 2.0)),
    ],
)
def test_frames_trim_is_a_slice(trim: Any, span: tuple[float | None, float | None], tmp_path: Path) -> None:
    given = pair(video_a={"path": "a.mp4", "fps_original": 30, "frames_trim": trim})
    (sample,) = load_data(str(write_json(tmp_path / "pairs.json", [given]))).samples
    assert clip_span(sample.video_a) == span
    numbers = range(200)
    kept = numbers[slice(*trim)] if trim else numbers
    start, stop, step = sample.video_a.frames_trim or (0, 200, None)
    assert list(kept) == list(numbers[start:stop:step])


def test_an_open_end_stops_after_every_video(tmp_path: Path) -> None:
    given = pair(video_a={"path": "a.mp4", "fps_original": 30, "frames_trim": [60, None]})
    (sample,) = load_data(str(write_json(tmp_path / "pairs.json", [given]))).samples
    start_s, stop_s = clip_span(sample.video_a)
    assert start_s == 2.0
    assert stop_s is not None
    assert stop_s > 1e6


def test_a_folder_is_the_table_in_it(tmp_path: Path) -> None:
    rows = official_rows(per_action=1)
    for name in ("mine.json", "rows.jsonl", "pairs.json"):
        (write_json_lines if name.endswith("l") else write_json)(tmp_path / name, rows[-1:])
        assert load_data(str(tmp_path)).samples[0].key == rows[-1]["sample_key"]
        rows.pop()


def test_synthetic_and_other_rows(tmp_path: Path) -> None:
    rows = official_rows(per_action=1)
    synthetic = [{**row, "source_dataset": "synthetic", "action": "squat", "split": "test"} for row in rows]
    assert load_data(str(write_json(tmp_path / "a.json", synthetic))).release == "synthetic"
    other = [{**row, "action": "juggling", "split": "mine"} for row in rows]
    dataset = load_data(str(write_json(tmp_path / "b.json", other)))
    assert dataset.release == "other"
    assert {sample.split for sample in dataset.samples} == {"mine"}


def test_the_content_hash_follows_the_content(tmp_path: Path) -> None:
    rows = official_rows(per_action=1)
    first = load_data(str(write_json(tmp_path / "a.json", rows)))
    rows[0]["action_description"] += "."
    assert load_data(str(write_json(tmp_path / "a.json", rows))).content_hash != first.content_hash
    assert len(first.content_hash) == 64


def test_videos_stay_below_their_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "x.mp4").write_bytes(b"x")
    (root / "link").symlink_to(outside)
    (root / "in").symlink_to(root / "data")
    (root / "loop").symlink_to(root / "loop")
    assert resolve_video(root, VideoRef(path="data/x.mp4")) == root.resolve() / "data" / "x.mp4"
    assert resolve_video(root, VideoRef(path="in/x.mp4")) == root.resolve() / "data" / "x.mp4"
    for path in ("link/x.mp4", "loop/x.mp4", "../outside/x.mp4", "/etc/passwd", "", "a\0b", "C:\\x"):
        with pytest.raises(InputError) as error:
            resolve_video(root, VideoRef(path=path))
        said(error)


def test_the_pairs_in_the_docs_load(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "data.md"
    (example,) = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "pairs.json").write_text(example, encoding="utf-8")
    monday, tuesday = load_data(str(tmp_path)).samples
    assert (monday.action_key, monday.domain, monday.split, monday.n_differences_open) == (
        "bodyweight squat",
        "own",
        "all",
        3,
    )
    assert (tuesday.action_key, tuesday.labels, tuesday.key_times_b) == ("squat", {"0": "b"}, {"0": (0.4, 3.0)})
    assert clip_span(tuesday.video_b) == (2.0, 8.0)


def test_the_error_in_the_docs_is_what_is_said(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "data.md"
    rows = official_rows()[:3]
    rows[2]["differences_gt"] = json.dumps({"4": "d"})
    with pytest.raises(InputError) as error:
        load_data(str(write_json_lines(tmp_path / "rows.jsonl", rows)))
    assert f"`{said(error)}`" in page.read_text(encoding="utf-8")
