"""Pairs of clips by chance: an action, what differs and by how much, and all that is true of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from viddiff.synthetic.appearance import draw_camera, draw_look, draw_room
from viddiff.synthetic.arm_raise import ARM_RAISE
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.figure import solve_legs
from viddiff.synthetic.forward_bend import FORWARD_BEND
from viddiff.synthetic.jumping_jack import JUMPING_JACK
from viddiff.synthetic.lunge import LUNGE
from viddiff.synthetic.parameters import Action
from viddiff.synthetic.performance import Performance
from viddiff.synthetic.side_step import SIDE_STEP
from viddiff.synthetic.squat import SQUAT
from viddiff.synthetic.truth import LabelledDifference, true_differences

ACTIONS: tuple[Action[Any], ...] = (SQUAT, LUNGE, ARM_RAISE, JUMPING_JACK, FORWARD_BEND, SIDE_STEP)
#: By how many margins (the smallest difference that a viewer can see) two videos are put apart.
SPLITS = {"easy": 3.2, "medium": 2.1, "hard": 1.35}
#: Nothing lies between: what is called the same differs by less than this many margins...
SAME_BELOW = 0.3
#: ... and what is called different by more than this.
DIFFERENT_ABOVE = 1.15

_FPS = (12, 15)
_REST_S = (0.25, 1.25)
_MIN_DIFFERENT = 2
_TRIES = 2000


@dataclass(frozen=True)
class PlannedPair:
    """A pair that is not yet rendered, and its labels."""

    key: str
    action: Action[Any]
    split: str
    a: SyntheticClip[Any]
    b: SyntheticClip[Any]
    differences: tuple[LabelledDifference, ...]


def plan_pair(index: int, seed: int) -> PlannedPair:
    """The pair of that number in the benchmark of that seed; it does not depend on how many pairs there are.

    Actions take turns, and so do the splits from one round of actions to the next.
    """
    rng = np.random.default_rng((seed, index))
    action = ACTIONS[index % len(ACTIONS)]
    split = tuple(SPLITS)[index // len(ACTIONS) % len(SPLITS)]
    drawn = _draw_pair(action, SPLITS[split], rng)
    return PlannedPair(
        key=f"{action.key}_{index:04d}",
        action=action,
        split=split,
        a=_clip_of(action, drawn.a, rng),
        b=_clip_of(action, drawn.b, rng),
        differences=drawn.differences,
    )


def _clip_of(action: Action[Any], performance: Performance, rng: np.random.Generator) -> SyntheticClip[Any]:
    return SyntheticClip(
        performance, draw_look(rng), draw_room(rng), draw_camera(rng, action.yaw_deg), int(rng.integers(2**31))
    )


class _DrawnPair(NamedTuple):
    a: Performance
    b: Performance
    differences: tuple[LabelledDifference, ...]


def _draw_pair(action: Action[Any], margins: float, rng: np.random.Generator) -> _DrawnPair:
    """Two performances whose every difference is plain: drawn again until it is."""
    for _ in range(_TRIES):
        turned = [
            parameter.draw_apart(rng, margins) if rng.random() < 0.5 else parameter.draw_same(rng)
            for parameter in action.parameters
        ]
        values_a, values_b = (
            {parameter.name: pair[side] for parameter, pair in zip(action.parameters, turned, strict=True)}
            for side in (0, 1)
        )
        try:
            a, b = (
                action.perform({**values, **_rests(rng)}, int(rng.choice(_FPS)), float(rng.random()))
                for values in (values_a, values_b)
            )
            check_reach(a)
            check_reach(b)
        except ValueError:
            # No body can do that: too long a hold, or legs too short.
            continue
        differences = true_differences(action.aspects, a, b)
        if plain(differences):
            return _DrawnPair(a, b, differences)
    raise RuntimeError(f"no plain pair of {action.key!r} in {_TRIES} draws: its parameters fight each other")


def _rests(rng: np.random.Generator) -> dict[str, float]:
    """How long the figure stands before and after the action: no difference, but the length of a clip tells nothing."""
    before_s, after_s = rng.uniform(*_REST_S, size=2).tolist()
    return {"before_s": before_s, "after_s": after_s}


def plain(differences: tuple[LabelledDifference, ...]) -> bool:
    """Whether enough differs and nothing lies between the same and different."""
    n_different = 0
    for labelled in differences:
        truth = labelled.truth
        if truth.a is None or truth.b is None:
            return False
        margins = abs(truth.a - truth.b) / truth.resolution
        if SAME_BELOW < margins < DIFFERENT_ABOVE:
            return False
        n_different += margins >= DIFFERENT_ABOVE
    return n_different >= _MIN_DIFFERENT


def check_reach(performance: Performance) -> None:
    """Raise ValueError where a frame has a pose that is out of reach."""
    for index in range(performance.n_frames):
        solve_legs(performance.pose(index / performance.fps), performance.stance)
