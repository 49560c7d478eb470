"""Performers by chance: how well each does an action, seen by a camera in a room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viddiff.core.arrays import Floats
from viddiff.synthetic.appearance import draw_camera, draw_look, draw_room
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.pairs import check_reach
from viddiff.synthetic.skill.squats import FAULTS, SquatSet, squat_set
from viddiff.synthetic.squat import SQUAT

#: The first so many have no fault.
N_EXPERTS = 5
#: Of all faults those that another performer has.
_SHOWN = 0.6
_FPS = (12, 15)
_TRIES = 2000


@dataclass(frozen=True)
class Performer:
    """Somebody who squats; ``split`` is "train" or "test"."""

    id: str
    split: str
    clip: SyntheticClip[SquatSet]


def plan_performer(index: int, seed: int, n_repetitions: int = 1) -> Performer:
    """The performer of that number; it does not depend on how many there are. Every fourth is for the test part.

    >>> performer = plan_performer(7, seed=0)
    >>> performer.id, performer.split, round(performer.clip.performance.score, 1)
    ('squat_0007', 'test', 62.8)
    """
    rng = np.random.default_rng((seed, index))
    sizes = rng.random((n_repetitions, len(FAULTS))) * (rng.random((n_repetitions, len(FAULTS))) < _SHOWN)
    clip = draw_squats(sizes * (index >= N_EXPERTS), rng)
    return Performer(f"squat_{index:04d}", "test" if index >= N_EXPERTS and index % 4 == 3 else "train", clip)


def draw_squats(sizes: Floats, rng: np.random.Generator) -> SyntheticClip[SquatSet]:
    """A clip of squats with faults of these sizes (R, F), 0 to 1; all else is drawn."""
    for _ in range(_TRIES):
        try:
            performance = squat_set(sizes, int(rng.choice(_FPS)), rng)
            check_reach(performance)
        except ValueError:
            # No body can do that: too long a hold, or legs too short.
            continue
        camera = draw_camera(rng, SQUAT.yaw_deg)
        return SyntheticClip(performance, draw_look(rng), draw_room(rng), camera, int(rng.integers(2**31)))
    raise RuntimeError(f"no squat with faults of {sizes.tolist()} in {_TRIES} draws: its numbers fight each other")
