"""The model learns from scores what each moment cost, on curves whose deductions are known exactly."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.skill_curves import curves_bed, performances
from benchmarks.skill_performers import performers_bed
from benchmarks.skill_table import all_rows, by_length, in_parts, print_table, result_of
from tests.support.made_curves import COSTS, Curves, make_curves
from viddiff.localizer.alignment.soft_dtw_torch import soft_dtw_loss
from viddiff.programs.skilldiff.health import EpochRecord
from viddiff.programs.skilldiff.losses import contrast, ranking
from viddiff.programs.skilldiff.model import SkillModel, soft_dtw_with_alignment
from viddiff.programs.skilldiff.options import ABLATIONS, SkillOptions
from viddiff.programs.skilldiff.performances import Performances, resample
from viddiff.programs.skilldiff.training import SkillTraining, evaluate_batch

SHORT: dict[str, Any] = {"epochs": 1, "steps": 2, "batch": 4}


@cache
def curves(n: int, seed: int) -> Curves:
    return make_curves(n, seed)


def test_the_truth_of_the_curves_is_exact() -> None:
    made = curves(50, 3)
    assert made.scores == pytest.approx(1 - made.deductions.sum(axis=1))
    assert (made.scores[50:] == 1).all()
    assert made.scores.min() >= 1 - sum(COSTS)
    assert (np.diff(made.places, axis=1) > 0).all()
    assert np.array_equal(made.vectors, make_curves(50, 3).vectors)
    # Without faults a performer passes where its expert does, but for noise.
    sound = int(np.argmax(made.scores[:50]))
    ours, theirs = made.vectors[sound], made.vectors[made.experts[sound]]
    there = np.stack([np.interp(made.places[sound], made.places[sound + 50], column) for column in theirs.T], axis=1)
    apart, of_another = np.abs(ours - there).mean(), np.abs(ours - made.vectors[50 + (sound + 1) % 50]).mean()
    assert apart < 0.3 * of_another


def test_scores_and_places_are_learned_from_scores_alone() -> None:
    bed, options = curves_bed(200, 80), {"epochs": 12, "seed": 0}
    full = result_of(SkillOptions(**options), bed)
    direct = result_of(SkillOptions(**options, **ABLATIONS["direct regression"][0]), bed)
    assert full.scores.rho > 0.5
    assert full.scores.rho > direct.scores.rho + 0.2
    assert by_length(bed).scores.rho == 0
    assert full.where is not None
    assert full.where > 0.5
    assert full.error is not None
    assert full.error < 0.03
    assert direct.error is None


def test_rendered_performers_are_aligned_and_scored() -> None:
    bed = performers_bed(30, 16)
    assert bed.deductions.sum(axis=1) == pytest.approx(1 - bed.scores)
    assert in_parts(bed.deductions).sum(axis=1) == pytest.approx(1 - bed.scores)
    assert abs(by_length(bed).scores.rho) < 0.5
    found = result_of(SkillOptions(epochs=4, align_on="input", learning_rate=5e-3), bed, 1.0)
    assert found.scores.rho > 0.3
    assert found.where is not None
    assert found.where > 0.5
    assert found.error is not None
    assert found.error < 0.1


def test_the_ablations_and_the_length_are_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    rows = all_rows()
    assert [(name, published) for name, _, published, _ in rows[:8]] == [
        (name, published) for name, (_, published) in ABLATIONS.items()
    ]
    print_table(curves_bed(12, 8), 1, "share", [rows[0], rows[-1]], **SHORT)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "24 to train, 8 to test, 1 seeds; medians"
    assert "alignment error, share" in lines[1]
    assert lines[2].startswith(" length of the clip alone")
    assert lines[3].startswith(" direct regression ")
    assert lines[3].endswith(" 0.86 ")
    assert len(lines) == 5


@pytest.mark.parametrize("name", ABLATIONS)
def test_every_ablation_tells_deductions_that_sum_to_what_was_lost(name: str) -> None:
    made = curves(8, 4)
    options = SkillOptions(**SHORT, **ABLATIONS[name][0])
    model = SkillTraining(performances(made), options).run()
    vectors = torch.from_numpy(made.vectors).float()
    output = evaluate_batch(model, vectors, vectors[made.experts])
    lost = 1 - output.scores
    assert output.deductions.shape == (16, options.segments)
    assert (output.deductions >= 0).all()
    assert torch.allclose(output.deductions.sum(1), lost, atol=1e-6)
    assert torch.allclose(output.by_frame.sum(1), lost, atol=1e-5)
    assert torch.allclose(output.matches.sum(2), torch.ones(16, 40), atol=1e-5)


def test_a_training_that_goes_on_comes_to_the_same_result() -> None:
    data = performances(curves(8, 4))
    options = SkillOptions(**{**SHORT, "epochs": 3})
    whole = SkillTraining(data, options)
    states: dict[int, dict[str, torch.Tensor]] = {}
    records: list[EpochRecord] = []

    def keep(record: EpochRecord) -> None:
        states[record.epoch] = {name: value.clone() for name, value in whole.state().items()}
        records.append(record)

    whole.run(keep)
    again = SkillTraining(data, options)
    again.resume(1, states[1])
    told: list[EpochRecord] = []
    again.run(told.append)
    assert told == records[1:]
    for name, value in again.state().items():
        assert torch.equal(value, states[3][name]), name
    other = SkillTraining(data, options.model_copy(update={"seed": 1}))
    other.run()
    assert not torch.equal(other.model.place, whole.model.place)


def test_the_alignment_is_the_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    distances = torch.rand((3, 7, 9), generator=generator).requires_grad_()
    values, ways = soft_dtw_with_alignment(distances, 0.1)
    (found,) = torch.autograd.grad(values.sum(), distances)
    expected = soft_dtw_loss(distances, 0.1)
    assert torch.allclose(values, expected)
    assert torch.equal(found, torch.autograd.grad(expected.sum(), distances)[0])
    assert torch.equal(found, ways)


def test_the_right_order_costs_nothing() -> None:
    true = torch.tensor([0.1, 0.5, 0.5])
    assert ranking(torch.tensor([0.0, 0.4, 0.9]), true) == 0
    assert ranking(torch.tensor([0.9, 0.4, 0.4]), true) == pytest.approx((0.52 + 0.52) / 3)


def test_features_that_fell_together_cost_most() -> None:
    one = torch.nn.functional.one_hot(torch.arange(40) // 8, 5).float()[None]
    assert contrast(torch.ones_like(one) / 5**0.5) > 2 * contrast(one)


def test_equal_parts_may_be_the_querys_own() -> None:
    made = curves(8, 4)
    vectors = torch.from_numpy(made.vectors[:2]).float()
    model = SkillModel(SkillOptions(clock="query", segments=4), 8)
    model.fit_inputs(vectors)
    output = evaluate_batch(model, vectors, vectors.flip(0))
    parts = output.by_frame.reshape(2, 4, 10)
    assert torch.allclose(parts, parts[..., :1].expand_as(parts))
    assert torch.allclose(parts.sum(2), output.deductions)


def test_clips_are_brought_to_one_length() -> None:
    line = np.arange(7.0)[:, None]
    assert resample(line, 13)[:, 0] == pytest.approx(np.linspace(0, 6, 13))
    assert resample(line[:2], 4)[:, 0] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_no_one_is_compared_with_himself() -> None:
    data = performances(curves(8, 4))
    with pytest.raises(ValueError, match="its own reference"):
        replace(data, references=((0,), *data.references[1:]))
    with pytest.raises(ValueError, match="no reference"):
        replace(data, references=((), *data.references[1:]))
    unscored = Performances(data.vectors, np.full(16, np.nan), data.deductions, ((),) * 16)
    assert not len(unscored.scored_rows)
