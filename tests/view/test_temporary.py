from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from viddiff.view.temporary import Temporary, remove_left_behind

# Under nohup, a process begins with SIGHUP ignored.
SERVER = """
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from viddiff.view.temporary import Temporary
made = Temporary()
(made.folder / "a.video").write_bytes(bytes(1000))
print(made.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of temporary files of its own, also for processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def begun() -> tuple[subprocess.Popen[str], Path]:
    """A process with an upload, and the folder of it."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.skipif("sys.platform == 'win32'", reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGHUP"])
def test_what_a_killed_server_left_is_removed_by_the_next_and_what_a_living_one_holds_is_not(
    system: Path, name: str
) -> None:
    dead, left = begun()
    living, held = begun()
    with dead, living:
        dead.send_signal(getattr(signal, name))
        dead.wait(10)
        assert (left / "a.video").exists()
        made = Temporary()
        assert not left.parent.exists()
        assert (held / "a.video").exists()
        assert {path for path in system.iterdir() if path.is_dir()} == {held.parent, made.folder.parent}
        made.remove()
        assert {path for path in system.iterdir() if path.is_dir()} == {held.parent}
        living.kill()


def test_of_two_servers_in_one_process_each_keeps_its_own() -> None:
    first, second = Temporary(), Temporary()
    assert first.folder.is_dir()
    first.remove()
    first.remove()
    assert second.folder.is_dir()
    second.remove()
    assert not second.folder.parent.exists()


def test_what_is_not_ours_is_left_alone(system: Path) -> None:
    (system / "viddiff-view-file").touch()
    (system / "viddiff-view-new").mkdir()
    outside = system / "outside"
    outside.mkdir()
    (outside / ".lock").touch()
    (outside / "kept").touch()
    (system / "viddiff-view-link").symlink_to(outside)
    remove_left_behind()
    assert {path.name for path in system.iterdir()} == {
        "viddiff-view-file",
        "viddiff-view-new",
        "viddiff-view-link",
        "outside",
    }
    assert (outside / "kept").exists()
