"""Performances of which only pairs are labelled: strengths, accuracy, and a model that learns from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.skill_curves import curves_bed
from tests.support.curves import write_curves
from viddiff import skill
from viddiff.cli import main
from viddiff.core.arrays import Floats
from viddiff.eval.skilldiff.arrays import prepare
from viddiff.eval.skilldiff.items import SkillItem
from viddiff.eval.skilldiff.load import load_data, load_features
from viddiff.eval.skilldiff.metrics import spearman
from viddiff.eval.skilldiff.pairwise import longer_is_better, pair_scores, strengths
from viddiff.localizer.alignment.features import FrameFeatures
from viddiff.programs.skilldiff.health import EpochRecord
from viddiff.programs.skilldiff.options import SkillOptions
from viddiff.programs.skilldiff.training import SkillTraining, evaluate_batch


def drawn(true: Floats, n_pairs: int, seed: int = 0) -> np.ndarray:
    """Pairs won by chance as Bradley and Terry have it."""
    rng = np.random.default_rng(seed)
    pairs = np.array([rng.choice(len(true), 2, replace=False) for _ in range(n_pairs)])
    won = rng.random(n_pairs) < 1 / (1 + np.exp(true[pairs[:, 1]] - true[pairs[:, 0]]))
    return np.where(won[:, None], pairs, pairs[:, ::-1])


def test_strengths_are_those_that_the_pairs_were_drawn_from() -> None:
    true = np.linspace(-2, 2, 9)
    found = strengths(drawn(true, 4000), 9)
    assert found == pytest.approx(true, abs=0.25)
    # The most likely ones: each wins as often as it is expected to.
    pairs = drawn(true, 300)
    found = strengths(pairs, 9)
    expected = np.zeros(9)
    for better, worse in pairs:
        chance = 1 / (1 + np.exp(found[worse] - found[better]))
        expected[better] += chance
        expected[worse] += 1 - chance
    # But for a prior of half a win and half a loss.
    assert np.abs(expected - np.bincount(pairs[:, 0], minlength=9)).max() < 0.5
    # Who always wins is not infinitely strong, and who is not seen is average.
    alone = strengths([[0, 1]] * 50, 3)
    assert np.isfinite(alone).all()
    assert alone[0] > alone[2] > alone[1]


def test_accuracy_has_an_interval_over_performances() -> None:
    true = np.linspace(0, 1, 30)
    pairs = np.array([(i, j) for i in range(30) for j in range(i)])
    told = true + 0.3 * np.random.default_rng(1).standard_normal(30)
    found = pair_scores("x", told, pairs)
    assert found.accuracy == np.mean(told[pairs[:, 0]] > told[pairs[:, 1]])
    assert (found.n, found.n_performances) == (435, 30)
    interval = found.accuracy_interval
    assert interval is not None
    assert interval.low < found.accuracy < interval.high
    # Wider than if all pairs were of people of their own.
    assert interval.high - interval.low > 4 * np.sqrt(found.accuracy * (1 - found.accuracy) / 435)
    assert found.rho == pytest.approx(spearman(told, true), abs=1e-9)
    assert pair_scores("x", np.zeros(30), pairs).accuracy == 0
    assert pair_scores("x", [1, 0], [[0, 1]]).accuracy_interval is None
    assert longer_is_better([1, 2, 3], [[0, 1], [1, 2], [2, 1]]) == -1


def of_pairs(folder: Path) -> Path:
    """Curves without scores, with pairs of each part."""
    write_curves(folder, 18)
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text("utf-8").splitlines()]
    scores = {row["id"]: row.pop("score") for row in rows if "score" in row}
    parts = {row["id"]: row.get("split") for row in rows}
    for row in rows:
        row.pop("max_score", None)
        row.pop("segments", None)
    pairs = [
        {"better": one, "worse": other, "split": parts[one]}
        for one in scores
        for other in scores
        if scores[one] > scores[other] and parts[one] == parts[other]
    ]
    for name, found in (("items", rows), ("pairs", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in found), "utf-8")
    return folder


def test_a_model_learns_from_pairs_alone() -> None:
    bed = curves_bed(60, 20)
    data = bed.with_labels("pairs")
    assert np.isnan(data.scores).all()
    records: list[EpochRecord] = []
    model = SkillTraining(data, SkillOptions(epochs=8, align_on="input")).run(records.append)
    assert records[-1].loss < 0.7 * records[0].loss
    vectors = torch.from_numpy(data.vectors).float()
    told = evaluate_batch(model, vectors[:60], vectors[60:]).scores.numpy()
    among = data.pairs[(data.pairs < 60).all(axis=1)]
    assert np.mean(told[among[:, 0]] > told[among[:, 1]]) > 0.75


def test_the_command_trains_on_pairs_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, model = of_pairs(tmp_path / "data"), tmp_path / "model"
    with pytest.raises(SystemExit) as left:
        main(["skill", "train", str(folder), "--out", str(model), "--epochs", "2"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert said.split()[:4] == ["test", "part", "pairs", "performances"]
    assert "length of the clip alone     15" in said
    found = skill.score(folder / "0.npy", model)
    assert "tell who is better and are no marks" in " ".join(found.notices)
    assert (found.best, found.error_95) == (1, None)


def test_the_strongest_are_the_experts_and_nobody_his_own(tmp_path: Path) -> None:
    folder = of_pairs(tmp_path / "data")
    data = load_data(folder)

    def describe(item: SkillItem) -> FrameFeatures:
        vectors = load_features(folder / item.path)
        return FrameFeatures(np.arange(len(vectors)) / 10.0, vectors)

    alone = data.model_copy(update={"items": tuple(item.model_copy(update={"references": ()}) for item in data.items)})
    prepared = prepare(alone, "all", describe, 12)
    wins = {item.id: sum(pair.better == item.id for pair in data.pairs) for item in data.items}
    of_train = sorted((wins[item.id] for item in prepared.items), reverse=True)
    assert sorted((wins[prepared.items[row].id] for row in prepared.experts), reverse=True) == of_train[:5]
    assert np.isnan(prepared.train.scores).all()
    assert all(row not in prepared.train.references[row] for row in range(len(prepared.items)))
    expert = prepared.items[prepared.experts[0]]
    assert prepared.experts[0] not in prepared.references_of(expert)
