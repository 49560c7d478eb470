"""A short turn of ``python -m benchmarks.faults``."""

from __future__ import annotations

import pytest

from benchmarks.faults import main

pytestmark = pytest.mark.system


def test_a_killed_run_ends_in_the_same_bytes_and_pays_only_what_was_in_flight_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--kills", "1", "--pairs", "4", "--only", "kills"]) == 0
    said = capsys.readouterr().out
    assert "1 kills, exit 0, same bytes" in said
    assert "0 guarantees broken" in said
