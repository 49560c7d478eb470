"""One action done in five ways: a reference, and four candidates that come ever further from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from viddiff.synthetic.appearance import draw_camera, draw_look, draw_room
from viddiff.synthetic.body import Colour
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.pairs import ACTIONS, check_reach
from viddiff.synthetic.parameters import Action, Parameter
from viddiff.synthetic.performance import Performance

N_CANDIDATES = 4
#: What can be seen of a clip beside the movement, in colours that have a name.
COLOURS: dict[str, dict[str, Colour]] = {
    "shirt": {"teal": (34, 142, 136), "red": (206, 84, 76), "yellow": (232, 178, 62), "white": (232, 232, 226)},
    "mat": {"blue": (70, 98, 128), "purple": (92, 82, 104), "green": (64, 110, 92), "brown": (128, 72, 70)},
    "wall": {"pale green": (206, 214, 190), "beige": (226, 217, 203), "light blue": (198, 208, 220)},
}
_CODES = {"squat": "sqt", "lunge": "lng", "arm_raise": "arm", "jumping_jack": "jck", "forward_bend": "bnd",
          "side_step": "sid"}  # fmt: skip
_FPS = (12, 15)
_REST_S = (0.25, 1.25)
_TRIES = 2000


@dataclass(frozen=True)
class Attempt:
    """One clip of the step, and all that is true of it.

    Attributes:
        video: a name of 11 characters, as YouTube's are.
        numbers: aspect -> its number, in the unit of the aspect.
        colours: "shirt", "mat" and "wall" -> the name of its colour.
    """

    video: str
    action: Action[Any]
    clip: SyntheticClip[Any]
    numbers: Mapping[str, float]
    colours: Mapping[str, str]

    @property
    def duration_s(self) -> float:
        """Length of the clip."""
        performance = self.clip.performance
        return float(performance.n_frames / performance.fps)

    @property
    def id(self) -> str:
        """``<video>_<start>_<stop>``: the whole clip."""
        return f"{self.video}_0.0_{self.duration_s:.3f}"


@dataclass(frozen=True)
class Group:
    """A reference with its candidates, in an order that says nothing."""

    reference: Attempt
    candidates: tuple[Attempt, ...]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """All five."""
        return self.reference, *self.candidates


def plan_group(index: int, seed: int) -> Group:
    """The group of that number in the benchmark of that seed; actions take turns."""
    rng = np.random.default_rng((seed, index))
    action = ACTIONS[index % len(ACTIONS)]
    drawn = _draw_performance(action, rng, lambda one: _random_value(one, rng))
    colours = {thing: str(rng.choice(list(names))) for thing, names in COLOURS.items()}
    reference = _attempt(action, drawn.performance, colours, f"{_CODES[action.key]}{index:05d}_00", rng)
    # How far from the reference, and how many of its colours each keeps: no two the same.
    orders = rng.permutation(N_CANDIDATES), rng.permutation(N_CANDIDATES)
    candidates = []
    for place, (far, kept) in enumerate(zip(*orders, strict=True), 1):
        away = partial(_move_value, drawn.values, float(far) / (N_CANDIDATES - 1), rng)
        performance = _draw_performance(action, rng, away).performance
        name = f"{_CODES[action.key]}{index:05d}_{place:02d}"
        candidates.append(_attempt(action, performance, _recolour(colours, int(kept), rng), name, rng))
    return Group(reference, tuple(candidates))


class _DrawnPerformance(NamedTuple):
    values: dict[str, float]
    performance: Performance


def _draw_performance(
    action: Action[Any], rng: np.random.Generator, draw: Callable[[Parameter], float]
) -> _DrawnPerformance:
    """Values that a body can do, and their performance: drawn again until it is."""
    for _ in range(_TRIES):
        values = {parameter.name: draw(parameter) for parameter in action.parameters}
        before_s, after_s = rng.uniform(*_REST_S, size=2).tolist()
        fps, phase = int(rng.choice(_FPS)), float(rng.random())
        try:
            performance = action.perform({**values, "before_s": before_s, "after_s": after_s}, fps, phase)
            check_reach(performance)
        except ValueError:
            # No body can do that: too long a hold, or legs too short.
            continue
        return _DrawnPerformance(values, performance)
    raise RuntimeError(f"no way to do {action.key!r} in {_TRIES} draws: its parameters fight each other")


def _random_value(parameter: Parameter, rng: np.random.Generator) -> float:
    return parameter.draw_same(rng)[0]


def _move_value(values: Mapping[str, float], share: float, rng: np.random.Generator, parameter: Parameter) -> float:
    """A value that is ``share`` of the way from the given to one by chance; an either-or goes all of it that often."""
    value, other = values[parameter.name], _random_value(parameter, rng)
    if parameter.margin == 0:
        return other if rng.random() < share else value
    moved = value + share * (other - value)
    return float(round(moved)) if parameter.whole else moved


def _recolour(colours: Mapping[str, str], n_kept: int, rng: np.random.Generator) -> dict[str, str]:
    """The colours with all but ``n_kept`` of them changed."""
    changed = rng.permutation(list(colours)).tolist()[n_kept:]
    return {
        thing: str(rng.choice([name for name in COLOURS[thing] if name != old])) if thing in changed else old
        for thing, old in colours.items()
    }


def _attempt(
    action: Action[Any], performance: Performance, colours: Mapping[str, str], video: str, rng: np.random.Generator
) -> Attempt:
    shirt, mat, wall = (COLOURS[thing][colours[thing]] for thing in ("shirt", "mat", "wall"))
    look = replace(draw_look(rng), shirt=shirt)
    room = replace(draw_room(rng), mat=mat, wall=wall)
    clip = SyntheticClip(performance, look, room, draw_camera(rng, action.yaw_deg), int(rng.integers(2**31)))
    numbers = {aspect.key: float(aspect.measure(performance)) for aspect in action.aspects}
    return Attempt(video, action, clip, numbers, colours)
