"""A comparison of two squats with every kind of verdict, made by hand; frames are real where the videos are here."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from viddiff.core.alignment import Alignment, AlignmentHealth
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.types import (
    Difference,
    Finding,
    FrameRef,
    Localization,
    Measurement,
    Proposal,
    Segment,
    Stage,
    Verdict,
    VideoInfo,
)
from viddiff.core.usage import Usage
from viddiff.motion.pose.landmarks import Pose
from viddiff.report.media import Media

VIDEOS = Path(__file__).resolve().parents[2] / ".." / "shared" / "videos"

STAGES = ("standing", "lowering", "bottom", "rising", "standing again")


@dataclass(frozen=True)
class Given(Media):
    """Frames and poses that a test gives; poses by the name of the video."""

    read: Callable[[str], bytes | None] = lambda ref: None
    measured: Mapping[str, Pose] = field(default_factory=dict)

    def read_frame(self, ref: str) -> bytes | None:
        return self.read(ref)

    def pose_of(self, info: VideoInfo) -> Pose | None:
        return self.measured.get(info.name)


@dataclass(frozen=True)
class Sample:
    """A comparison and the frames it refers to."""

    comparison: ComparisonRecord
    frames: dict[str, bytes]


@functools.cache
def sample(pair: str = "squat_stance") -> Sample:
    """A comparison with answers a, b and c, and unsure, failed, refused and not measurable questions."""
    frames: dict[str, bytes] = {}
    a = keep(frames, cut(pair, "a"))
    b = keep(frames, cut(pair, "b"))
    stages = tuple(
        Stage(name=name, description=f"The athlete is {name}.", cues=(f"a photo of a person {name}",))
        for name in STAGES
    )
    findings = made_findings(a, b)
    return Sample(
        ComparisonRecord(
            created="2026-01-31T09:30:00+00:00",
            action="bodyweight squat",
            mode="open",
            program="viddiff",
            video_a=video_info(f"{pair}_a.mp4", "a" * 64),
            video_b=video_info(f"{pair}_b.mp4", "b" * 64, stop_s=6.4),
            proposal=Proposal(
                differences=tuple(finding.difference for finding in findings),
                stages=stages,
                links={finding.difference.key: finding.stages for finding in findings},
                notices=("The model proposed 11 differences; one was the same as another and was left out.",),
            ),
            localization_a=localization("a", (0.0, 0.6, 1.2, 2.0, 3.1, 7.4)),
            localization_b=localization("b", (0.0, 0.3, 1.0, 1.9, 2.9, 6.4)),
            measurements=(tempo(), pause()),
            differences=findings,
            order_disagreement=0.125,
            notices=("The videos differ in length by more than 10 %.",),
            usage=made_usage(),
            settings={"fps": 4.0, "localizer": "viterbi", "frames": "span", "swap": True},
            versions={"viddiff": "0.1.0", "dspy": "3.4.1", "numpy": "2.2.0"},
            seconds={"read": 1.24, "compare": 18.6},
        ),
        frames,
    )


def alignment_of(a_s: tuple[float, ...], b_s: tuple[float, ...], problems: tuple[str, ...] = ()) -> Alignment:
    """An alignment of these times."""
    health = AlignmentHealth(
        on_path=0.1, off_path=1.0, largest_column=0.1, order=None, divergence=None, at_edge=0.0, problems=problems
    )
    return Alignment(
        features="pose",
        gamma=0.1,
        times_a_s=a_s,
        times_b_s=b_s,
        matched_b_s=b_s,
        spread_s=(0.0,) * len(a_s),
        costs=(0.0,) * len(a_s),
        parts=(),
        health=health,
    )


def made_findings(a: Sequence[FrameRef], b: Sequence[FrameRef]) -> tuple[Finding, ...]:
    """One finding for each kind of verdict, and more where there are more ways to look."""
    rate_limit = "The model 'openai/gpt-4o' did not answer within 120 s, three times: ask again later."
    unparsed = "I think that the second video\nshows it, but I will not use your format."
    return (
        finding("0", "pause at the bottom", "the pause at the bottom is longer", Verdict(status="not_measurable",
                reason="The figure leaves the picture at the bottom."), (), (), ("bottom",), (pause(),)),
        finding("1", "elbow angle", "the elbows are bent further", Verdict(status="failed", error=rate_limit,
                raw=unparsed), a[:4], b[:4], ("standing",)),
        finding("2", "squat depth", "the squat is deeper (the hips get lower relative to the knees)", Verdict(
                status="answered", answer="c", confidence=0.7, reason="In both the thighs reach the horizontal.",
                evidence_a=(1,), evidence_b=(1,), swapped_answer="c"), a[2:6], b[2:6], ("lowering", "bottom")),
        finding("3", "stance width", "the feet stance is wider", Verdict(status="answered", answer="a",
                confidence=0.95, reason="In A the feet stand about twice as wide apart as the shoulders and point "
                "outwards; in B they are under the hips.", evidence_a=(0, 2), evidence_b=(0,), swapped_answer="a"),
                a[0:6], b[0:6], ("standing", "bottom")),
        finding("4", "hands", "the hands are lowered to the belly while standing between two squats", Verdict(
                status="answered", answer="b", confidence=0.62, reason="Frame 4 of B shows the hands at the belly.",
                evidence_b=(3,)), a[5:11], b[5:11], ("standing again",)),
        finding("5", "face", "the face looks more strained", Verdict(status="refused",
                error="The model declined to judge a person's face."), a[3:5], b[3:5], ("rising",)),
        finding("6", "knee spread", "the knees are further apart at the bottom of the squat", Verdict(status="unsure",
                answer="a", confidence=0.35, reason="The knees are partly hidden by the hands.", evidence_a=(0,)),
                a[4:5], b[4:5], ("bottom",)),
        finding("7", "tempo", "the repetitions are faster", Verdict(status="answered", answer="b", confidence=0.88,
                reason="One repetition takes 0.6 s less."), a[1:7], b[1:7], ("lowering", "rising"), (tempo(),)),
    )  # fmt: skip


def finding(
    key: str,
    name: str,
    statement: str,
    verdict: Verdict,
    a: Sequence[FrameRef],
    b: Sequence[FrameRef],
    stages: tuple[str, ...],
    measurements: tuple[Measurement, ...] = (),
) -> Finding:
    """A finding on the frames given."""
    return Finding(
        difference=Difference(key=key, name=name, statement=statement, query_string=f"A photo of {name}."),
        stages=stages,
        frames_a=tuple(a),
        frames_b=tuple(b),
        measurements=measurements,
        verdict=verdict,
    )


def made_usage() -> tuple[Usage, ...]:
    """Two roles, one of them with a known price."""
    return (
        Usage(role="text", model="openai/gpt-4o", calls=2, input_tokens=1834, output_tokens=912, cost_usd=0.0137),
        Usage(
            role="vision",
            model="openai/gpt-4o",
            calls=14,
            cached_calls=2,
            failed_calls=3,
            images=132,
            input_tokens=101_220,
            output_tokens=2105,
            cost_usd=0.2741,
        ),
    )


def tempo() -> Measurement:
    """Seconds for one repetition."""
    return Measurement(name="duration of one repetition", unit="s", a=2.9, b=2.3, resolution=0.08)


def pause() -> Measurement:
    """Seconds at the bottom, not to be had for B."""
    return Measurement(name="pause", unit="s", a=0.42, b=None, stage="bottom")


def video_info(name: str, source_hash: str, stop_s: float = 7.4) -> VideoInfo:
    """Facts of one video."""
    return VideoInfo(
        name=name,
        source_hash=source_hash,
        width=328,
        height=480,
        fps=10.0,
        duration_s=stop_s,
        start_s=0.0,
        stop_s=stop_s,
        n_frames=round(4 * stop_s),
        sampled_fps=4.0,
        notices=("3 frames could not be decoded and were left out.",) if name.endswith("_b.mp4") else (),
    )


def localization(side: str, edges_s: Sequence[float]) -> Localization:
    """The stages one after the other between ``edges_s``."""
    segments = [
        Segment(stage=name, start_s=edges_s[i], stop_s=edges_s[i + 1], score=0.24 + 0.01 * i)
        for i, name in enumerate(STAGES)
    ]
    return Localization(
        side="a" if side == "a" else "b",
        strategy="viterbi",
        segments=tuple(segments),
        model="ViT-B-32/laion2b_s34b_b79k",
    )


def keep(frames: dict[str, bytes], shots: Sequence[tuple[float, bytes]]) -> list[FrameRef]:
    """Put the JPEGs into ``frames`` and return their references."""
    refs = []
    for time_s, jpeg in shots:
        ref = hashlib.sha256(jpeg).hexdigest()
        frames[ref] = jpeg
        refs.append(FrameRef(time_s=time_s, ref=ref))
    return refs


def cut(pair: str, side: str, step_s: float = 0.5, stop_s: float = 6.0) -> list[tuple[float, bytes]]:
    """Frames of a real video, ``step_s`` apart, or drawn ones where the videos are not here."""
    path = VIDEOS / f"{pair}_{side}.mp4"
    if not path.exists():
        return [(i * step_s, jpeg_of(drawn(side, i))) for i in range(int(stop_s / step_s))]
    import av

    shots: list[tuple[float, bytes]] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            time_s = float(frame.time or 0.0)
            if time_s >= len(shots) * step_s and time_s < stop_s:
                shots.append((time_s, jpeg_of(frame.to_image())))
    return shots


def drawn(side: str, index: int) -> Image.Image:
    """A simple figure that moves with ``index``."""
    image = Image.new("RGB", (328, 480), "#dfe7ea" if side == "a" else "#efe6d8")
    pen = ImageDraw.Draw(image)
    top = 60 + 12 * index  # no two frames alike
    pen.ellipse((134, top, 194, top + 60), fill="#445566")
    pen.rectangle((144, top + 60, 184, top + 220), fill="#667788")
    pen.rectangle((124, top + 220, 204, 440), fill="#334455")
    return image


def jpeg_of(image: Image.Image, quality: int = 85) -> bytes:
    """The image as JPEG bytes."""
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=quality)
    return target.getvalue()
