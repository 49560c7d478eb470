"""No test reads the settings, keys, caches or network of the machine it runs on."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from viddiff.synthetic import DemoPair

os.environ["HF_HUB_OFFLINE"] = "1"
# Before NumPy and torch are imported: two workers share the cores, and their threads would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Before dspy is imported: its default cache belongs to the user.
os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp(prefix="viddiff-tests-")
atexit.register(shutil.rmtree, os.environ["DSPY_CACHEDIR"], ignore_errors=True)


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, a cache of its own, and no setting or key from outside."""
    for name in list(os.environ):
        if name.startswith("VIDDIFF_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDDIFF_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="session")
def demo_pair(tmp_path_factory: pytest.TempPathFactory) -> DemoPair:
    """The two squats of ``viddiff demo``."""
    from viddiff.synthetic import render_demo

    return render_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module, which opens each page in a context of its own; longer it would hold the thread's event loop."""
    from tests.report.browser import launched

    with launched() as one:
        yield one


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
            pytest.skip(f"the weights for pose cannot be had: {error}")


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
