"""What the page gives the coach to fill in is a pair that ``viddiff eval --data`` reads, whatever a document holds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.report.sample import sample
from viddiff.core.comparison import ComparisonRecord
from viddiff.eval.viddiffbench.data.load import load_data
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.report.formatting import reading_order
from viddiff.report.viddiff.coach import coach_pair


def changed(a: dict[str, Any], b: dict[str, Any] | None = None) -> ComparisonRecord:
    """The sample with other facts about its videos; about both the same where ``b`` is not given."""
    base = sample().comparison
    videos = {
        "video_a": base.video_a.model_copy(update=a),
        "video_b": base.video_b.model_copy(update=a if b is None else b),
    }
    return base.model_copy(update=videos)


def filled_in(comparison: ComparisonRecord) -> Sample:
    """The pair with a label and a comment for every difference, read back as evaluations read it."""
    pair = coach_pair(comparison, "0123456789abcdef").model_dump(mode="json")
    for label in pair["differences"].values():
        label.update(label="c", comment="a </script> comment")
    Path("coach.json").write_text(json.dumps([pair], allow_nan=False), "utf-8")
    (read,) = load_data("coach.json").samples
    return read


def test_every_difference_is_a_label_in_the_order_of_the_page() -> None:
    comparison = sample().comparison
    read = filled_in(comparison)
    order = reading_order(comparison.differences)
    assert [d.statement for d in read.differences] == [f.difference.statement for f in order]
    assert [d.num_frames for d in read.differences] == [f.difference.num_frames for f in order]
    assert list(read.labels) == [str(i) for i in range(1, len(order) + 1)]
    assert (read.action, read.key) == ("bodyweight squat", "bodyweight squat 0123456789ab")
    cited = [f.frames_a[i].time_s for f in order[:1] for i in f.verdict.evidence_a]
    assert cited
    assert read.key_times_a["1"] == pytest.approx(cited, abs=1e-3)


def test_a_part_is_told_in_frames_and_moments_count_from_it() -> None:
    part = {"fps": 30.0, "duration_s": 9.0, "start_s": 0.5, "stop_s": 7.0}
    whole = {"fps": 25.0, "duration_s": 7.0, "start_s": 0.0, "stop_s": 7.0}
    read = filled_in(changed(part, whole))
    assert (read.video_a.frames_trim, read.video_b.frames_trim) == ((15, 210, None), None)
    of_whole = filled_in(changed(part | {"start_s": 0.0}, whole)).key_times_a["1"]
    assert read.key_times_a["1"] == pytest.approx([max(0.0, s - 0.5) for s in of_whole], abs=1e-3)


def test_two_files_of_one_name_are_told_apart() -> None:
    read = filled_in(changed({"name": "clip.mp4"}))
    assert (read.video_a.path, read.video_b.path) == ("a/clip.mp4", "b/clip.mp4")


@pytest.mark.parametrize("name", ["", "..", "/etc/passwd", "../../x.mp4", "a\x00\u202eb.mp4", "."])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    read = filled_in(changed({"name": name}, {"name": "other.mp4"}))
    assert "/" not in read.video_a.path
    assert read.video_a.path not in ("", ".", "..")


@pytest.mark.parametrize("number", [0.0, -1.0, math.nan, math.inf, 1e9])
@pytest.mark.parametrize("field", ["fps", "duration_s"])
def test_numbers_that_a_damaged_document_holds_do_not_stop_it(field: str, number: float) -> None:
    assert len(filled_in(changed({field: number})).labels) == len(sample().comparison.differences)
