"""A comparison of two clips that say which frame is which, with a difference for each of many moments."""

from __future__ import annotations

from pathlib import Path

from tests.report.sample import alignment_of, finding, pause, sample, tempo
from tests.video.clips import write_clip
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import FrameRef, Localization, Segment, Side, Verdict, VideoInfo
from viddiff.video.probe import content_hash, probe

#: Frames of A (30 fps, 90 frames from 0 s) and of B (25 fps, frames 10 to 69) that the differences cite.
CITED_A = [0, 1, 7, 12, 18, 29, 30, 31, 44, 45, 59, 60, 75, 88, 89]
CITED_B = [69, 10, 68, 11, 40, 41, 13, 55, 24, 25, 26, 33, 50, 62, 17]
START_B_S = 10 / 25 + 0.013


def numbered(folder: Path) -> tuple[ComparisonRecord, tuple[Path, Path]]:
    """The comparison and its two files."""
    a = write_clip(folder / "a.mp4", 90, fps=30)
    b = write_clip(folder / "b.mp4", 80, fps=25)
    made = sample().comparison
    infos = info(a, 0.0, 3.0), info(b, START_B_S, 2.8)
    findings = tuple(
        finding(str(i), f"name {i}", f"statement {i}", Verdict(status="answered", answer="a" if i % 2 else "b",
                confidence=1 - i / 20, reason="seen", evidence_a=(1,), evidence_b=(0,)),
                frames("a", [0, cited_a], 30), frames("b", [cited_b], 25), ("one",), (tempo(), pause()))
        for i, (cited_a, cited_b) in enumerate(zip(CITED_A, CITED_B, strict=True))
    )  # fmt: skip
    comparison = made.model_copy(
        update={
            "video_a": infos[0],
            "video_b": infos[1],
            "differences": findings,
            "localization_a": stages("a", (0.0, 1.0, 3.0)),
            "localization_b": stages("b", (START_B_S, 2.0, 2.8)),
            "alignment": alignment_of((0.0, 0.5, 1.0, 2.0, 2.9), (START_B_S, 0.9, 1.9, 2.0, 2.75)),
        }
    )
    return comparison, (a, b)


def info(path: Path, start_s: float, stop_s: float) -> VideoInfo:
    """Facts of a clip and the part compared."""
    facts = probe(path)
    return VideoInfo(
        name=path.name,
        source_hash=content_hash(path),
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        duration_s=facts.duration_s,
        start_s=start_s,
        stop_s=stop_s,
        n_frames=12,
        sampled_fps=4.0,
    )


def frames(side: Side, numbers: list[int], fps: int) -> list[FrameRef]:
    """References to frames that no store has."""
    return [FrameRef(time_s=n / fps, ref=f"{n:063x}{side}") for n in numbers]


def stages(side: Side, edges_s: tuple[float, float, float]) -> Localization:
    """Two stages."""
    segments = [Segment(stage=n, start_s=edges_s[i], stop_s=edges_s[i + 1]) for i, n in enumerate(("one", "two"))]
    return Localization(side=side, strategy="uniform", segments=tuple(segments))
