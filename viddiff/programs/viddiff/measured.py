"""The measured program: what time and outline alone can tell of two videos, without any model.

A statement is answered only where a quantity truly measures it (``viddiff.programs.viddiff.vocabulary``) and can be
believed in both videos (``viddiff.motion.figure.features``); all else is "not measurable", with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viddiff.core.types import (
    Difference,
    Finding,
    FrameRef,
    Localization,
    Measurement,
    Outcome,
    Proposal,
    Segment,
    Side,
    Stage,
    Verdict,
)
from viddiff.motion.figure import features as reading
from viddiff.motion.figure.cache import figure_of
from viddiff.motion.figure.features import Reading, read_figure
from viddiff.motion.figure.measurements import measurements_of
from viddiff.motion.figure.movements import movements, natural_stages
from viddiff.motion.figure.tracking import FigureTrack
from viddiff.programs.viddiff.decision import judge
from viddiff.programs.viddiff.vocabulary import STATEMENTS, Kind, Meaning, Unclear, meaning_of
from viddiff.video.loaded import LoadedVideo

_QUANTITY: dict[Kind, str] = {
    "duration": reading.DURATION,
    "count": reading.REPETITIONS,
    "pause": reading.LONGEST_PAUSE,
    "pauses": reading.PAUSES,
    "lowering": reading.LOWERING,
}
NOTICE = (
    "No model was asked: only times and the outline of what moves were measured. Set a model (--lm) to have the "
    "frames looked at."
)


class Measured:
    """Compares two videos by measurement; no LM, no weights, no network."""

    def __call__(
        self,
        action: str,
        a: LoadedVideo,
        b: LoadedVideo,
        differences: Sequence[Difference] | None = None,
        n_differences: int = 10,
    ) -> Outcome:
        """Answer ``differences`` (closed mode), or find up to ``n_differences`` of its own (open mode), clearest first.

        Args:
            action: what is done in both videos; its noun may stand in a statement ("the squat is slower").
            a, b: the videos, read.
        """
        pair = _Pair(action, a, b)
        findings = pair.propose(n_differences) if differences is None else tuple(map(pair.answer, differences))
        return Outcome(
            proposal=Proposal(
                differences=tuple(finding.difference for finding in findings),
                stages=pair.stages,
                links={finding.difference.key: finding.stages for finding in findings},
            ),
            localization_a=pair.located_a,
            localization_b=pair.located_b,
            measurements=pair.measurements,
            differences=findings,
            notices=(NOTICE, *pair.notices),
        )


class _Pair:
    """Two videos, measured."""

    def __init__(self, action: str, a: LoadedVideo, b: LoadedVideo) -> None:
        self.action, self.footage_a, self.footage_b = action, a, b
        tracks = figure_of(a), figure_of(b)
        self.a, self.b = (read_figure(track) for track in tracks)
        self.located_a, self.located_b = located(tracks, (a, b))
        self.stages = tuple(
            Stage(name=segment.stage, description=_TOLD[segment.stage]) for segment in self.located_a.segments
        )
        self.measurements = measurements_of(self.a, self.b)
        self.notices = tuple(
            f"Video {name} cannot be measured: {'; '.join(track.faults)}."
            for name, track in zip("AB", tracks, strict=True)
            if track.faults
        )

    def answer(self, difference: Difference) -> Finding:
        """The finding for a given difference."""
        meaning = meaning_of(difference.statement, self.action)
        if isinstance(meaning, Unclear):
            return self.finding(difference, None, Verdict(status="not_measurable", reason=meaning.reason))
        name, sign, why = self.quantity(meaning)
        if name is None:
            return self.finding(difference, None, Verdict(status="not_measurable", reason=why))
        return self.finding(difference, name, judge(name, sign, self.a, self.b))

    def propose(self, n_differences: int) -> tuple[Finding, ...]:
        """What differs, then what does not, the clearest first; what cannot be told is left out."""
        found = []
        for kind, (name, statement) in STATEMENTS.items():
            # Without repetitions the pace is the duration once more; without a pause there is none to compare.
            if kind == "pace" and None in (self.a[reading.PERIOD].value, self.b[reading.PERIOD].value):
                continue
            if kind in ("pause", "pauses") and self.a[reading.PAUSES].value == self.b[reading.PAUSES].value == 0:
                continue
            difference = Difference(key=kind, name=name, statement=statement)
            finding = self.answer(difference)
            if finding.verdict.status == "answered":
                found.append(finding)
        found.sort(key=lambda finding: (finding.verdict.answer == "c", -(finding.verdict.confidence or 0.0)))
        return tuple(found[:n_differences])

    def quantity(self, meaning: Meaning) -> tuple[str | None, int, str]:
        """(the quantity that measures it or None, the sign with which it does, why none does)."""
        if meaning.kind != "pace":
            return _QUANTITY[meaning.kind], meaning.sign, ""
        periods = self.a[reading.PERIOD], self.b[reading.PERIOD]
        if all(period.value is not None for period in periods):
            return reading.PERIOD, -meaning.sign, ""
        if self.a.faults or self.b.faults:
            return reading.MOVING, -meaning.sign, ""
        if any(period.value is not None for period in periods) or self.a.turns != self.b.turns:
            return None, 0, "The two videos do not show the same number of movements, so their pace cannot be compared."
        return reading.MOVING, -meaning.sign, ""

    def finding(self, difference: Difference, name: str | None, verdict: Verdict) -> Finding:
        """A finding with the frames at the moments of its quantity as evidence."""
        frames_a = shown(self.footage_a, self.a, name)
        frames_b = shown(self.footage_b, self.b, name)
        return Finding(
            difference=difference,
            stages=tuple(stage.name for stage in self.stages),
            frames_a=frames_a,
            frames_b=frames_b,
            measurements=self.of(name),
            verdict=verdict.model_copy(
                update={"evidence_a": tuple(range(len(frames_a))), "evidence_b": tuple(range(len(frames_b)))}
            ),
        )

    def of(self, name: str | None) -> tuple[Measurement, ...]:
        """The measurement of that name, if any."""
        return tuple(measurement for measurement in self.measurements if measurement.name == name)


def shown(footage: LoadedVideo, of: Reading, name: str | None) -> tuple[FrameRef, ...]:
    """The sampled frames on screen at the moments of a quantity, in order, each once."""
    if name is None:
        return ()
    at = np.searchsorted(footage.sequence.times_s, of[name].moments_s, side="right") - 1
    return tuple(footage.sequence.frame(int(index)) for index in np.unique(np.maximum(at, 0)))


_TOLD = {
    "start": "Before anything moves.",
    "movement": "From the first to the last motion.",
    "movement 1": "From the first motion to the longest pause.",
    "pause": "The longest rest between two motions.",
    "movement 2": "From the longest pause to the last motion.",
    "end": "After the last motion.",
    "no movement": "Nothing moves.",
}


def located(
    tracks: tuple[FigureTrack, FigureTrack], footages: tuple[LoadedVideo, LoadedVideo]
) -> tuple[Localization, Localization]:
    """The stages that the motion shows, the same in both videos: with a pause only where both have one."""
    both = [natural_stages(track, footage.info.stop_s) for track, footage in zip(tracks, footages, strict=True)]
    names = [[segment.stage for segment in segments] for segments in both]
    if names[0] != names[1]:
        both = [_plain(track, footage) for track, footage in zip(tracks, footages, strict=True)]

    def localization(side: Side, segments: tuple[Segment, ...]) -> Localization:
        return Localization(side=side, strategy="motion", segments=segments)

    return localization("a", both[0]), localization("b", both[1])


def _plain(track: FigureTrack, footage: LoadedVideo) -> tuple[Segment, ...]:
    """Start, movement and end, each of which may be empty."""
    moving = movements(track.times_s, track.energy)
    first_s, last_s = float(track.times_s[0]), footage.info.stop_s
    start_s, stop_s = (float(moving[0, 0]), float(moving[-1, 1])) if len(moving) else (last_s, last_s)
    return (
        Segment(stage="start", start_s=first_s, stop_s=start_s),
        Segment(stage="movement", start_s=start_s, stop_s=stop_s),
        Segment(stage="end", start_s=stop_s, stop_s=last_s),
    )
