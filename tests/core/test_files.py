"""No document makes anybody wait or run out of memory, at whatever place one is read."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import open_regular, parse_json, read_bytes
from viddiff.core.settings import CONFIG_FILE, load_settings
from viddiff.eval import journal, manifest
from viddiff.eval.tables import read_rows
from viddiff.eval.viddiffbench import predictions, table
from viddiff.eval.viddiffbench.results import ANSWERS, RESULT
from viddiff.eval.viddiffbench.run_comparison import read_answers
from viddiff.programs.compiled import artifact
from viddiff.report.documents import read_document
from viddiff.view.items.comparisons import read_comparison
from viddiff.view.items.runs import run_manifest

#: Name of a file in a folder, and what reads it there.
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "program": ("p.json", lambda folder: artifact.load(folder / "p.json")),
    "program without its suffix": ("p.json", lambda folder: artifact.load(folder / "p")),
    "comparison": ("c.json", lambda folder: read_document(folder / "c.json")),
    "predictions": ("x.json", lambda folder: predictions.read_predictions(folder / "x.json", [], "open")),
    "rows": ("rows.jsonl", lambda folder: read_rows(str(folder / "rows.jsonl"), ())),
    "pairs": ("pairs.json", lambda folder: read_rows(str(folder), ())),
    "journal": (journal.FILE, journal.records_of),
    "manifest": (manifest.FILE, functools.partial(manifest.read_manifest, kind=manifest.AnyManifest)),
    "result": (RESULT, table.read_result),
    "answers": (ANSWERS, read_answers),
    "viewed comparison": ("comparison.json", read_comparison),
    "viewed manifest": (manifest.FILE, run_manifest),
}


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[], object]]:
    """(the file, what reads it)."""
    name, read = READERS[request.param]
    return tmp_path / name, lambda: read(tmp_path)


@pytest.mark.skipif("sys.platform == 'win32'", reason="there are no such files")
@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
def test_what_is_no_regular_file_is_refused(reader: tuple[Path, Callable[[], object]], kind: str) -> None:
    path, read = reader
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(InputError) as told:
        read()
    assert str(told.value).endswith(".")
    assert "Traceback" not in str(told.value)


def test_a_file_over_the_limit_is_refused_unread(reader: tuple[Path, Callable[[], object]]) -> None:
    path, read = reader
    path.touch()
    # Sparse: it takes no room, but reading it would take as much memory.
    os.truncate(path, 2**40)
    with pytest.raises(InputError, match=r"larger than|missing or damaged"):
        read()


@pytest.mark.parametrize("line", ["[" * 100_000, '{"a":' * 100_000, '{"schema_version":1,"a":' + "[" * 100_000])
def test_what_is_nested_too_deeply_is_refused(reader: tuple[Path, Callable[[], object]], line: str) -> None:
    path, read = reader
    path.write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError):
        read()


def test_a_link_to_a_file_is_followed_where_a_user_named_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_bytes(tmp_path / "link") == b"content"
    with pytest.raises(OSError, match="link"), open_regular(tmp_path / "link", follow_links=False):
        pass


def test_a_file_that_has_no_size_is_read_with_a_bound() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("no /proc on this machine")
    assert path.stat().st_size == 0
    assert b"Pid" in read_bytes(path)
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_bytes(path, 10)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a = " + "[" * 100_000, "(recursion|nested)"), ("a = ", "Invalid value"), (" " * (2**20 + 1), "larger")],
)
def test_settings_that_cannot_be_read_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(CONFIG_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=rf"viddiff\.toml cannot be read: .*{reason}"):
        load_settings()


@pytest.mark.skipif("sys.platform == 'win32'", reason="there are no pipes in folders")
def test_settings_in_a_pipe_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(CONFIG_FILE)
    with pytest.raises(UsageError, match="not a regular file"):
        load_settings()


def test_json_that_is_nested_as_deep_as_a_document_may_be_is_read() -> None:
    assert parse_json("[" * 50 + "]" * 50)
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
