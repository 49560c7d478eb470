"""Squats, one after the other, with faults whose size and cost are known exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.core.types import Segment
from viddiff.synthetic.figure import FigurePose, Stance
from viddiff.synthetic.out_and_back import frames_of
from viddiff.synthetic.performance import Performance
from viddiff.synthetic.squat import Squat

BEST = 100.0
_SHAKE, _SHAKE_HZ = 0.045, 3.0


@dataclass(frozen=True)
class Fault:
    """A way to do an action worse.

    Attributes:
        words: what is seen.
        stage: whose deduction it is.
        cost: of the worst of it in every repetition, in the unit of the scores.
    """

    words: str
    stage: str
    cost: float


#: Of a squat; the worst of all of them together costs the whole score.
FAULTS = (
    Fault("The squat is too shallow.", "hold", 30.0),
    Fault("The trunk leans too far forward.", "hold", 15.0),
    Fault("The hips shake on the way down.", "descend", 20.0),
    Fault("The hips shake on the way up.", "ascend", 20.0),
    Fault("There is hardly a pause at the bottom.", "hold", 15.0),
)


class StageCost(NamedTuple):
    """What the faults in one stage of one repetition cost of the score."""

    segment: Segment
    cost: float


@dataclass(frozen=True)
class ShakySquat(Squat):
    """A squat on whose ways the hips go left and right; ``shakes`` are the sizes on the way down and up, 0 to 1."""

    shakes: tuple[float, float] = (0.0, 0.0)

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        pose = super().pose(time_s)
        _, down, _, up, _ = self.segments
        for way, size in zip((down, up), self.shakes, strict=True):
            share = (time_s - way.start_s) / (way.stop_s - way.start_s)
            if 0 < share < 1:
                left = _SHAKE * size * math.sin(math.pi * share) * math.sin(math.tau * _SHAKE_HZ * time_s)
                pose = replace(pose, hip_left=pose.hip_left + left)
        return pose


@dataclass(frozen=True)
class SquatSet(Performance):
    """Squats one after the other, with a rest before, between and after them.

    Attributes:
        frames: of rest, way down, hold, way up, rest, way down and so on.
        squats: each in the time of the whole clip, standing before and after its own turn.
        sizes: (R, F) of each of ``FAULTS`` in each repetition, 0 to 1.
    """

    stages = Squat.stages

    squats: tuple[ShakySquat, ...]
    sizes: Floats

    def pose(self, time_s: float) -> FigurePose:
        """The pose at ``time_s`` seconds from the start of the clip."""
        n_done = sum(squat.segments[3].stop_s <= time_s for squat in self.squats)
        return self.squats[min(n_done, len(self.squats) - 1)].pose(time_s)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The stages ``[start_s, stop_s)``, in order; they are numbered where there are several repetitions."""
        edges = [sum(self.frames[:index]) / self.fps for index in range(len(self.frames) + 1)]
        names = [stage.name for stage in self.stages[:-1]] * len(self.squats) + [self.stages[-1].name]
        if len(self.squats) > 1:
            names[1:-1] = [f"{name} {1 + index // 4}" for index, name in enumerate(names[1:-1])]
        return tuple(
            Segment(stage=name, start_s=start_s, stop_s=stop_s)
            for name, (start_s, stop_s) in zip(names, pairwise(edges), strict=True)
        )

    @property
    def costs(self) -> tuple[StageCost, ...]:
        """What each way down, hold and way up cost, in order; they sum to what the score lacks of ``BEST``."""
        return tuple(self._costs())

    @property
    def score(self) -> float:
        """100 without a fault."""
        return BEST - sum(one.cost for one in self.costs)

    def _costs(self) -> Iterator[StageCost]:
        names = [stage.name for stage in self.stages[1:-1]]
        for turn, sizes in enumerate(self.sizes.tolist()):
            for place, name in enumerate(names):
                worst = (fault.cost * size for fault, size in zip(FAULTS, sizes, strict=True) if fault.stage == name)
                yield StageCost(self.segments[1 + 4 * turn + place], sum(worst) / len(self.squats))


def squat_set(sizes: Floats, fps: int, rng: np.random.Generator) -> SquatSet:
    """Squats with faults of these sizes (R, F), 0 to 1; tempo, rests and stance by chance.

    How long a squat takes is drawn whatever its faults are, so that length tells nothing of the score.

    Raises:
        ValueError: no body can do that; draw again.
    """
    stance, phase = Stance(float(rng.uniform(0.16, 0.28)), math.radians(18)), float(rng.random())
    rests = rng.uniform(0.25, 1.25, len(sizes) + 1).tolist()
    frames: list[int] = []
    for turn, (_, _, _, _, hasty) in enumerate(sizes.tolist()):
        values = {"before_s": rests[turn], "after_s": rests[turn + 1], "hold_s": 0.8 - 0.6 * hasty}
        frames += frames_of(fps, {**values, "action_s": float(rng.uniform(1.8, 2.9))})[:4]
    frames.append(round(rests[-1] * fps))
    squats = []
    for turn, (shallow, leaning, down, up, _) in enumerate(sizes.tolist()):
        at = 1 + 4 * turn
        squats.append(
            ShakySquat(
                fps=fps,
                frames=(sum(frames[:at]), *frames[at : at + 3], sum(frames[at + 3 :])),
                stance=stance,
                phase=phase,
                depth=0.38 - 0.16 * shallow,
                lean_rad=math.radians(26 + 16 * leaning),
                arms="forward",
                shakes=(down, up),
            )
        )
    return SquatSet(fps, tuple(frames), stance, phase, tuple(squats), sizes)
