"""What works where no extra is installed, and what then says which one it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch.made import make_clips
from tests.eval.runs import serving
from viddiff.core import extras
from viddiff.core.errors import BackendError

HIDDEN = ("torch", "torchvision", "open_clip", "transformers", "datasets", "pyarrow", "decord", "optuna", "ray")
#: A command line in which those are not found, as where they are not installed.
CODE = f"""
import sys
class Without:
    def __init__(self, finder): self.finder = finder
    def __getattr__(self, name): return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        return None if name in {HIDDEN!r} else self.finder.find_spec(name, path, target)
sys.meta_path[:] = map(Without, sys.meta_path)
from viddiff.cli import main
main(sys.argv[1:])
"""


def light(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command line in a process that has none of the extras."""
    return subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, timeout=120)


def test_measuring_the_viewer_and_hosted_models_need_no_extra(tmp_path: Path) -> None:
    videos = (*make_clips(tmp_path, 2), "--action", "squat", "--pose", "none")
    done = light("compare", *videos, "--out", "made", "--no-clips")
    assert (done.returncode, Path("made/report.html").is_file()) == (0, True), done.stderr
    done = light("view", "made", "--bundle", "site")
    assert (done.returncode, Path("site/index.html").is_file()) == (0, True), done.stderr
    # The published method finds stages by motion where CLIP is not installed, and says so.
    with serving() as server:
        asked = ("--lm", "openai/x", "--api-base", server.url, "--method", "viddiff")
        done = light("compare", *videos, *asked, "--json")
    assert done.returncode == 0, done.stderr
    (notice, *_) = json.loads(done.stdout)["localization_a"]["notices"]
    assert "found by motion" in str(notice)
    assert "viddiff[clip]" in str(notice)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("compare", "a.mp4", "b.mp4", "--action", "x", "--lm", "openai/x", "--clip", "ViT-B-32"), "clip"),
        (("compare", "a.mp4", "b.mp4", "--action", "x", "--lm", "local/x"), "local"),
        (("eval", "--data", "owner/name", "--out", "run", "--method", "measured"), "bench"),
    ],
)
def test_what_needs_an_extra_says_which_before_a_video_is_read(arguments: tuple[str, ...], extra: str) -> None:
    done = light(*arguments)
    assert done.returncode == 4
    assert f"pip install 'viddiff[{extra}]'" in done.stderr
    assert "a.mp4" not in done.stderr


def test_an_extra_counts_as_there_only_when_all_of_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "open_clip" else object())
    assert extras.has(("torch",))
    with pytest.raises(BackendError, match="CLIP needs"):
        extras.need_clip()
