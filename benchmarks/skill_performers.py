"""All ablations of SkillDiff on rendered squats with known faults: ``python -m benchmarks.skill_performers [SEEDS]``.

205 performers to train, five of them without a fault, and 60 others to test. Frames are described by the exact
landmarks, as ``--features pose`` would describe them; no picture is rendered. "where" is the rank correlation of
deductions by eighths of the query, learned from scores alone but for the last row; the error of the alignment is within
the action.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.skill_table import Testbed, all_rows, print_table
from viddiff.core.arrays import Floats
from viddiff.eval.skilldiff.arrays import deductions_of, prepare
from viddiff.eval.skilldiff.items import SkillData, SkillItem
from viddiff.localizer.alignment.features import FrameFeatures
from viddiff.skill.performers import exact_pose
from viddiff.synthetic.skill.bench import item_of
from viddiff.synthetic.skill.performers import N_EXPERTS, Performer, plan_performer
from viddiff.synthetic.truth import matching_times_s

N_TRAIN, N_TEST = 200, 60
_TRAIN_SEED, _TEST_SEED = 1, 2
N_FRAMES = 40


def performers_bed(n_train: int = N_TRAIN, n_test: int = N_TEST) -> Testbed:
    """Performers as ``viddiff skill train`` takes them: the best five of the training part are the experts."""
    train = dict(_by_name("train", _TRAIN_SEED, range(n_train + N_EXPERTS)))
    test = dict(_by_name("test", _TEST_SEED, range(N_EXPERTS, n_test + N_EXPERTS)))
    performers = {**train, **test}

    def describe(item: SkillItem) -> FrameFeatures:
        clip = performers[item.id].clip
        return FrameFeatures(np.arange(clip.performance.n_frames) / clip.performance.fps, exact_pose(clip))

    items = tuple(_item(name, performer) for name, performer in performers.items())
    prepared = prepare(SkillData(root=Path(), items=items), "squat", describe, N_FRAMES)
    span = prepared.best - prepared.low
    experts = [performers[prepared.items[row].id] for row in prepared.experts]

    def error(matches: Floats) -> float:
        """In seconds."""
        return float(
            np.mean([
                _error_s(query, expert, matches[row, column])
                for row, query in enumerate(test.values())
                for column, expert in enumerate(experts)
            ])
        )  # fmt: skip

    return Testbed(
        train=prepared.train,
        lengths=np.array([prepared.lasts[name] for name in train]),
        vectors=prepared.test_vectors,
        scores=np.array([((item.score or 0.0) - prepared.low) / span for item in prepared.test]),
        deductions=np.stack([deductions_of(item, describe(item).times_s, N_FRAMES) for item in prepared.test]) / span,
        test_lengths=np.array([prepared.lasts[name] for name in test]),
        experts=np.tile(prepared.train.vectors[list(prepared.experts)], (n_test, 1, 1, 1)),
        error=error,
    )


def _by_name(split: str, seed: int, indices: Iterable[int]) -> Iterable[tuple[str, Performer]]:
    return ((f"{split} {index}", plan_performer(index, seed)) for index in indices)


def _item(name: str, performer: Performer) -> SkillItem:
    row = item_of(performer, {"features": "exact.npy"})
    return SkillItem.model_validate({**row, "id": name, "group": name, "split": name.split()[0]})


def _error_s(query: Performer, expert: Performer, matches: Floats) -> float:
    """Of the times in the expert's clip that belong to the frames of the query."""
    one, other = query.clip.performance, expert.clip.performance
    query_s, expert_s = (
        np.linspace(0, (performance.n_frames - 1) / performance.fps, N_FRAMES) for performance in (one, other)
    )
    return float(np.nanmean(np.abs(matches @ expert_s - matching_times_s(one, other, query_s))))


def main(n_seeds: int = 3) -> None:
    """Print the table."""
    print_table(performers_bed(), n_seeds, "s", all_rows())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
