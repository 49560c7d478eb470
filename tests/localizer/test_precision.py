"""bfloat16 on a CPU where a measurement says so, made once for a machine."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from viddiff import build
from viddiff.core.settings import load_settings
from viddiff.localizer.clip import precision
from viddiff.localizer.clip.precision import choose_precision, measure, precision_of, read_or_measure


@pytest.mark.parametrize(
    ("float32_s", "bfloat16_s", "taken"),
    [(1.0, 0.4, "bfloat16"), (1.0, 0.95, "float32"), (1.0, 1.5, "float32"), (1.0, 0.9, "bfloat16")],
)
def test_bfloat16_is_taken_where_it_was_measurably_faster(float32_s: float, bfloat16_s: float, taken: str) -> None:
    assert choose_precision(float32_s, bfloat16_s) == taken


def test_it_is_measured_once_and_kept(tmp_path: Path) -> None:
    n_measured = []

    def measured() -> tuple[float, float]:
        n_measured.append(1)
        return 1.0, 0.5

    path = tmp_path / "cache" / "precision.json"
    assert [read_or_measure(path, measured) for _ in range(3)] == ["bfloat16"] * 3
    assert len(n_measured) == 1
    for damaged in (b"", b"[]", b'{"float32_s": "x"}', b'{"float32_s": [], "bfloat16_s": 1}'):
        path.write_bytes(damaged)
        assert read_or_measure(path, measured) == "bfloat16"
    assert len(n_measured) == 5


def test_a_folder_that_cannot_be_written_costs_a_measurement(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read_or_measure(tmp_path / "file" / "precision.json", lambda: (1.0, 2.0)) == "float32"


def test_a_gpu_takes_bfloat16_and_a_processor_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(precision, "measure", lambda: (1.0, 2.0))
    assert precision_of("cuda", tmp_path) == "bfloat16"
    assert list(tmp_path.iterdir()) == []
    assert precision_of("cpu", tmp_path) == "float32"
    monkeypatch.setattr(precision, "measure", lambda: (2.0, 1.0))
    assert precision_of("cpu", tmp_path) == "float32"
    assert len(list(tmp_path.glob("precision-*.json"))) == 1


def test_both_precisions_are_timed() -> None:
    pytest.importorskip("torch")
    assert all(0 < seconds < math.inf for seconds in measure())


def test_the_flag_forces_it() -> None:
    forced = load_settings(clip_dtype="float32")
    encoders = [build.localizer(settings).encoder for settings in (load_settings(), forced)]
    assert [encoder and encoder.precision for encoder in encoders] == ["auto", "float32"]
    assert forced.chosen_method == "viddiff"
