"""Repetitions and times measured by pose on rendered clips, against the truth: ``python -m benchmarks.cycles [PAIRS]``.

Needs the pose weights (``viddiff weights get pose``); 48 pairs take some minutes.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from statistics import mean, median
from typing import Any

from viddiff.core.settings import load_settings
from viddiff.motion.cycles import Cycles, cycles_of
from viddiff.motion.pose.choice import PoseChoice, choice_of
from viddiff.motion.pose.detections import detections_of
from viddiff.motion.pose.kinds import estimator_kind
from viddiff.motion.pose.landmarks import Pose
from viddiff.motion.pose.person import pose_from
from viddiff.synthetic.clip import SyntheticClip
from viddiff.synthetic.jumping_jack import JumpingJack
from viddiff.synthetic.pairs import plan_pair

SEED, N_PAIRS = 12, 48


def clips(n_pairs: int) -> Iterator[tuple[str, SyntheticClip[Any], int]]:
    """(action, clip, true number of repetitions); those of jumping jacks once more with four to eight."""
    for index in range(n_pairs):
        pair = plan_pair(index, SEED)
        for clip in (pair.a, pair.b):
            yield pair.action.key, clip, getattr(clip.performance, "reps", 1)
            if isinstance(clip.performance, JumpingJack):
                reps = 4 + index % 5
                before, moving, after = clip.performance.frames
                frames = before, moving // clip.performance.reps * reps, after
                yield "many jacks", replace(clip, performance=replace(clip.performance, reps=reps, frames=frames)), reps


def measure_cycles(clip: SyntheticClip[Any], choice: PoseChoice) -> Cycles:
    """The cycles of a clip, estimated frame by frame as it is rendered."""
    estimator = estimator_kind(choice.estimator)(choice)
    times_s, detections = [], []
    for index, pixels in enumerate(clip.frames()):
        times_s.append(index / clip.performance.fps)
        detections.append(estimator.people(pixels, times_s[-1]))
    estimator.close()
    width = clip.camera.width_px / clip.camera.height_px
    pose = pose_from(detections_of(times_s, detections, width), choice.person, choice.estimator, "clip")
    return cycles_of(pose) if isinstance(pose, Pose) else Cycles(None, (), 0.0)


def main() -> None:
    """Print a line for each action."""
    choice = choice_of(load_settings())
    counted: dict[str, list[bool]] = defaultdict(list)
    errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for action, clip, reps in clips(int(sys.argv[1]) if len(sys.argv) > 1 else N_PAIRS):
        cycles = measure_cycles(clip, choice)
        counted[action].append(len(cycles.repetitions) == reps)
        first, *_, last = clip.performance.segments
        true_s = last.start_s - first.stop_s
        if cycles.active is not None and counted[action][-1]:
            allowed_s = 1 / clip.performance.fps + 0.03 * true_s
            errors[action].append((cycles.active.duration_s - true_s, allowed_s))
    print(f"{'action':14} {'clips':>5} {'counted':>8}   duration: {'mean':>7} {'median':>7}  within a frame + 3 %")
    for action, right in counted.items():
        off = [error for error, _ in errors[action]]
        within = mean(abs(error) <= allowed for error, allowed in errors[action])
        cell = f"{mean(off):+6.3f} s {median(map(abs, off)):5.3f} s  {within:.0%}"
        print(f"{action:14} {len(right):5} {mean(right):8.1%}             {cell}")
    everything = [right for action in counted.values() for right in action]
    within = mean(abs(error) <= allowed for action in errors.values() for error, allowed in action)
    print(f"{'all':14} {len(everything):5} {mean(everything):8.1%} {'':27}{within:.0%}")


if __name__ == "__main__":
    main()
