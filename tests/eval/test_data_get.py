"""Fetching videos: what is written, and what an archive from elsewhere cannot do."""

from __future__ import annotations

import contextlib
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.eval.data_rows import official_rows, write_json
from viddiff.core.errors import BackendError, InputError
from viddiff.eval.viddiffbench.data import get_videos, load_data, unpack
from viddiff.eval.viddiffbench.data.facts import HUB_ID, SOURCES
from viddiff.eval.viddiffbench.data.get import from_hub
from viddiff.eval.viddiffbench.data.unpack import UnpackLimits
from viddiff.eval.viddiffbench.dataset import DataSet

Entry = tuple[str | zipfile.ZipInfo, bytes]


def write_zip(path: Path, *entries: Entry, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def files_below(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_videos_and_images_are_unpacked(tmp_path: Path) -> None:
    archive = write_zip(
        tmp_path / "v.zip",
        ("data/", b""),
        ("data/a/1.MP4", b"one"),
        ("data/b/0001.jpg", b"two"),
        ("data/run.py", b"print()"),
        ("__MACOSX/data/._x", b"x"),
    )
    root = tmp_path / "root"
    heard: list[int] = []
    done = unpack(archive, root, on_progress=lambda task, step, total: heard.append(step))
    assert files_below(root) == {"data/a/1.MP4": b"one", "data/b/0001.jpg": b"two"}
    assert (done.n_written, done.n_kept, done.n_left) == (2, 0, 2)
    assert heard == [1, 2]
    assert stat.S_IMODE((root / "data/a/1.MP4").stat().st_mode) == 0o644


def test_what_is_there_is_kept_and_the_rest_goes_on(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "v.zip", ("a.mp4", b"new"), ("b.mp4", b"two"))
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.mp4").write_bytes(b"mine")
    done = unpack(archive, tmp_path / "root")
    assert files_below(tmp_path / "root") == {"a.mp4": b"mine", "b.mp4": b"two"}
    assert (done.n_written, done.n_kept) == (1, 1)


def special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


HOSTILE: dict[str, tuple[list[Entry], str]] = {
    "zip slip": ([("../evil.mp4", b"x")], r"leaves its folder with '\.\.'"),
    "zip slip inside": ([("data/../../evil.mp4", b"x")], "leaves its folder"),
    "absolute": ([("/tmp/evil.mp4", b"x")], "is absolute"),
    "drive": ([("C:/evil.mp4", b"x")], "is absolute"),
    "share": ([("\\\\host\\evil.mp4", b"x")], "is absolute"),
    "backslashes": ([("data\\evil.mp4", b"x")], "backslash"),
    "control characters": ([("data/\x1b[31m.mp4", b"x")], "control characters"),
    "symlink": ([(special("link", stat.S_IFLNK | 0o777), b"/etc")], "link or a device"),
    "symlink called a video": ([(special("x.mp4", stat.S_IFLNK | 0o777), b"/etc/passwd")], "link or a device"),
    "fifo": ([(special("x.mp4", stat.S_IFIFO | 0o644), b"")], "link or a device"),
    "a name in two cases": ([("x.mp4", b"x"), ("X.MP4", b"y")], "given twice"),
    "a file that is a folder above": ([("../", b"")], "leaves its folder"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_entries_are_refused_before_anything_is_written(name: str, tmp_path: Path) -> None:
    entries, what = HOSTILE[name]
    archive = write_zip(tmp_path / "v.zip", ("good.mp4", b"good"), *entries)
    root = tmp_path / "inner" / "root"
    root.mkdir(parents=True)
    with pytest.raises(InputError, match=what) as error:
        unpack(archive, root)
    assert "'v.zip' is refused" in str(error.value)
    assert "\n" not in str(error.value)
    assert files_below(tmp_path / "inner") == {}


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "v.zip", ("a.mp4", b"x"))
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match="is encrypted"):
        unpack(archive, tmp_path / "root")


def test_bombs_are_refused(tmp_path: Path) -> None:
    bomb = write_zip(tmp_path / "v.zip", ("a.mp4", bytes(4_000_000)), compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="times its size"):
        unpack(bomb, tmp_path / "root")
    plain = write_zip(tmp_path / "w.zip", ("a.mp4", bytes(1000)), ("b.mp4", b"x"))
    for limits in (UnpackLimits(max_bytes=999), UnpackLimits(max_files=1)):
        with pytest.raises(InputError, match="refused: it would unpack"):
            unpack(plain, tmp_path / "root", limits)
    assert files_below(tmp_path / "root") == {}


def test_an_entry_that_lies_about_its_size_stays_within_it(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "v.zip", ("a.mp4", bytes(100_000)), compression=zipfile.ZIP_DEFLATED)
    content = bytearray(archive.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = (10).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        unpack(archive, tmp_path / "root")
    assert files_below(tmp_path / "root") == {}


@pytest.mark.parametrize("at", ["start", "middle", "end"])
def test_damage_leaves_no_half_file(at: str, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "v.zip", ("a.mp4", bytes(5000)), ("b.mp4", b"x" * 5000))
    content = bytearray(archive.read_bytes())
    place = {"start": 100, "middle": 7000, "end": len(content) - 5}[at]
    content[place] ^= 0xFF
    archive.write_bytes(content[:-4] if at == "end" else content)
    with pytest.raises(InputError, match="damaged"):
        unpack(archive, tmp_path / "root")
    whole = {"a.mp4": bytes(5000), "b.mp4": b"x" * 5000}
    assert all(whole[name] == found for name, found in files_below(tmp_path / "root").items())
    with pytest.raises(InputError, match="is not a zip"):
        unpack(write_json(tmp_path / "x.zip", []), tmp_path / "root")


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "data").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="is a link"):
        unpack(write_zip(tmp_path / "v.zip", ("data/a.mp4", b"x")), tmp_path / "root")
    assert files_below(tmp_path / "outside") == {}


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "data").write_bytes(b"a file")
    with pytest.raises(InputError, match=r"cannot be unpacked into .*: name another folder"):
        unpack(write_zip(tmp_path / "v.zip", ("data/a.mp4", b"x")), tmp_path / "root")


@pytest.fixture
def benchmark_rows(tmp_path: Path) -> DataSet:
    return load_data(str(write_json(tmp_path / "rows.json", official_rows(per_action=1))))


class Hub:
    """Archives that hold the videos of the data set, but one."""

    def __init__(self, dataset: DataSet, folder: Path) -> None:
        self.asked: list[tuple[str, str]] = []
        self._dataset, self._folder = dataset, folder

    def __call__(self, hub_id: str, filename: str) -> Path:
        self.asked.append((hub_id, filename))
        (domain,) = (name for name, source in SOURCES.items() if source.archive == filename)
        paths = [s.video_a.path for s in self._dataset.samples if s.domain == domain]
        paths += [s.video_b.path for s in self._dataset.samples if s.domain == domain]
        return write_zip(self._folder / "hub.zip", *((path, b"video") for path in paths[1:]))


def test_get_fetches_what_the_hub_gives(benchmark_rows: DataSet, tmp_path: Path) -> None:
    hub, root = Hub(benchmark_rows, tmp_path), tmp_path / "videos"
    fetched = get_videos(benchmark_rows, root, hub)
    assert hub.asked == [(HUB_ID, "data/videos_fitness.zip"), (HUB_ID, "data/videos_surgery.zip")]
    by_name = {domain.domain: domain for domain in fetched.domains}
    for name, domain in by_name.items():
        if SOURCES[name].archive:
            assert domain.unpacked is not None
            assert domain.unpacked.n_written == domain.n_videos - 1
            assert len(domain.missing) == 1
        else:
            assert domain.unpacked is None
            assert len(domain.missing) == domain.n_videos
    assert not fetched.complete


def test_get_asks_for_nothing_that_is_there(benchmark_rows: DataSet, tmp_path: Path) -> None:
    for sample in benchmark_rows.samples:
        for ref in (sample.video_a, sample.video_b):
            (tmp_path / ref.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / ref.path).write_bytes(b"video")
    hub = Hub(benchmark_rows, tmp_path)
    assert get_videos(benchmark_rows, tmp_path, hub).complete
    assert hub.asked == []


def test_the_hub_out_of_reach_is_one_sentence() -> None:
    with pytest.raises(BackendError, match=r"'data/videos_fitness\.zip' of 'jmhb/VidDiffBench' is not available"):
        from_hub(HUB_ID, "data/videos_fitness.zip")


def test_every_domain_has_a_source_and_terms() -> None:
    for source in SOURCES.values():
        assert source.licence
        assert source.url.startswith("https://")
        assert bool(source.archive) != bool(source.how)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mutated_archive_is_unpacked_below_the_root_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    entries: list[Entry] = [("data/a.mp4", b"one" * 40), ("data/b/1.jpg", bytes(200))]
    content = bytearray(write_zip(tmp_path / "v.zip", *entries, compression=zipfile.ZIP_DEFLATED).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "v.zip").write_bytes(content)
    root = Path(tempfile.mkdtemp(dir=tmp_path)) / "inner" / "root"
    with contextlib.suppress(InputError):
        unpack(tmp_path / "v.zip", root)
    assert all(path.is_relative_to(root) for path in root.parent.parent.rglob("*") if path.is_file())
