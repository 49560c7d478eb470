"""The same runs on a Ray cluster of several nodes on this machine: the same documents, whatever dies meanwhile."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.batch.made import documents, make_table, started
from tests.batch.test_run import BARE, exit_code, settings_of
from tests.eval.runs import make_pairs, serving
from tests.support.tiny_clip import tiny_clip
from viddiff import api
from viddiff.batch.pairs import pairs_of_table
from viddiff.batch.run import run
from viddiff.core.errors import BackendError
from viddiff.core.settings import Settings
from viddiff.eval.cluster import Cluster, has_clip
from viddiff.lms.cache import configure
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.video import sample

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: pip install 'viddiff[ray]'")
# Ray's own sockets and processes; the address of the cluster is in no environment but the test's.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("own_place", "own_answers")]
N_KILLED = 10


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_a_sentence_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = make_table(tmp_path, 2, 1)
    assert exit_code(str(table), "--out", "run", "--engine", "ray", "--pose", "none") == 2
    assert "pip install 'viddiff[ray]'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes with a processor each."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(2):
        nodes.add_node(num_cpus=1)
    nodes.wait_for_nodes()
    yield nodes
    nodes.shutdown()


@needs_ray
def test_sixty_pairs_come_out_the_same_though_workers_and_a_node_are_killed(tmp_path: Path, cluster: Any) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 12, 60))
    run(pairs, tmp_path / "local", settings_of(cache_dir=tmp_path / "one"), BARE)
    node = cluster.add_node(num_cpus=1)
    stop = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while len(killed) < N_KILLED and not stop.wait(0.05):
            found = [process for process in workers() if process not in killed]
            if found:
                killed.append(found[0])
                os.kill(found[0], signal.SIGKILL)
                # Another one is begun meanwhile.
                stop.wait(1)
            if len(killed) == 2 and node in cluster.list_all_nodes():
                cluster.remove_node(node, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    settings = settings_of(cache_dir=tmp_path / "two")
    try:
        made = run(pairs, tmp_path / "ray", settings, BARE, engine="ray", ray_address=cluster.address)
    finally:
        stop.set()
        killer.join()
    assert killed
    assert [row.error for row in made.rows] == [""] * 60
    assert documents(tmp_path / "ray") == documents(tmp_path / "local")
    assert (tmp_path / "ray" / "index.csv").read_bytes() == (tmp_path / "local" / "index.csv").read_bytes()


def workers() -> list[int]:
    """Processes of the clusters that this one began, at work on our functions."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            title = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if title.startswith("ray::") and "_by_worker" in title and os.getpid() in ancestors(int(folder.name)):
            found.append(int(folder.name))
    return found


def ancestors(process: int) -> list[int]:
    """The parents of a process, the nearest first."""
    found = []
    while process > 1:
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        found.append(process)
    return found


@needs_ray
def test_a_driver_that_is_killed_goes_on_with_the_same_command(tmp_path: Path, cluster: Any) -> None:
    table = make_table(tmp_path, 6, 12)
    run(pairs_of_table(table), tmp_path / "local", settings_of(cache_dir=tmp_path / "one"), BARE)
    arguments = [str(table), "--out", "run", "--cache-dir", str(tmp_path / "two"), "--pose", "none", "--no-report"]
    arguments += ["--engine", "ray", "--ray-address", cluster.address]
    driver = started(tmp_path, *arguments)
    while driver.poll() is None and len(documents(tmp_path / "run")) < 2:
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    n_before = len(documents(tmp_path / "run"))
    again = started(tmp_path, *arguments)
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert documents(tmp_path / "run") == documents(tmp_path / "local")
    assert 2 <= n_before <= 12


@needs_ray
def test_with_a_model_clips_are_read_by_the_cluster_and_one_budget_holds(tmp_path: Path, cluster: Any) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 4, 4))
    with serving() as server:
        run(pairs, tmp_path / "local", settings_of(server, cache_dir=tmp_path / "one"), BARE)
        n_local = len(server.requests)
        configure(tmp_path / "others")
        settings = settings_of(server, cache_dir=tmp_path / "two")
        run(pairs, tmp_path / "ray", settings, BARE, engine="ray", ray_address=cluster.address)
        assert len(server.requests) == 2 * n_local
    assert documents(tmp_path / "ray") == documents(tmp_path / "local")


@needs_ray
def test_an_evaluation_reads_and_embeds_its_clips_on_the_cluster_and_scores_the_same(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_pairs(tmp_path, 4)
    (tmp_path / "clip").mkdir()
    model = tiny_clip(tmp_path / "clip")
    results = {}
    with serving() as server:
        for engine in ("local", "ray"):
            configure(tmp_path / f"answers-{engine}")
            settings = settings_of(server, cache_dir=tmp_path / engine, clip=model, clip_dtype="float32")
            options: dict[str, Any] = {"engine": engine, "ray_address": cluster.address if engine == "ray" else None}
            if engine == "ray":
                # Of this process; those of the cluster know nothing of it.
                monkeypatch.setattr(ClipEncoder, "embed_frames", forbidden)
                monkeypatch.setattr(sample, "open_source", forbidden)
            made = api.evaluate(data, "viddiff", settings=settings, out=tmp_path / f"run-{engine}", **options)
            results[engine] = made.result.model_dump_json()
    assert results["ray"] == results["local"]


def forbidden(*arguments: object, **options: object) -> None:
    raise AssertionError("done by the driver")


@needs_ray
def test_the_commands_of_the_page_on_more_than_one_machine_work(tmp_path: Path, cluster: Any) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
    block = page.partition("## More than one machine")[2].partition("```\n")[2].partition("```")[0]
    commands = [line.partition("#")[0].split() for line in block.splitlines() if line.startswith("viddiff batch")]
    assert len(commands) == 2
    names = {"pairs.csv": str(make_table(tmp_path, 3, 2)), "HOST:6379": cluster.address}
    for command in commands:
        words = [names.get(word, word.replace("/shared/", f"{tmp_path}/")) for word in command[2:]]
        words += [] if "--cache-dir" in words else ["--cache-dir", str(tmp_path / "own")]
        process = started(tmp_path, *words, "--pose", "none", "--no-report")
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert len(documents(tmp_path / "run")) == 2


@needs_ray
def test_only_strategies_that_read_text_get_actors(tmp_path: Path) -> None:
    settings = Settings(pose="none", cache_dir=tmp_path / "cache", clip=tiny_clip(tmp_path))
    assert has_clip(settings, "viterbi")
    assert not has_clip(settings, "motion")


@needs_ray
def test_a_cluster_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"No Ray cluster can be had at '127\.0\.0\.1:1'"):
        Cluster(Settings(cache_dir=tmp_path), "127.0.0.1:1")
