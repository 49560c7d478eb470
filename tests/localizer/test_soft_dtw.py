"""Soft-DTW is held to loops that do what its paper says, its gradients to differences, its fast kernel to the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from benchmarks import plain
from viddiff.localizer.alignment.soft_dtw import (
    cells_of,
    divergence,
    dtw,
    matches_of,
    soft_dtw,
    soft_dtw_batch,
    squared_distances,
)
from viddiff.localizer.alignment.soft_dtw_kernels import log_into, product_into
from viddiff.localizer.alignment.soft_dtw_torch import soft_dtw_diagonals, soft_dtw_loss

X, Y = np.array([[0.0], [1], [2], [3]]), np.array([[0.0], [2], [3]])
SETTINGS: list[dict[str, Any]] = [{}, {"band": 0.3}, {"free_ends": True}, {"band": 0.4, "free_ends": True}]


def pairs(n: int) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Distances of many kinds, 1 to 40 frames: random, constant, full of ties, huge, tiny, negative; gamma to 10."""
    rng = np.random.default_rng(0)
    for i in range(n):
        shape = tuple(rng.integers(1, 40, 2).tolist())
        distances = rng.random(shape) * 10 ** rng.uniform(-3, 1)
        if i % 5 == 1:
            distances[:] = distances[0, 0]
        if i % 5 == 2:
            distances = np.round(4 * distances) ** 4
        if i % 5 == 3:
            distances *= float(rng.choice([1e-200, 1e-9, 1e4]))
        if i % 10 == 4:
            distances -= 0.5
        yield distances, float(10 ** rng.uniform(-3, 1))


@pytest.mark.parametrize(("gamma", "value"), [(0.01, 0.993069), (0.1, 0.930672), (1.0, -0.547566)])
def test_known_values(gamma: float, value: float) -> None:
    assert soft_dtw(squared_distances(X, Y), gamma)[0] == pytest.approx(value, abs=1e-6)


def test_a_known_alignment_path_and_divergence() -> None:
    alignment = soft_dtw(squared_distances(X, Y), 1.0)[1]
    expected = [
        [1, 0.008295, 9e-9],
        [0.542690, 0.622422, 0.002059],
        [0.008198, 0.888007, 0.298764],
        [2e-7, 0.189639, 1],
    ]
    assert alignment == pytest.approx(np.array(expected), abs=1e-6)
    cost, path = dtw(squared_distances(X, Y))
    assert (cost, path.tolist()) == (1.0, [[0, 0], [1, 0], [2, 1], [3, 2]])
    assert divergence(X, Y, 1.0) == pytest.approx(0.669339, abs=1e-6)
    assert divergence(X, X, 1.0) == pytest.approx(0, abs=1e-9)
    steps = np.arange(3.0)[:, None]
    assert soft_dtw(squared_distances(steps, steps), 1.0)[0] == pytest.approx(-1.190428, abs=1e-6)


def test_value_and_alignment_are_those_of_the_plain_loops() -> None:
    for distances, gamma in pairs(200):
        value, alignment = soft_dtw(distances, gamma)
        expected, shares = plain.soft_dtw(distances, gamma)
        assert value == pytest.approx(expected, rel=1e-8, abs=1e-8)
        # The loops take differences of large sums, which are no more exact than this.
        lost = 1e-15 * abs(distances).sum() / gamma
        assert np.abs(alignment - shares).max() < 1e-8 + lost
        assert dtw(distances)[0] == pytest.approx(plain.dtw(distances), rel=1e-12)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_certificate_is_never_wrong(setting: dict[str, Any]) -> None:
    n_certain = 0
    for distances, gamma in [*pairs(400), *decoys(40)]:
        first, stop = cells_of(distances.shape, setting.get("band"))
        free = setting.get("free_ends", False)
        products, logarithms = np.zeros(distances.shape), np.zeros(distances.shape)
        with np.errstate(over="ignore"):
            factors = np.exp(distances / -gamma)
        if not factors.min() >= 2.0**-400 or not factors.max() <= 2.0**20:
            continue
        total, exponent, certain = product_into(factors, first, stop, free, products)
        if certain:
            n_certain += 1
            value = log_into(distances, gamma, first, stop, free, logarithms)
            scale = max(1.0, np.abs(distances).max() / gamma)
            assert -gamma * (np.log(total) + exponent * np.log(2)) == pytest.approx(value, rel=1e-9, abs=1e-9 * gamma)
            assert np.abs(products - logarithms).max() < 1e-11 * scale
    assert n_certain > 150


def decoys(n: int) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Cheap beginnings and ends that lead nowhere, beside a path of a middling price: masses fall far behind others."""
    rng = np.random.default_rng(1)
    for i in range(n):
        size = int(rng.integers(8, 60))
        dear = float(rng.uniform(50, 250))
        distances = np.full((size, size), dear)
        half = size // 2
        distances[0], distances[-1] = 0.0, 0.0
        distances[:half, -1], distances[half:, 0] = 0.0, 0.0
        np.fill_diagonal(distances, dear * rng.uniform(0.2, 0.99))
        if i % 2:
            distances += rng.random(distances.shape)
        yield distances, 1.0


def test_decoys_are_not_certified_but_solved() -> None:
    refused = 0
    for distances, gamma in decoys(40):
        first, stop = cells_of(distances.shape)
        refused += not product_into(np.exp(distances / -gamma), first, stop, False, np.zeros(distances.shape)).certified
        value, shares = plain.soft_dtw(distances, gamma)
        found, alignment = soft_dtw(distances, gamma)
        assert found == pytest.approx(value, rel=1e-10)
        assert np.abs(alignment - shares).max() < 1e-8
    assert refused > 5


def test_the_fast_kernel_does_usual_clips() -> None:
    rng = np.random.default_rng(3)
    for n in (1, 2, 15, 16, 17, 64, 256):
        x, y = (rng.standard_normal((m, 32)) for m in (n, n + 7))
        x, y = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (x, y))
        distances = squared_distances(x, y)
        first, stop = cells_of(distances.shape)
        assert product_into(np.exp(distances / -0.1), first, stop, False, np.zeros(distances.shape)).certified


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_path_crosses_every_row(setting: dict[str, Any]) -> None:
    distances = np.random.default_rng(4).random((30, 41))
    _, alignment = soft_dtw(distances, 0.1, **setting)
    # A path is in a row once more for each step that it takes within it.
    assert (alignment.sum(axis=1) > 1 - 1e-9).all()
    assert matches_of(alignment).sum(axis=1) == pytest.approx(1)
    if not setting.get("free_ends"):
        assert alignment[[0, -1], [0, -1]] == pytest.approx(1)
    first, stop = cells_of(distances.shape, setting.get("band"))
    columns = np.arange(41)
    outside = (columns < first[:, None]) | (columns >= stop[:, None])
    assert (alignment[outside] == 0).all()
    assert outside.any() == ("band" in setting)


def test_towards_gamma_0_it_is_dtw() -> None:
    distances = np.random.default_rng(5).random((20, 25))
    for free in (False, True):
        cost, path = dtw(distances, free_ends=free)
        value, alignment = soft_dtw(distances, 1e-5, free_ends=free)
        assert value == pytest.approx(cost, abs=1e-4)
        assert {tuple(cell) for cell in path.tolist()} == {tuple(c) for c in np.argwhere(alignment > 0.5).tolist()}


def test_free_ends_find_a_part_of_the_other_clip() -> None:
    whole = np.random.default_rng(6).standard_normal((60, 5))
    cost, path = dtw(squared_distances(whole[20:35], whole), free_ends=True)
    assert cost == pytest.approx(0, abs=1e-9)
    assert path.tolist() == [[i, 20 + i] for i in range(15)]
    _, alignment = soft_dtw(squared_distances(whole[20:35], whole), 0.1, free_ends=True)
    assert alignment.argmax(axis=1).tolist() == list(range(20, 35))


def test_of_equal_paths_the_one_at_an_angle_then_along_the_rows() -> None:
    assert dtw(np.zeros((3, 3)))[1].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert dtw(np.zeros((4, 2)))[1].tolist() == [[0, 0], [1, 0], [2, 0], [3, 1]]


def test_a_batch_takes_pairs_of_any_lengths_and_never_reads_padding() -> None:
    rng = np.random.default_rng(7)
    padded = np.full((5, 90, 300), np.nan)
    lengths = np.stack([rng.integers(1, 90, 5), rng.integers(200, 300, 5)], axis=1)
    singles = []
    for pair, (n, m) in zip(padded, lengths.tolist(), strict=True):
        pair[:n, :m] = rng.random((n, m))
        singles.append(pair[:n, :m])
    expected = [soft_dtw(single, 0.1) for single in singles]
    for found in (soft_dtw_batch(padded, 0.1, lengths=lengths), soft_dtw_batch(singles, 0.1)):
        for (value, alignment), (one, other) in zip(found, expected, strict=True):
            assert value == one
            assert (alignment == other).all()
    assert soft_dtw_batch([]) == []


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("loss", [soft_dtw_loss, soft_dtw_diagonals])
def test_gradients_are_those_of_differences(loss: Any, setting: dict[str, Any]) -> None:
    lengths = torch.tensor([[3, 5], [4, 3], [1, 3]])
    torch.manual_seed(0)
    distances = (3 * torch.rand(3, 4, 5, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(lambda d: loss(d, 0.5, lengths=lengths, **setting), (distances,))
    expected = soft_dtw_batch(list(distances.detach().numpy()), 0.5, lengths=lengths.numpy(), **setting)
    assert loss(distances, 0.5, lengths=lengths, **setting).tolist() == pytest.approx([value for value, _ in expected])


def test_second_derivatives_are_had_without_the_kernel() -> None:
    torch.manual_seed(1)
    distances = torch.rand(2, 3, 4, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda d: soft_dtw_diagonals(d, 0.5), (distances,))


@pytest.mark.parametrize(
    ("distances", "options", "complaint"),
    [
        (np.zeros(3), {}, "distances must be"),
        (np.zeros((0, 3)), {}, "distances must be"),
        (np.full((2, 2), np.nan), {}, "finite"),
        (np.full((2, 2), -np.inf), {}, "finite"),
        (np.zeros((2, 2)), {"gamma": 0.0}, "gamma must be"),
        (np.zeros((2, 2)), {"gamma": float("nan")}, "gamma must be"),
        (np.zeros((2, 2)), {"band": 0.0}, "band must be"),
        (np.zeros((1, 2)), {"band": 1.5}, "band must be"),
    ],
)
def test_what_cannot_be_aligned_is_refused(
    distances: NDArray[np.float64], options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        soft_dtw(distances, **options)
    with pytest.raises(ValueError, match="lengths must be"):
        soft_dtw_batch([np.zeros((2, 2))], lengths=[[3, 2]])
    with pytest.raises(ValueError, match="lengths must be"):
        soft_dtw_batch([np.zeros((2, 2))], lengths=[[2, 2], [2, 2]])
