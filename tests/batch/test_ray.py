"""The same runs on a Ray cluster of several nodes on this machine: the same documents, whatever dies meanwhile."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.batch.made import documents, make_table, started
from tests.batch.nodes import killer, nodes
from tests.batch.test_run import BARE, exit_code, settings_of
from tests.eval.runs import make_pairs, serving
from tests.support.tiny_clip import tiny_clip
from viddiff import api
from viddiff.batch.pairs import pairs_of_table
from viddiff.batch.run import run
from viddiff.core.errors import BackendError, InputError
from viddiff.core.settings import Settings
from viddiff.eval.cluster import Cluster, embeds_frames
from viddiff.lms.cache import configure
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.video import sample

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'viddiff[ray]'")
# Ray's own sockets and processes; the address of the cluster is in no environment but the test's.
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("own_place", "own_answers"),
    pytest.mark.system,
]
N_KILLED = 2


def test_without_ray_a_sentence_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    table = make_table(tmp_path, 2, 1)
    assert exit_code(str(table), "--out", "run", "--engine", "ray", "--pose", "none") == 2
    assert "pip install 'viddiff[ray]'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a processor each."""
    with nodes(2) as made:
        yield made


@needs_ray
def test_forty_pairs_come_out_the_same_though_workers_and_a_node_are_killed(tmp_path: Path, cluster: Any) -> None:
    """``python -m benchmarks.cluster`` kills ten and takes rendered people with pose."""
    pairs = pairs_of_table(make_table(tmp_path, 12, 40))
    run(pairs, tmp_path / "local", settings_of(cache_dir=tmp_path / "one"), BARE)
    node = cluster.add_node(num_cpus=1)

    def on_progress(task: str, done: int, total: int) -> None:
        if done == 5:
            cluster.remove_node(node, allow_graceful=False)

    where: dict[str, Any] = {"engine": "ray", "ray_address": cluster.address}
    with killer(N_KILLED, 0.2) as killed:
        made = run(pairs, tmp_path / "ray", settings_of(cache_dir=tmp_path / "two"), BARE, on_progress, **where)
    assert killed
    assert node not in cluster.list_all_nodes()
    assert [row.error for row in made.rows] == [""] * 40
    assert documents(tmp_path / "ray") == documents(tmp_path / "local")
    assert (tmp_path / "ray" / "index.csv").read_bytes() == (tmp_path / "local" / "index.csv").read_bytes()


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
    data = make_pairs(tmp_path, 2)
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
def test_the_commands_of_the_page_work_and_a_driver_that_is_killed_goes_on(tmp_path: Path, cluster: Any) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "machines.md").read_text(encoding="utf-8")
    lines = [line.partition("#")[0].split() for line in page.splitlines() if line.startswith("viddiff batch")]
    commands = [line for line in lines if "--engine" in line]
    assert len(commands) == 2
    table = make_table(tmp_path, 4, 6)
    names = {"pairs.csv": str(table), "HOST:6379": cluster.address}
    run(pairs_of_table(table), tmp_path / "local", settings_of(cache_dir=tmp_path / "own"), BARE)
    for out, command in zip(("run", "shared/run"), commands, strict=True):
        words = [names.get(word, word.replace("/shared/", f"{tmp_path}/shared/")) for word in command[2:]]
        words += ["--pose", "none", "--no-report"]
        words += [] if "--cache-dir" in words else ["--cache-dir", str(tmp_path / "own")]
        process = started(tmp_path, *words)
        if "--ray-address" in words:
            while process.poll() is None and not documents(tmp_path / out):
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            process = started(tmp_path, *words)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        assert documents(tmp_path / out) == documents(tmp_path / "local")


@needs_ray
def test_only_strategies_that_read_text_get_actors(tmp_path: Path) -> None:
    settings = Settings(pose="none", cache_dir=tmp_path / "cache", clip=tiny_clip(tmp_path))
    assert embeds_frames(settings, "viterbi")
    assert not embeds_frames(settings, "motion")


@needs_ray
def test_a_cluster_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"No Ray cluster is available at '127\.0\.0\.1:1'"):
        Cluster(Settings(cache_dir=tmp_path), "127.0.0.1:1")


@needs_ray
@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("WorkerCrashedError", InputError, "21 processes that began it died"),
        ("ObjectStoreFullError", BackendError, r"The Ray cluster was lost \(.*\): run the same command again"),
    ],
)
def test_work_that_kills_its_processes_is_a_failed_pair_and_a_lost_cluster_ends_the_run(
    name: str, kind: type[Exception], said: str
) -> None:
    import ray

    def get(reference: object) -> None:
        raise getattr(ray.exceptions, name)("gone\nfor good")

    lost = Cluster.__new__(Cluster)
    lost.ray = SimpleNamespace(exceptions=ray.exceptions, get=get)
    with pytest.raises(kind, match=said):
        lost.result(None)
