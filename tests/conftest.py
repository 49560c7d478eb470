"""No test reads the settings, keys, caches or network of the machine it runs on."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.groups import rank

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from playwright.sync_api import Browser
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

    from viddiff.synthetic import DemoPair

# Where bytecode is not kept (containers), every run would rewrite all assertions, and every command that a test starts
# would compile the package again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["HF_HUB_OFFLINE"] = "1"
# Caches of answers are databases, which wait for the disk at every change: in memory, where there is room, they do not.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
# Before NumPy and torch are imported: two workers share the cores, and their threads would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Before dspy is imported: its default cache belongs to the user.
os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp(prefix="viddiff-tests-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
atexit.register(shutil.rmtree, os.environ["DSPY_CACHEDIR"], ignore_errors=True)
# What is imported to collect the tests stays: the garbage collector need not look through it again and again.
gc.disable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How tests are given to processes: by ``tests.groups``."""
    from tests.groups import GroupScheduling

    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The groups that take longest begin first; what opens a browser starts another program."""
    items.sort(key=lambda item: rank(item.nodeid))
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.system)


def pytest_collection_finish() -> None:
    """From here on garbage is looked for, in what the tests make."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def forget_outside(patch: pytest.MonkeyPatch) -> None:
    """No setting and no key of this machine."""
    for name in list(os.environ):
        if name.startswith("VIDDIFF_") or name.endswith("_API_KEY"):
            patch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same for the fixtures of a module, which are made before ``own_place``."""
    with pytest.MonkeyPatch.context() as patch:
        forget_outside(patch)
        patch.setenv("VIDDIFF_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        # It outlives a loss of power, which no test causes, and takes milliseconds on a busy disk.
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, a cache of its own, and no setting or key from outside."""
    forget_outside(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDDIFF_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def folder_of_run(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that all processes of a run have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one of the workers makes for all; no test writes into it."""
    from filelock import FileLock

    folder = folder_of_run(factory) / name
    done = folder.with_suffix(".done")
    with FileLock(folder.with_suffix(".lock")):
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def demo_pair(tmp_path_factory: pytest.TempPathFactory) -> DemoPair:
    """The two squats of ``viddiff demo``."""
    from viddiff.synthetic import DemoPair, render_demo

    folder = shared(
        tmp_path_factory,
        "demo",
        lambda folder: (folder / "truth.json").write_text(render_demo(folder / "clips").model_dump_json()),
    )
    return DemoPair.model_validate_json((folder / "truth.json").read_text())


@pytest.fixture(scope="session")
def squats(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both clips of the first pair of ``viddiff synth``, rendered in the process of the tests."""
    from viddiff.synthetic.bench import render_pair

    folder = shared(tmp_path_factory, "squats", lambda folder: render_pair(folder, 0, seed=0))
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``viddiff synth --pairs 6`` renders in two processes: one pair of each action."""
    from click.testing import CliRunner

    from viddiff.cli.synth import synth
    from viddiff.synthetic.bench import ROWS

    def render(folder: Path) -> None:
        result = CliRunner().invoke(synth, ["--pairs", "6", "--out", str(folder), "--workers", "2"])
        assert (result.exit_code, result.output) == (0, f"Wrote 6 pairs: {folder / ROWS}\n"), result.output

    return shared(tmp_path_factory, "bench", render)


@pytest.fixture(scope="session")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``viddiff synth --task step`` renders: two references with four candidates each, and the files."""
    from click.testing import CliRunner

    from viddiff.cli.synth import synth

    def render(folder: Path) -> None:
        arguments = ["--task", "step", "--pairs", "7", "--out", str(folder), "--workers", "1"]
        assert CliRunner().invoke(synth, arguments).exit_code == 0

    return shared(tmp_path_factory, "steps", render)


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, AbstractEventLoop]]:
    """One browser for all tests, with the event loop that playwright leaves running in this thread."""
    from tests.report.browser import launched

    with launched() as one:
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield one, loop
        asyncio._set_running_loop(loop)


@pytest.fixture
def browser(chromium: tuple[Browser, AbstractEventLoop]) -> Iterator[Browser]:
    """The browser, which opens each page in a context of its own; only meanwhile its event loop is the thread's."""
    one, loop = chromium
    asyncio._set_running_loop(loop)
    yield one
    asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def pose_weights() -> Path:
    """BlazePose's weights, fetched once for all runs from pip's package index; skips where it cannot be reached."""
    from filelock import FileLock
    from platformdirs import user_cache_dir

    from viddiff.core.errors import BackendError
    from viddiff.motion.pose.choice import PoseChoice
    from viddiff.motion.pose.weights import get_pose

    folder = Path(user_cache_dir("viddiff-tests"))
    folder.mkdir(parents=True, exist_ok=True)
    # Several workers may come here at once.
    with FileLock(folder / "weights.lock"):
        try:
            return get_pose(PoseChoice(cache_dir=folder), lambda doing: None)
        except BackendError as error:
            pytest.skip(f"the weights for pose is not available: {error}")


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of clips that were read, with a folder for each kind that holds neither answers nor unfinished work."""
    folder = tmp_path_factory.mktemp("readings")
    for kind in ("frames", "footage", "poses"):
        (folder / kind).mkdir()
    return folder


@pytest.fixture
def read_once(own_place: Path, readings: Path) -> None:
    """In a test's own cache are the clips that the tests of its module have read."""
    (own_place / "cache").mkdir()
    for kind in readings.iterdir():
        (own_place / "cache" / kind.name).symlink_to(kind)


@pytest.fixture(autouse=True)
def own_answers() -> Iterator[None]:
    """dspy's cache is process-wide, and a command line sets it; the next test finds it as it was."""
    before = vars(sys.modules["dspy"]).get("cache") if "dspy" in sys.modules else None
    yield
    if "dspy" in sys.modules:
        if before is None:
            vars(sys.modules["dspy"]).pop("cache", None)
        else:
            vars(sys.modules["dspy"])["cache"] = before
