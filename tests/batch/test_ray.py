"""The same run on a Ray cluster of this machine: the same documents, whatever dies meanwhile."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
from pathlib import Path

import pytest

from tests.batch.made import documents, make_table
from tests.batch.test_run import BARE, exit_code, settings_of
from tests.eval.runs import serving
from viddiff.batch.pairs import pairs_of_table
from viddiff.batch.run import run
from viddiff.lms.cache import configure

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: pip install 'viddiff[ray]'")


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_a_sentence_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = make_table(tmp_path, 2, 1)
    assert exit_code(str(table), "--out", "run", "--engine", "ray", "--pose", "none") == 2
    assert "pip install 'viddiff[ray]'" in capsys.readouterr().err


@needs_ray
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_documents_though_workers_are_killed(tmp_path: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 6, 15))
    run(pairs, tmp_path / "local", settings_of(cache_dir=tmp_path / "one"), BARE)
    stop = threading.Event()
    killed: list[int] = []

    def kill_workers() -> None:
        while len(killed) < 2 and not stop.wait(0.1):
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit() and int(folder.name) not in killed and is_worker(folder):
                    killed.append(int(folder.name))
                    os.kill(int(folder.name), signal.SIGKILL)
                    # Another one is begun meanwhile.
                    stop.wait(3)
                    break

    killer = threading.Thread(target=kill_workers)
    killer.start()
    try:
        made = run(pairs, tmp_path / "ray", settings_of(cache_dir=tmp_path / "two"), BARE, engine="ray")
    finally:
        stop.set()
        killer.join()
    assert killed
    assert [row.error for row in made.rows] == [""] * 15
    assert documents(tmp_path / "ray") == documents(tmp_path / "local")
    assert (tmp_path / "ray" / "index.csv").read_bytes() == (tmp_path / "local" / "index.csv").read_bytes()


def is_worker(folder: Path) -> bool:
    """Whether a process is a worker of a cluster that this one began, at work on our functions."""
    try:
        title = (folder / "cmdline").read_bytes().decode(errors="replace")
        status = (folder / "stat").read_text()
    except OSError:
        return False
    raylet = status.rpartition(")")[2].split()[1]
    if not title.startswith("ray::") or "_by_worker" not in title:
        return False
    try:
        parent = (Path("/proc") / raylet / "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return False
    return parent == str(os.getpid())


@needs_ray
@pytest.mark.filterwarnings("ignore")
def test_with_a_model_clips_are_read_by_the_cluster_and_one_budget_holds(tmp_path: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 4, 4))
    with serving() as server:
        run(pairs, tmp_path / "local", settings_of(server, cache_dir=tmp_path / "one"), BARE)
        n_local = len(server.requests)
        configure(tmp_path / "others")
        run(pairs, tmp_path / "ray", settings_of(server, cache_dir=tmp_path / "two"), BARE, engine="ray")
        assert len(server.requests) == 2 * n_local
    assert documents(tmp_path / "ray") == documents(tmp_path / "local")
