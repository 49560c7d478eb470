"""What works where no extra is installed, and what then says which one it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.batch.made import make_clips
from tests.eval.runs import serving
from viddiff.core import extras
from viddiff.core.errors import BackendError

pytestmark = pytest.mark.system

HIDDEN = ("torch", "torchvision", "open_clip", "transformers", "datasets", "pyarrow", "decord", "optuna", "ray")
#: Command lines, one after the other, in which those are not found, as where they are not installed.
CODE = f"""
import sys
class Without:
    def __init__(self, finder): self.finder = finder
    def __getattr__(self, name): return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        return None if name in {HIDDEN!r} else self.finder.find_spec(name, path, target)
sys.meta_path[:] = map(Without, sys.meta_path)
import contextlib, io, json
from viddiff.cli import main
ended = []
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main(line)
        except SystemExit as left:
            code = left.code or 0
    ended.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(ended))
"""


class Ended(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


def light(*lines: Sequence[str]) -> list[Ended]:
    """The commands, in one process that has none of the extras."""
    done = subprocess.run([sys.executable, "-c", CODE, json.dumps(lines)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [Ended(*one) for one in json.loads(done.stdout)]


def test_what_needs_no_extra_works_and_the_rest_says_which_before_a_video_is_read(tmp_path: Path) -> None:
    videos = (*make_clips(tmp_path, 2), "--action", "squat", "--pose", "none")
    compared = ("compare", "a.mp4", "b.mp4", "--action", "x")
    needed = {
        "clip": (*compared, "--lm", "openai/x", "--clip", "ViT-B-32"),
        "local": (*compared, "--lm", "local/x"),
        "bench": ("eval", "--data", "owner/name", "--out", "run", "--method", "measured"),
    }
    with serving() as server:
        asked = ("--lm", "openai/x", "--api-base", server.url, "--method", "viddiff", "--json")
        measured, viewed, published, *refused = light(
            ("compare", *videos, "--out", "made", "--no-clips"),
            ("view", "made", "--bundle", "site"),
            ("compare", *videos, *asked),
            *needed.values(),
        )
    assert (measured.code, Path("made/report.html").is_file()) == (0, True), measured.err
    assert (viewed.code, Path("site/index.html").is_file()) == (0, True), viewed.err
    assert published.code == 0, published.err
    # The published method finds stages by motion where CLIP is not installed, and says so.
    (notice, *_) = json.loads(published.out)["localization_a"]["notices"]
    assert "found by motion" in str(notice)
    assert "viddiff[clip]" in str(notice)
    for extra, ended in zip(needed, refused, strict=True):
        assert ended.code == 4
        assert f"pip install 'viddiff[{extra}]'" in ended.err
        assert "a.mp4" not in ended.err


def test_an_extra_counts_as_there_only_when_all_of_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "open_clip" else object())
    assert extras.are_installed(("torch",))
    with pytest.raises(BackendError, match="CLIP needs"):
        extras.check_clip_installed()
