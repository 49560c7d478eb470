"""A query against experts: which part of the movement is far from theirs, and by which measured quantities."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.poses import KnownPoses
from viddiff import build, skill
from viddiff.cli import main
from viddiff.core.errors import UsageError
from viddiff.motion.cycles import Cycles, Excursion, Span, cycles_of
from viddiff.motion.measurement.aligned import AlignedQuantities
from viddiff.motion.measurement.series import MeasuredClip
from viddiff.motion.phases import phases
from viddiff.motion.quantities import QUANTITIES
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.landmarks import landmarks_of
from viddiff.synthetic.pairs import plan_pair

#: Of the rendered benchmark with seed 0: two squats.
PAIR = plan_pair(0, seed=0)


def measured(clip: SyntheticClip[Any]) -> MeasuredClip:
    pose = landmarks_of(clip)
    return MeasuredClip(pose, cycles_of(pose))


def deeper(clip: SyntheticClip[Any], by: float) -> SyntheticClip[Any]:
    squat = clip.performance
    return dataclasses.replace(clip, performance=dataclasses.replace(squat, depth=squat.depth + by))


def test_the_phases_of_a_clip_follow_each_other() -> None:
    twice = tuple(Excursion(start, start + 1, start + 2, Span(start + 0.9, start + 1.3)) for start in (1.0, 3.5))
    found = phases(Cycles(Span(1, 5.5), twice, 0.02), 0.5, 6.0)
    assert [segment.stage for segment in found] == [
        "start",
        "repetition 1, way out",
        "repetition 1, hold",
        "repetition 1, way back",
        "rest 1",
        "repetition 2, way out",
        "repetition 2, hold",
        "repetition 2, way back",
        "end",
    ]
    assert [segment.repetition for segment in found] == [None, 1, 1, 1, None, 2, 2, 2, None]
    assert [segment.phase for segment in found[:6]] == ["start", "way out", "hold", "way back", "rest", "way out"]
    assert (found[0].start_s, found[-1].stop_s) == (0.5, 6.0)
    assert all(one.stop_s == other.start_s for one, other in pairwise(found))


def test_what_is_too_short_is_no_phase() -> None:
    once = (Excursion(0.05, 1.0, 2.0, Span(1.0, 1.05)),)
    found = phases(Cycles(Span(0.05, 2.0), once, 0.02), 0.0, 2.1)
    assert [(segment.stage, segment.start_s, segment.stop_s) for segment in found] == [
        ("way out", 0.0, 1.05),
        ("way back", 1.05, 2.1),
    ]
    assert [segment.stage for segment in phases(Cycles(None, (), 0.02), 0.0, 2.1)] == ["movement"]


def test_a_shallow_squat_is_measured_where_it_is_shallow() -> None:
    query, reference = measured(PAIR.a), measured(deeper(PAIR.a, 0.08))
    times_s = query.times_s
    aligned = AlignedQuantities(query, reference, times_s, times_s)
    hold, stand = (PAIR.a.performance.segment(stage) for stage in ("hold", "stand"))
    legs = next(gap for gap in aligned.gaps(hold.start_s, hold.stop_s) if QUANTITIES[gap.quantity].group == "legs")
    # Less bent, or higher.
    assert legs.query - legs.reference == pytest.approx(legs.distance, rel=0.05)
    assert legs.distance >= legs.least
    assert legs not in aligned.gaps(stand.start_s, stand.stop_s)
    assert all(
        gap.distance / gap.least < legs.distance / legs.least for gap in aligned.gaps(stand.start_s, stand.stop_s)
    )
    same = AlignedQuantities(query, query, times_s, times_s)
    assert same.gaps(0, times_s[-1]) == ()


def test_by_pose_each_part_is_told_with_what_departs(squats: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    known = KnownPoses.of_clips(dict(zip((clip.name for clip in squats), (PAIR.a, PAIR.b), strict=True)))
    monkeypatch.setattr(build, "poses", lambda settings: known)
    found = skill.distance(squats[0], squats)
    same, other = found.references
    assert (same.reference.name, other.reference.name) == (squats[0].name, squats[1].name)
    assert other.features == "pose"
    assert [part.name for part in other.parts] == ["start", "way out", "hold", "way back", "end"]
    assert sum(part.share or 0 for part in other.parts) == pytest.approx(1, abs=1e-3)
    assert any(part.measured for part in other.parts)
    assert not any(part.measured for part in same.parts)
    assert same.distance < 0.3 * other.distance < 0.3 * other.chance_distance
    assert found.distance == pytest.approx((same.distance + other.distance) / 2)
    assert found.spread == pytest.approx(abs(same.distance - other.distance) / np.sqrt(2))


def test_parts_may_be_equal_ones(squats: list[Path]) -> None:
    found = skill.distance(squats[0], squats[1], features="figure", parts=3)
    (one,) = found.references
    lasts_s = [part.stop_s - part.start_s for part in one.parts]
    assert lasts_s == pytest.approx([lasts_s[0]] * 3)
    assert found.spread is None


def test_the_command_prints_a_table_or_the_document(squats: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    def run(*flags: str) -> str:
        with pytest.raises(SystemExit) as left:
            main(["skill", "score", str(squats[0]), "--reference", str(squats[1]), "--pose", "none", *flags])
        assert not left.value.code
        return capsys.readouterr().out

    told = run("--out", "out")
    assert "A distance and no score" in told
    document = json.loads(run("--json"))
    assert document["distance"] == json.loads(Path("out/skill.json").read_text("utf-8"))["distance"]
    assert document["references"][0]["parts"][0]["name"] in told


@pytest.mark.parametrize(
    ("references", "parts", "complaint"), [([], None, "--reference"), (["b.mp4"], 0, "0 is not a number of parts")]
)
def test_what_cannot_be_is_said(references: list[str], parts: int | None, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        skill.distance("a.mp4", references, parts=parts)
