"""The cache folder: what it holds is told by kind, a limit takes what was used longest ago, paid answers stay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from viddiff.cli import main
from viddiff.core.cache_folder import KINDS, MIN_AGE_S, clear, kinds, prune, prune_daily
from viddiff.core.errors import UsageError
from viddiff.video.store import FrameStore

OLD_S = MIN_AGE_S + 1000


def put(path: Path, n_bytes: int, used_s_ago: float = OLD_S) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(n_bytes))
    then = time.time() - used_s_ago
    os.utime(path, (then, then))
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    for i in range(4):
        put(folder / "frames" / f"0{i}" / f"{i}.jpg", 100, OLD_S + 100 * i)
    put(folder / "embeddings" / "e.npy", 50, OLD_S + 1000)
    put(folder / "answers" / "hosted" / "cache.db", 1000, 10 * OLD_S)
    put(folder / "frames" / "09" / "young.jpg", 100, 10)
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_kinds_are_counted_and_a_folder_that_is_not_there_holds_nothing(cache: Path, tmp_path: Path) -> None:
    found = {kind.name: (kind.n_files, kind.n_bytes) for kind in kinds(cache)}
    assert found == dict.fromkeys(KINDS, (0, 0)) | {"frames": (5, 500), "embeddings": (1, 50), "answers": (1, 1000)}
    assert sum(kind.n_files for kind in kinds(tmp_path / "nowhere")) == 0


def test_what_was_used_longest_ago_goes_first_and_only_as_much_as_needed(cache: Path) -> None:
    pruned = prune(cache, 1400)
    assert (pruned.n_files, pruned.n_bytes, pruned.n_bytes_left) == (2, 150, 1400)
    assert names(cache) == {"0.jpg", "1.jpg", "2.jpg", "young.jpg", "cache.db"}


def test_answers_and_what_was_used_lately_stay_whatever_the_limit(cache: Path) -> None:
    assert prune(cache, 0).n_bytes_left == 1100
    assert names(cache) == {"young.jpg", "cache.db"}


def test_a_frame_that_was_taken_is_made_again(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    ref = store.put(b"a frame")
    [path] = (tmp_path / "frames").rglob("*.jpg")
    os.utime(path, (1, 1))
    prune(tmp_path, 0)
    assert not store.holds(ref)
    assert store.put(b"a frame") == ref
    assert store.holds(ref)


def test_the_limit_is_kept_once_a_day(cache: Path, tmp_path: Path) -> None:
    first = prune_daily(cache, 1400)
    assert first is not None
    assert first.n_files == 2
    assert prune_daily(cache, 0) is None
    assert prune_daily(tmp_path / "nowhere", 0) is None
    assert not (tmp_path / "nowhere").exists()


def test_clearing_takes_the_named_kinds_or_all_and_follows_no_link(cache: Path, tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "mine" / "photo.jpg", 10)
    (cache / "clips").symlink_to(elsewhere.parent)
    assert clear(cache, ["frames"]).n_bytes == 500
    assert names(cache / "answers") == {"cache.db"}
    clear(cache)
    assert sum(kind.n_bytes for kind in kinds(cache)) == 0
    assert elsewhere.exists()
    with pytest.raises(UsageError, match="has no kind 'frame': choose from frames, "):
        clear(cache, ["frame"])


def test_two_processes_prune_at_once(cache: Path) -> None:
    code = f"from pathlib import Path; from viddiff.core.cache_folder import prune; prune(Path({str(cache)!r}), 0)"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert names(cache) == {"young.jpg", "cache.db"}


def run(*arguments: str) -> int:
    """The exit code of ``viddiff cache``."""
    with pytest.raises(SystemExit) as left:
        main(["cache", *arguments])
    return int(left.value.code or 0)


def test_the_commands(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--cache-dir", str(cache))
    assert run("list", "--json", *place) == 0
    assert {kind["name"]: kind["n_files"] for kind in json.loads(capsys.readouterr().out)}["frames"] == 5
    assert run("list", *place) == 0
    assert "frames" in capsys.readouterr().out
    assert run("prune", "--max-gb", "0", *place) == 0
    assert "Removed 5 files" in capsys.readouterr().out
    # Nobody answers whether to: a process that is interrupted ends at once, and so it is one of its own.
    asked = subprocess.run(
        [sys.executable, "-m", "viddiff", "cache", "clear", *place], capture_output=True, check=False
    )
    assert asked.returncode == 130
    assert (cache / "answers").exists()
    assert run("clear", "answers", "--yes", *place) == 0
    assert not (cache / "answers").exists()
