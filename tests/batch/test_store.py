"""Machines that share a store: what one made the others neither make nor pay for again."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.made import documents, make_table, started
from tests.batch.test_run import BARE, exit_code, settings_of
from tests.eval.runs import serving
from viddiff import video
from viddiff.batch.pairs import pairs_of_table
from viddiff.batch.run import run
from viddiff.core.shared_store import open_store
from viddiff.lms.cache import configure

pytestmark = pytest.mark.system

pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'viddiff[store]'")
HAS_S3 = all(importlib.util.find_spec(name) for name in ("s3fs", "moto", "flask", "flask_cors"))
needs_s3 = pytest.mark.skipif(not HAS_S3, reason="pip install 'viddiff[test]'")

#: An S3 server with one bucket; it says where, and ends when its input does.
SERVER = """
import sys
import boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
url = "http://{}:{}".format(*server.get_host_and_port())
boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket="bucket")
print(url, flush=True)
sys.stdin.read()
"""


@pytest.mark.usefixtures("own_place", "own_answers")
def test_a_second_machine_reads_estimates_and_asks_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 3, 3))
    store = str(tmp_path / "shared")
    with serving() as server:
        configure(tmp_path / "one" / "answers" / "x", open_store(store))
        run(pairs, tmp_path / "first", settings_of(server, cache_dir=tmp_path / "one", store=store), BARE)
        n_asked = len(server.requests)
        assert n_asked

        def forbidden(*arguments: object, **options: object) -> None:
            raise AssertionError("decoded again")

        monkeypatch.setattr(video.sample, "open_source", forbidden)
        monkeypatch.setattr(video.close_up, "open_source", forbidden)
        configure(tmp_path / "two" / "answers" / "x", open_store(store))
        made = run(pairs, tmp_path / "second", settings_of(server, cache_dir=tmp_path / "two", store=store), BARE)
        assert [row.error for row in made.rows] == [""] * 3
        assert len(server.requests) == n_asked
    assert made.usage.usage[0].cached_calls == made.usage.usage[0].calls
    frames = [{path.name for path in (tmp_path / name).rglob("*.jpg")} for name in ("one", "two")]
    assert frames[0] == frames[1] != set()


@pytest.mark.usefixtures("own_place", "own_answers")
def test_a_reading_that_is_damaged_in_the_store_is_made_again(tmp_path: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 2, 1))
    store = tmp_path / "shared"
    run(pairs, tmp_path / "first", settings_of(cache_dir=tmp_path / "one", store=str(store)), BARE)
    for path in (store / "footage").iterdir():
        path.write_bytes(path.read_bytes()[:-20])
    run(pairs, tmp_path / "second", settings_of(cache_dir=tmp_path / "two", store=str(store)), BARE)
    assert documents(tmp_path / "first") == documents(tmp_path / "second")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of a bucket on an S3 server of this machine, whose keys are in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # Its libraries warn of themselves; that is not ours to test.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        monkeypatch.setenv("AWS_ENDPOINT_URL", process.stdout.readline().strip())
        yield "s3://bucket/runs"
        process.communicate()


@needs_s3
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("own_answers")
def test_two_machines_at_once_share_a_bucket_and_a_third_asks_nothing(
    tmp_path: Path, own_place: Path, bucket: str
) -> None:
    table = make_table(tmp_path, 3, 3)
    with serving() as server:
        asks = ["--lm", "openai/x", "--api-base", server.url, "--pose", "none", "--no-report", "--store", bucket]

        def line(name: str) -> list[str]:
            return [str(table), "--out", name, "--cache-dir", str(tmp_path / f"cache-{name}"), *asks]

        # This process is the second machine, and then the third.
        process = started(tmp_path, *line("one"))
        assert exit_code(*line("two")) == 0
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        n_asked = len(server.requests)
        shutil.rmtree(tmp_path / "cache-one")
        shutil.rmtree(tmp_path / "cache-two")
        assert exit_code(*line("three")) == 0
        assert len(server.requests) == n_asked
    one, two, three = (
        {key: (made["video_a"], made["differences"]) for key, made in documents(tmp_path / name).items()}
        for name in ("one", "two", "three")
    )
    assert one == two == three
    assert len(three) == 3
