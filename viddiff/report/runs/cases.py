"""Single questions of a run that a person should look at: wrong answers that were sure, and questions without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from viddiff.core.types import Answer, Finding, FrameRef, Outcome, Side
from viddiff.eval.viddiffbench.control_pairs import relabel
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.report.cards import ReportFrame, Strip
from viddiff.report.pictures import ReportImage
from viddiff.report.sides import shown_frames

#: Wrong answers shown with their frames, and questions without an answer shown with what went wrong.
MAX_CASES, MAX_UNANSWERED = 12, 20
#: Frames of one video that a case shows; a single call with all frames looks at many more.
MAX_SHOTS = 6


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong answer; ``finding`` holds at most ``MAX_SHOTS`` frames of each video, ``n_frames`` were looked at."""

    sample: Sample
    label: Answer
    finding: Finding
    n_frames: tuple[int, int]


@dataclass(frozen=True)
class WrongAnswers:
    """How many answers were wrong, and the surest of them, surest first."""

    n: int
    worst: tuple[WrongAnswer, ...]


@dataclass(frozen=True)
class CaseFrames:
    """Frames of one video of a case; ``n_frames``: how many were looked at."""

    strip: Strip
    video: str
    n_frames: int

    @property
    def columns(self) -> int:
        """Frames in a row, so that few places stay empty: cases are many and are read side by side."""
        return 3 if len(self.strip.shots) in (3, 5, 6) else 2


@dataclass(frozen=True)
class Case:
    """A wrong answer, ready to be shown; ``number`` counts from 1."""

    number: int
    miss: WrongAnswer
    clips: tuple[CaseFrames, CaseFrames]


@dataclass(frozen=True)
class Unanswered:
    """Questions that failed or were refused: the first of them, and how many there are."""

    n: int
    first: tuple[tuple[Sample, Finding], ...]


def wrong_answers(manifest: Manifest, samples: Sequence[Sample], outcomes: Mapping[str, Outcome]) -> WrongAnswers:
    """Closed mode: answers for the other video than the label, the most confident first; equals keep their order.

    With ``--same-video`` every "a" or "b" is one. Open mode has none here: a statement has no label of its own.
    """
    if manifest.mode == "open":
        return WrongAnswers(0, ())
    wrong = [
        WrongAnswer(sample, label, finding, (len(finding.frames_a), len(finding.frames_b)))
        for sample, finding in _findings([relabel(s, manifest.control) for s in samples], outcomes)
        if (label := sample.labels.get(finding.difference.key)) is not None
        and (label != "c" or manifest.control == "same-video")
        and finding.verdict.status == "answered"
        and finding.verdict.answer in ("a", "b")
        and finding.verdict.answer != label
    ]
    wrong.sort(key=lambda miss: -(miss.finding.verdict.confidence or 0.0))
    same_video = manifest.control == "same-video"
    return WrongAnswers(len(wrong), tuple(_shorten(miss, same_video) for miss in wrong[:MAX_CASES]))


def unanswered_cases(samples: Sequence[Sample], outcomes: Mapping[str, Outcome]) -> Unanswered:
    """Questions that failed or were refused, in the order of the data."""
    pairs = [pair for pair in _findings(samples, outcomes) if pair[1].verdict.status in ("failed", "refused")]
    return Unanswered(len(pairs), tuple(pairs[:MAX_UNANSWERED]))


def cases(worst: Sequence[WrongAnswer], pictures: Mapping[str, ReportImage]) -> list[Case]:
    """Wrong answers with their pictures."""

    def clip(miss: WrongAnswer, side: Side) -> CaseFrames:
        frames, cited = shown_frames(miss.finding, side)
        shots = tuple(ReportFrame(frame.time_s, i in cited, pictures.get(frame.ref)) for i, frame in enumerate(frames))
        shape = next((shot.picture for shot in shots if shot.picture), None)
        strip = Strip(side, shots, portrait=shape is not None and shape.height > shape.width)
        return CaseFrames(strip, miss.sample.video(side).path, miss.n_frames["ab".index(side)])

    return [Case(i, miss, (clip(miss, "a"), clip(miss, "b"))) for i, miss in enumerate(worst, 1)]


def pick(n: int, cited: Sequence[int]) -> list[int]:
    """Positions in ``[0, n)`` to show, at most ``MAX_SHOTS``, in order: cited ones first, then evenly spread."""
    if n <= MAX_SHOTS:
        return list(range(n))
    spread = [round(i * (n - 1) / (MAX_SHOTS - 1)) for i in range(MAX_SHOTS)]
    indices = dict.fromkeys([*(i for i in cited if 0 <= i < n), *spread])
    return sorted(list(indices)[:MAX_SHOTS])


def _findings(samples: Sequence[Sample], outcomes: Mapping[str, Outcome]) -> Iterator[tuple[Sample, Finding]]:
    for sample in samples:
        if sample.key in outcomes:
            for finding in outcomes[sample.key].differences:
                yield sample, finding


def _shorten(miss: WrongAnswer, same_video: bool) -> WrongAnswer:
    # Cut before pictures are read, so that only what is shown is embedded.
    finding, verdict = miss.finding, miss.finding.verdict
    frames_a, evidence_a = _cut(finding.frames_a, verdict.evidence_a)
    frames_b, evidence_b = _cut(finding.frames_b, verdict.evidence_b)
    cut = verdict.model_copy(update={"evidence_a": evidence_a, "evidence_b": evidence_b})
    changes = {"frames_a": frames_a, "frames_b": frames_b, "verdict": cut}
    sample = miss.sample.model_copy(update={"video_b": miss.sample.video_a}) if same_video else miss.sample
    return WrongAnswer(sample, miss.label, finding.model_copy(update=changes), miss.n_frames)


def _cut(frames: Sequence[FrameRef], cited: Sequence[int]) -> tuple[tuple[FrameRef, ...], tuple[int, ...]]:
    indices = pick(len(frames), cited)
    return tuple(frames[i] for i in indices), tuple(place for place, i in enumerate(indices) if i in cited)
