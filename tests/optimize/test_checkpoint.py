"""What GEPA goes on from holds nothing of the time when nobody answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from viddiff.lms import Failure
from viddiff.optimize.checkpoint import Checkpoint
from viddiff.optimize.monitor import MAX_IN_A_ROW, FailureMonitor


def save(folder: Path, text: str, checkpoint: Checkpoint) -> None:
    (folder / "gepa_state.bin").write_text(text)
    checkpoint.on_state_saved({})


def read(folder: Path) -> str | None:
    path = folder / "gepa_state.bin"
    return path.read_text() if path.exists() else None


@pytest.mark.parametrize(("n_failed", "reason", "left"), [(0, None, "last"), (1, None, "sound"), (5, None, "sound"),
                                                          (0, "The money is spent.", "sound")])  # fmt: skip
def test_a_run_leaves_the_last_state_in_which_every_call_was_answered(
    n_failed: int, reason: str | None, left: str, tmp_path: Path
) -> None:
    assert MAX_IN_A_ROW == 5
    monitor = FailureMonitor()
    checkpoint = Checkpoint(tmp_path, monitor)
    with checkpoint:
        save(tmp_path, "sound", checkpoint)
        for _ in range(n_failed):
            monitor.on_failure("x", Failure("server", "It was so."))
        monitor.stop_when(lambda: reason)
        (tmp_path / "gepa_state.bin").write_text("last")
    assert read(tmp_path) == left


def test_without_a_sound_state_there_is_none(tmp_path: Path) -> None:
    monitor = FailureMonitor()
    checkpoint = Checkpoint(tmp_path, monitor)
    with checkpoint:
        monitor.on_failure("x", Failure("server", "It was so."))
        save(tmp_path, "dead", checkpoint)
    assert read(tmp_path) is None


def test_a_run_that_was_killed_while_a_server_was_down_goes_on_from_before(tmp_path: Path) -> None:
    monitor = FailureMonitor()
    killed = Checkpoint(tmp_path, monitor)
    save(tmp_path, "sound", killed)
    monitor.on_failure("x", Failure("server", "It was so."))
    save(tmp_path, "dead", killed)
    with Checkpoint(tmp_path, FailureMonitor()):
        assert read(tmp_path) == "sound"
